"""`swipestream doctor`: what is wrong and how to fix it."""

import sys

import click

from swipestream.settings import Settings

COLOURS = {"ok": "green", "warn": "yellow", "FAIL": "red"}


@click.command()
def doctor() -> None:
    """Check the machine, services, tables, jobs and model. Exits with 1 if a check fails."""
    from swipestream.operate.doctor import examine

    is_well = True
    for finding in examine(Settings.load()):
        is_well = is_well and finding.level != "FAIL"
        level = click.style(f"{finding.level:4}", fg=COLOURS[finding.level])
        click.echo(f"{level} {finding.name}: {finding.fact}")
        if finding.hint:
            click.echo(f"     hint: {finding.hint}")
    sys.exit(0 if is_well else 1)
