"""`swipestream down`: stop the stack."""

import click

from swipestream.settings import Settings


@click.command()
@click.option("--purge", "is_purge", is_flag=True, help="Also delete all data, logs and models.")
@click.option("--yes", is_flag=True, help="Do not ask before deleting.")
def down(is_purge: bool, yes: bool) -> None:
    """Stop what `swipestream up` started. Data is kept unless --purge is given."""
    from swipestream.console.progress import StepDisplay
    from swipestream.operate import control

    settings = Settings.load()
    if is_purge:
        folders = control.data_folders(settings)
        if not folders:
            click.echo(f"nothing to delete: {settings.state_dir} does not exist", err=True)
            return
        for folder in folders:
            click.echo(f"will delete {folder}", err=True)
        if not yes:
            click.confirm("delete them?", abort=True, err=True)
    with StepDisplay() as display:
        was_running = control.down(settings, display.report)
    click.echo("stopped" if was_running else "nothing was running", err=True)
    if is_purge:
        for folder in control.purge(settings):
            click.echo(f"deleted {folder}", err=True)
