"""The live view of the demo: what was sent, what became of it, how fast, what was caught."""

from dataclasses import dataclass

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from swipestream.demo.outcomes import Outcomes


@dataclass(frozen=True)
class Moment:
    """
    What the view shows.

    :param seconds: since the first live payment.
    :param caught: frauds sent and scored that became alerts; `frauds` of them were scored.
    """

    seconds: float
    sent: int
    outcomes: Outcomes
    frauds: int
    caught: int
    latest_alerts: tuple[str, ...] = ()


def milliseconds(value: float | None) -> str:
    """A latency to read."""
    return "-" if value is None else f"{value:,.0f} ms"


def panel(moment: Moment) -> Panel:
    """The whole view."""
    outcomes = moment.outcomes
    table = Table.grid(padding=(0, 3))
    for _ in range(4):
        table.add_column(justify="right")
        table.add_column(justify="left")
    waiting = moment.sent - outcomes.accounted
    table.add_row(
        f"{moment.sent:,}", "sent",
        f"{outcomes.scored:,}", "[green]scored[/green]",
        f"{outcomes.review:,}", "[yellow]to review[/yellow]",
        milliseconds(outcomes.recent_p50_ms), "p50, last 10 s",
    )  # fmt: skip
    table.add_row(
        f"{waiting:,}", "under way",
        f"{outcomes.duplicates:,}", "duplicate",
        f"{outcomes.block:,}", "[red]blocked[/red]",
        milliseconds(outcomes.recent_p99_ms), "p99, last 10 s",
    )  # fmt: skip
    table.add_row(
        f"{moment.seconds:,.0f} s", "live",
        f"{outcomes.conflicts:,}", "conflict",
        f"{moment.caught:,} of {moment.frauds:,}", "[red]frauds caught[/red]",
        milliseconds(outcomes.p50_ms), "p50, all",
    )  # fmt: skip
    table.add_row(
        f"{moment.sent / max(moment.seconds, 1):,.0f}", "per second",
        f"{outcomes.rejected:,}", "rejected",
        f"{outcomes.degraded:,}", "without a score",
        milliseconds(outcomes.p99_ms), "p99, all",
    )  # fmt: skip
    alerts = Text("\n".join(moment.latest_alerts), style="dim", overflow="ellipsis", no_wrap=True)
    return Panel(
        Group(table, *([Text(), alerts] if moment.latest_alerts else [])),
        title="swipestream: live payments",
        subtitle="Ctrl-C ends it with a summary",
    )


def line(moment: Moment) -> str:
    """The same for a log, in one line."""
    outcomes = moment.outcomes
    return (
        f"{moment.seconds:4.0f} s  sent={moment.sent} scored={outcomes.scored} "
        f"duplicate={outcomes.duplicates} conflict={outcomes.conflicts} "
        f"rejected={outcomes.rejected} "
        f"review={outcomes.review} block={outcomes.block} "
        f"p50={milliseconds(outcomes.recent_p50_ms)} p99={milliseconds(outcomes.recent_p99_ms)} "
        f"caught={moment.caught}/{moment.frauds}"
    )
