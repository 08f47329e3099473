"""`swipestream logs`: print a service's log."""

import time

import click

from swipestream.errors import SwipestreamError
from swipestream.settings import Settings


@click.command()
@click.argument("name")
@click.option("-n", "lines", default=50, show_default=True, help="Lines from the end.")
@click.option("-f", "--follow", is_flag=True, help="Keep printing new lines until Ctrl-C.")
def logs(name: str, lines: int, follow: bool) -> None:
    """Print the log of service NAME.

    \b
    Examples:
      swipestream logs flink-taskmanager -f
    """
    from swipestream.operate.control import last_lines
    from swipestream.stack.supervision import log_path

    settings = Settings.load()
    path = log_path(settings, name)
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.log"))) or "none yet"
        raise SwipestreamError(f"there is no log of {name}", f"logs there are: {known}")
    for line in last_lines(path, lines):
        click.echo(line)
    if not follow:
        return
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            while True:
                text = file.read()
                if text:
                    click.echo(text.decode(errors="replace"), nl=False)
                elif path.stat().st_size < file.tell():
                    file.seek(0)
                else:
                    time.sleep(0.3)
    except KeyboardInterrupt:
        return
