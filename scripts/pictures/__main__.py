"""
Takes the pictures of docs/pictures from the stack that is running, as an analyst sees it.

`make pictures` calls it. Needs the dashboards (`make demo`, or `swipestream up --dashboards` with
payments) and Chromium.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from swipestream.console.error_lines import ErrorLines
from swipestream.dashboards import superset
from swipestream.dashboards.errors import DashboardError
from swipestream.dashboards.set_up import ANALYST
from swipestream.settings import REPO_ROOT, DashboardSettings, Settings
from swipestream.stack.program import NotReadyError

BROWSER = REPO_ROOT / ".venv-browser" / "bin" / "python"
PICTURES = REPO_ROOT / "docs" / "pictures"
WINDOW_HEIGHT = 768


@dataclass(frozen=True)
class Picture:
    """
    A page and what of it is in the picture.

    :param name: of the file.
    :param slug: of the dashboard.
    :param tallest: pixels from the top of the page; the rest is left out.
    """

    name: str
    slug: str
    tallest: int


PAGES = (
    Picture("fraud_overview", "fraud-overview", 1_400),
    Picture("card_time_line", "card-time-line", 1_500),
    Picture("pipeline_health", "pipeline-health", 1_400),
    Picture("merchants", "merchants", 1_300),
    Picture("model", "model", 1_900),
)


@click.group(cls=ErrorLines, invoke_without_command=True)
@click.option("--width", default=1366, show_default=True, help="Of the window, in pixels.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([page.name for page in PAGES]),
    help="This page; may be given several times. Default: all.",
)
@click.option(
    "--to",
    default=PICTURES,
    type=click.Path(path_type=Path),
    help="Folder to write to. Default: docs/pictures.",
)
def pictures(width: int, only: tuple[str, ...], to: Path) -> None:
    """Take a picture of every page of the stack that is running.

    Prints how long each page took to draw what is in a window of that width and 768 pixels.
    """
    settings = Settings.load()
    pages = [page for page in PAGES if page.name in only or not only]
    to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for seen in visit(settings, chromium(os.environ), pages, width, Path(folder)):
            late = ", not all of the page within two minutes" if seen["is_late"] else ""
            click.echo(
                f"{seen['name']:16} drawn in {seen['seconds']:4.1f} s, "
                f"{seen['requests']} requests{late}"
            )
        make_smaller(Path(folder), to)
    for page in pages:
        file = to / f"{page.name}.png"
        click.echo(f"{file}  {file.stat().st_size / 1024:,.0f} KB", err=True)


def chromium(environment: Mapping[str, str]) -> str:
    """
    The system's browser.

    :raises DashboardError: there is none.
    """
    names = (environment.get("CHROMIUM", ""), "chromium", "chromium-browser")
    found = next(filter(None, map(shutil.which, filter(None, names))), None)
    if found is None:
        raise DashboardError(
            "there is no Chromium", "install it (apt install chromium) or set CHROMIUM"
        )
    return found


def visit(
    settings: DashboardSettings, browser: str, pages: list[Picture], width: int, folder: Path
) -> Iterator[dict[str, Any]]:
    """
    Let the browser take the pictures.

    :param folder: where they go.
    :return: of each page `name`, `seconds`, `requests` and `is_late`.
    :raises DashboardError: Superset does not answer, or the browser failed.
    """
    try:
        superset.check(settings)
    except NotReadyError as error:
        raise DashboardError(
            str(error), "run `make demo`, or `swipestream up --dashboards` with payments"
        ) from None
    plan = {
        "url": superset.url(settings),
        "user": ANALYST,
        "password": settings.superset_analyst_password,
        "chromium": browser,
        "width": width,
        "height": WINDOW_HEIGHT,
        "folder": str(folder),
        "pages": [asdict(page) for page in pages],
    }
    process = subprocess.Popen(
        [BROWSER, "-m", "apps.browser.pictures"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPO_ROOT,
    )
    assert process.stdin and process.stdout
    process.stdin.write(json.dumps(plan))
    process.stdin.close()
    yield from map(json.loads, process.stdout)
    if status := process.wait():
        raise DashboardError(f"the browser ended with status {status}", "see what it printed above")


def make_smaller(folder: Path, to: Path) -> None:
    """Write the pictures with a palette, in the environment that has an image library."""
    subprocess.run(
        [superset.python(), "-m", "apps.superset.smaller", folder, to.absolute()],
        cwd=REPO_ROOT,
        check=True,
    )


if __name__ == "__main__":
    sys.exit(pictures())
