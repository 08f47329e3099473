"""`swipestream dashboards`: import, export and check the dashboards."""

import json
import sys

import click

from swipestream.settings import Settings


@click.group()
def dashboards() -> None:
    """Import, export and check the dashboards.

    `swipestream up --dashboards` starts Superset itself.
    """


@dashboards.command("import")
def import_() -> None:
    """Set the dashboards to the files in superset/.

    Discards changes made by hand. Importing twice changes nothing. Needs Superset's database;
    Superset need not run.

    \b
    Examples:
      swipestream dashboards import
    """
    from swipestream.console.progress import StepDisplay
    from swipestream.dashboards.set_up import import_files

    with StepDisplay() as display:
        counts = import_files(
            Settings.load(), lambda fact: display.progress("superset", f"{fact} ...")
        )
        display.report("superset", ", ".join(f"{n} {kind}" for kind, n in counts.items()))


@dashboards.command()
@click.option("--to", default="-", help="File to write. Default: standard output.")
def export(to: str) -> None:
    """Print the dashboards in Superset as JSON, by path.

    Shows what was changed by hand.

    \b
    Examples:
      swipestream dashboards export --to before.json
    """
    from swipestream.console.progress import StepDisplay
    from swipestream.dashboards.set_up import export_objects

    with StepDisplay() as display:
        objects = export_objects(
            Settings.load(), lambda fact: display.progress("superset", f"{fact} ...")
        )
        display.report("superset", f"{len(objects)} objects")
    with click.open_file(to, "w") as file:
        json.dump(objects, file, indent=2, sort_keys=True, default=str)
        file.write("\n")


@dashboards.command()
def check() -> None:
    """Check that charts' columns exist and charts have data.

    The second check needs a running Superset. Exits with 1 if anything is wrong.

    \b
    Examples:
      swipestream dashboards check
    """
    from swipestream.dashboards.check import check_charts, check_references

    settings = Settings.load()
    faults = check_references(settings)
    for fault in faults:
        click.echo(f"wrong: {fault}")
    empty = 0
    for answer in check_charts(settings):
        empty += answer.rows == 0
        click.echo(
            f"{answer.dashboard:18} {answer.rows:6,} rows {answer.seconds:6.2f} s  {answer.chart}"
        )
    click.echo(
        f"{len(faults)} wrong references, {empty} charts without data",
        err=True,
    )
    sys.exit(1 if faults or empty else 0)
