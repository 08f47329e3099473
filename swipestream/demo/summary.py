"""The demo's last words: what happened to every message, how good and how fast it was."""

from rich.console import Console
from rich.table import Table

from swipestream.demo.run import Report
from swipestream.demo.view import milliseconds


def share(value: float | None) -> str:
    """A share to read."""
    return "-" if value is None else f"{value:.1%}"


def print_summary(report: Report, console: Console) -> None:
    """
    :param console: where to; standard output, because this is the demo's result.
    """
    outcomes, judgement = report.outcomes, report.judgement
    console.print()
    console.print(
        f"sent {report.sent:,} = scored {outcomes.scored:,} + rejected {outcomes.rejected:,} "
        f"+ duplicates {outcomes.duplicates:,} + conflicts {outcomes.conflicts:,}",
        highlight=False,
    )
    if report.is_complete:
        console.print("every message is accounted for", style="green")
    else:
        missing = report.sent - outcomes.accounted
        places = ", ".join(f"{partition}:{offset}" for partition, offset in report.lost)
        console.print(
            f"{missing:,} messages are not accounted for; partition:offset {places or '-'}",
            style="red",
        )
    table = Table.grid(padding=(0, 2))
    table.add_row(
        "latency, payment to committed row",
        f"p50 {milliseconds(outcomes.p50_ms)}, p99 {milliseconds(outcomes.p99_ms)}",
    )
    table.add_row("decisions", f"{outcomes.block:,} blocked, {outcomes.review:,} to review")
    table.add_row(
        "alerts that are fraud (precision)",
        f"{share(judgement.precision)}  {judgement.right:,} of {judgement.alerts:,}",
    )
    table.add_row(
        "frauds that are alerts (recall)",
        f"{share(judgement.recall)}  {judgement.right:,} of {judgement.frauds:,}",
    )
    for scenario, (frauds, caught) in sorted(report.scenarios.items()):
        table.add_row(f"  {scenario.replace('_', ' ')}", f"{caught:,} of {frauds:,}")
    table.add_row("decided without a score", f"{outcomes.degraded:,}")
    console.print(table)
    if report.alerts:
        console.print("\nalerts of this run:")
        for text in report.alerts:
            console.print(f"  {text}", highlight=False, soft_wrap=True)
