"""`swipestream jars`: fetch what the embedded stack runs on."""

import click

from swipestream.settings import Settings


@click.command()
@click.option("--lock", "is_lock", is_flag=True, help="Write locks/jars.txt again instead.")
def jars(is_lock: bool) -> None:
    """Fetch the jars in locks/jars.txt and verify them; does nothing if all are there."""
    from swipestream.stack.jar_lock import write_lock
    from swipestream.stack.jars import ensure_jars, read_lock

    settings = Settings.load()
    if is_lock:
        click.echo(f"locks/jars.txt lists {write_lock(settings)} jars", err=True)
        return
    fetched = ensure_jars(settings)
    total = len(read_lock())
    click.echo(f"{total} jars in {settings.cache_dir}, {fetched} of them fetched now", err=True)
