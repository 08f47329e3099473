"""What parity found, for people and as an exit status."""

from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from flink_jobs.pipelines import PAYMENTS
from swipestream.verify.parity.comparison import EXAMPLES, Comparison, Difference
from swipestream.verify.parity.reasons import ReasonCheck
from swipestream.verify.parity.rules import RuleCheck
from swipestream.verify.parity.scores import ScoreCheck

NAMED = 5


@dataclass
class Report:
    """
    Everything parity found.

    :param payments: stored payments compared.
    :param engine: what recomputed them.
    :param messages: read from the topic; None if the log was left out.
    :param sent: stored columns against the log.
    :param features: stored features against the recomputation.
    :param scores: None if they were left out.
    :param challenger_scores: the same; a missing challenger bundle is reported but not an error,
        because it decided nothing.
    :param reasons: of alerts; None if scores were left out. A model that explains nothing is
        reported but not an error.
    :param rules: that the team had; None if they were left out.
    :param not_recomputed: stored payments that the recomputation does not have.
    :param left_out: stored payments that were not recomputed, because there would have been no end
        to it; no error.
    :param unstored: payments that were sent, of which nothing else became, and that are not stored.
    :param unsent: stored payments that are not in the topic where they should be.
    :param misjudged: a line for each message that became a copy, a conflict, too old or scored and
        should have become another of these.
    :param earlier: stored payments of a version that followed other rules; they are not compared.
    :param of_earlier_topic: stored payments that arrived before the topic was recreated; they are
        left out.
    :param split_cards: cards with payments in several partitions, where nobody can say what had
        arrived.
    :param other_versions: by version of the pipeline's SQL that is not the present one, how many
        payments it stored.
    :param in_log: stored payments whose place is within what the topic still holds.
    """

    payments: int
    engine: str
    seconds: float = 0.0
    messages: int | None = None
    in_log: int = 0
    sent: list[Comparison] = field(default_factory=list)
    features: list[Comparison] = field(default_factory=list)
    scores: ScoreCheck | None = None
    challenger_scores: ScoreCheck | None = None
    reasons: ReasonCheck | None = None
    rules: RuleCheck | None = None
    not_recomputed: int = 0
    left_out: int = 0
    earlier: int = 0
    of_earlier_topic: int = 0
    split_cards: int = 0
    other_versions: dict[str, int] = field(default_factory=dict)
    unstored: list[str] = field(default_factory=list)
    unsent: list[str] = field(default_factory=list)
    misjudged: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    @property
    def comparisons(self) -> list[Comparison]:
        """Every row of the table."""
        return [
            *(*self.sent, *self.features),
            *(*self.compared_scores, *self.compared_reasons, *self.compared_rules),
        ]

    @property
    def compared_scores(self) -> list[Comparison]:
        """The champions' scores, and the challengers' if there were any."""
        checks = [self.scores] if self.scores else []
        if self.challenger_scores and self.challenger_scores.compared:
            checks.append(self.challenger_scores)
        return [check.comparison() for check in checks]

    @property
    def compared_reasons(self) -> list[Comparison]:
        """The reasons of alerts, if there were any."""
        return [self.reasons.comparison()] if self.reasons and self.reasons.compared else []

    @property
    def compared_rules(self) -> list[Comparison]:
        """The rules of the team, if payments were checked by any."""
        has_any = self.rules and (self.rules.compared or self.rules.mismatched)
        return [self.rules.comparison()] if self.rules and has_any else []

    @property
    def mismatched(self) -> int:
        """Values that differ, over all columns."""
        return sum(item.mismatched for item in self.comparisons)

    @property
    def unknown_scores(self) -> int:
        """Rows whose score could not be computed again."""
        return sum(count for count, _ in self.scores.unknown.values()) if self.scores else 0

    @property
    def unknown_rules(self) -> int:
        """Rows whose rules could not be checked again."""
        return sum(count for count, _ in self.rules.unknown.values()) if self.rules else 0

    @property
    def is_clean(self) -> bool:
        """Whether everything agrees and nothing is missing."""
        return not (
            self.mismatched
            or self.not_recomputed
            or self.unstored
            or self.unsent
            or self.misjudged
            or self.unknown_scores
            or self.unknown_rules
        )


def print_report(report: Report, out: Console) -> None:
    """The table of columns, then what is wrong, then one line to quote."""
    table = Table(box=None, pad_edge=False)
    table.add_column("column", no_wrap=True)
    for name in ("compared", "mismatched", "missing", "extra", "largest diff.", "relative"):
        table.add_column(name, justify="right", no_wrap=True)
    for title, rows in (
        ("sent (against the topic)", report.sent),
        (f"features (recomputed in {report.engine})", report.features),
        (
            "score",
            [*report.compared_scores, *report.compared_reasons, *report.compared_rules],
        ),
    ):
        if rows and title != "score":
            table.add_row(f"[dim]{title}[/dim]")
        for row in rows:
            style = "bold red" if row.mismatched else ""
            counts = (row.compared, row.mismatched, row.missing, row.extra)
            table.add_row(row.name, *(f"{count:,}" for count in counts), *_gaps(row), style=style)
    out.print(table)
    for line in problems(report):
        out.print(line, style="red", markup=False, soft_wrap=True)
    for line in remarks(report):
        out.print(line, style="yellow", markup=False, soft_wrap=True)
    if report.messages is None:
        log = "topic not read"
    else:
        log = f"{report.messages:,} messages read, {report.in_log:,} payments still in the topic"
    unscored = report.scores.unscored if report.scores else 0
    out.print(
        f"\n{report.payments:,} payments: {report.mismatched:,} mismatched, "
        f"{len(report.unstored):,} missing, {len(report.unsent):,} extra"
        + (f", {unscored:,} without a score and with a reason" if unscored else "")
        + f"; {log}; {report.seconds:.1f} s",
        soft_wrap=True,
    )


def problems(report: Report) -> list[str]:
    """What is wrong, a line each."""
    lines = [
        f"{item.transaction_id}: {item.column} is {item.stored}, should be {item.expected}"
        for item in report.differences[: 5 * EXAMPLES]
    ]
    if report.not_recomputed:
        lines.append(f"{report.not_recomputed:,} payments could not be recomputed")
    for names, fact in (
        (report.unstored, "sent and not rejected, but not stored"),
        (report.unsent, "stored, but not in the topic where they should be"),
    ):
        if names:
            more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
            lines.append(f"{fact}: {', '.join(names[:NAMED])}{more}")
    lines += report.misjudged[:NAMED]
    if len(report.misjudged) > NAMED:
        lines.append(f"{len(report.misjudged) - NAMED:,} more messages became what they should not")
    for check, what in ((report.scores, ""), (report.challenger_scores, "challenger ")):
        for version, (count, fact) in (check.unknown if check else {}).items():
            lines.append(f"{count:,} {what}scores of {version} could not be checked: {fact}")
    for number, (count, fact) in (report.rules.unknown if report.rules else {}).items():
        lines.append(f"rules {number} of {count:,} payments could not be checked: {fact}")
    return lines


def remarks(report: Report) -> list[str]:
    """What a reader should know although it is not wrong, a line each."""
    lines = []
    if report.earlier:
        lines.append(
            f"{report.earlier:,} payments were stored by a version that did not yet score on "
            "arrival: they are history here, and are not compared"
        )
    if report.of_earlier_topic:
        lines.append(
            f"{report.of_earlier_topic:,} payments arrived before the topic was recreated, and are "
            "left out: what they were scored by is gone"
        )
    if report.left_out:
        lines.append(
            f"{report.left_out:,} payments were left out: of busy cards whose payments come out of "
            "order, or at the same moment, only a part is recomputed"
        )
    if report.split_cards:
        lines.append(
            f"{report.split_cards:,} cards have payments in several partitions, and nobody can say "
            "which of them had arrived: send each card's payments with its card_id as the key"
        )
    for count, fact in (report.reasons.unexplained if report.reasons else {}).values():
        lines.append(f"{count:,} alerts have no reasons: {fact}")
    lines += [
        f"{count:,} payments were stored by {version}, the files here are {PAYMENTS.version}: "
        "what differs may be a change of the SQL; --since leaves older payments out"
        for version, count in report.other_versions.items()
    ]
    return lines


def _gaps(row: Comparison) -> tuple[str, str]:
    """The two differences as text; empty for text columns."""
    return tuple(  # type: ignore[return-value]
        "" if gap is None else "0" if gap == 0 else f"{gap:.2g}"
        for gap in (row.difference, row.relative)
    )
