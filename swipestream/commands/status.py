"""`swipestream status`: list the services."""

import dataclasses
import json

import click

from swipestream.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(as_json: bool) -> None:
    """Show each service: state, process, uptime, memory, address."""
    from rich.console import Console
    from rich.table import Table

    from swipestream.jobs import wanted_jobs
    from swipestream.operate import control

    settings = Settings.load()
    services = control.status(settings)
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(service) for service in services], indent=2))
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("service", "state", "pid", "up", "memory", "address"):
        table.add_column(heading, no_wrap=True)
    for service in services:
        table.add_row(
            service.name,
            service.state,
            str(service.pid or ""),
            duration(service.uptime_seconds) if service.pid else "",
            f"{service.memory_bytes / 2**20:.0f} MB" if service.memory_bytes else "",
            service.address,
        )
    Console().print(table)
    for job in wanted_jobs.read_all(settings):
        if job.problem:
            click.echo(f"job {job.name} has ended: {job.problem}\nhint: {job.hint}", err=True)


def duration(seconds: int) -> str:
    """For example 42s, 3m05s, 2h10m."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minute:02d}m"
    return f"{minutes}m{second:02d}s" if minutes else f"{second}s"
