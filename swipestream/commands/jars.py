"""`swipestream jars`: fetch and compile the embedded stack's Java code."""

import click

from swipestream.settings import Settings


@click.command()
@click.option("--lock", "is_lock", is_flag=True, help="Rewrite locks/jars.txt instead.")
@click.option(
    "--with",
    "extras",
    type=click.Choice(["spark"]),
    multiple=True,
    help="Also fetch jars that a benchmark needs.",
)
def jars(is_lock: bool, extras: tuple[str, ...]) -> None:
    """Fetch and compile the jars of the embedded stack.

    Fetches the jars in locks/jars.txt, verifies them and compiles functions/. Does nothing if
    everything is in place. Prints the path of the compiled jar.
    """
    from swipestream.stack.functions_jar import ensure_functions_jar
    from swipestream.stack.jar_lock import write_lock
    from swipestream.stack.jars import STACK, ensure_jars, read_lock

    settings = Settings.load()
    if is_lock:
        click.echo(f"locks/jars.txt lists {write_lock(settings)} jars", err=True)
        return
    wanted = read_lock(purposes=(*STACK, *extras))
    fetched = ensure_jars(settings, wanted)
    click.echo(
        f"{len(wanted)} jars in {settings.cache_dir}, {fetched} of them fetched now", err=True
    )
    click.echo(ensure_functions_jar(settings))
