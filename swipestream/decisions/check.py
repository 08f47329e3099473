"""Whether the stream decided as the API had answered, and if not, why."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from flink_jobs.pipelines import PAYMENTS
from swipestream.database.queries import query
from swipestream.decisions.agreement import LOOKED_UP, differing
from swipestream.verify.parity.columns import RECOMPUTED

# A payment is stored within a second or so; one that is not after this is missing.
STORED_SECONDS = 60.0
EXAMPLES = 10
# Why an answer and a row differ.
HISTORY = "a payment of the card was on its way"
LOOKUP = "a lookup returned something else, from the job's cache or after a change"
DEGRADED = "answered without the history"
MODEL = "another model"
POLICY = "another policy"
RULES = "another version of the rules"
SQL = "another version of the SQL"
UNEXPLAINED = "unexplained"
CAUSES = (HISTORY, LOOKUP, DEGRADED, MODEL, POLICY, RULES, SQL, UNEXPLAINED)

Pair = Mapping[str, Any]
SawOther = Callable[[Pair], bool]


@dataclass
class Report:
    """
    What was found.

    :param compared: answers whose payment is stored.
    :param equal: of them, those that do not differ in anything.
    :param by_cause: differing answers by cause; one may have several.
    :param on_their_way: answers of the last minute whose payment is not stored yet.
    :param missing: older ones.
    :param otherwise: by outcome, answers whose message became no scored payment.
    :param examples: lines about what is wrong.
    """

    compared: int = 0
    equal: int = 0
    by_cause: Counter[str] = field(default_factory=Counter)
    on_their_way: int = 0
    missing: int = 0
    otherwise: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether every difference has a cause, and every answered payment is in the tables."""
        return not (self.by_cause[UNEXPLAINED] or self.missing or self.otherwise["rejected"])

    def wrong(self, line: str) -> None:
        """Keep an example."""
        if len(self.examples) < EXAMPLES:
            self.examples.append(line)


def history_columns() -> frozenset[str]:
    """The features that the windows make."""
    made = "".join(PAYMENTS.job.path(file).read_text("utf-8") for file in PAYMENTS.history_files)
    return frozenset(name for name in RECOMPUTED if f" AS {name}" in made)


_HISTORY_COLUMNS = history_columns()


def causes(pair: Pair, names: list[str], saw_other: SawOther) -> dict[str, str]:
    """
    Why an answer and the stream's row differ.

    :param pair: a row of sql/postgres/queries/decision_pairs.sql.
    :param names: what differs, as `differing` says.
    :param saw_other: whether one of the two saw a payment of the card that the other did not.
    :return: the cause of each.
    """
    answer, stored = pair["answer"], pair["stored"]
    if answer["history"] is None:
        return dict.fromkeys(names, DEGRADED)
    found: dict[str, str] = {}
    for name in names:
        if answer["pipeline_version"] != stored["pipeline_version"]:
            found[name] = SQL
        elif name in LOOKED_UP:
            found[name] = LOOKUP
        elif name in _HISTORY_COLUMNS:
            found[name] = HISTORY if saw_other(pair) else UNEXPLAINED
        elif name == "score" and answer["model_version"] != stored["model_version"]:
            found[name] = MODEL
        elif name == "decision" and answer["policy_version"] != stored["policy_version"]:
            found[name] = POLICY
        elif name == "decision" and answer.get("rules_version") != stored["rules_version"]:
            found[name] = RULES
        else:
            # Made of the others: it differs because they do, or for no good reason.
            found[name] = next(iter(found.values()), UNEXPLAINED)
    return found


def check(pairs: Iterator[Pair], saw_other: SawOther) -> Report:
    """
    Compare every pair.

    :param pairs: rows of sql/postgres/queries/decision_pairs.sql.
    :param saw_other: as in `causes`.
    """
    report = Report()
    for pair in pairs:
        name = pair["transaction_id"]
        if pair["outcome"] not in (None, "scored"):
            report.otherwise[pair["outcome"]] += 1
            if pair["outcome"] == "rejected":
                report.wrong(f"{name}: answered, and rejected by the stream")
        elif pair["stored"] is None:
            if pair["age_seconds"] < STORED_SECONDS:
                report.on_their_way += 1
            else:
                report.missing += 1
                report.wrong(f"{name}: answered, and not stored")
        else:
            _compare(report, pair, saw_other)
    return report


def _compare(report: Report, pair: Pair, saw_other: SawOther) -> None:
    names = differing(pair["answer"], pair["stored"])
    report.compared += 1
    report.equal += not names
    found = causes(pair, names, saw_other)
    report.by_cause.update(set(found.values()))
    for name, cause in found.items():
        if cause == UNEXPLAINED:
            values = pair["answer"]["features"] | pair["answer"]
            report.wrong(
                f"{pair['transaction_id']}: {name} was answered as {values.get(name)}, "
                f"the stream has {pair['stored'][name]}"
            )


def check_database(
    connection: psycopg.Connection[Any], since: datetime, on_pair: Callable[[int], None]
) -> Report:
    """
    Compare all answers since a moment.

    :param connection: in autocommit mode.
    :param on_pair: told the number of each answer.
    """

    def saw_other(pair: Pair) -> bool:
        key = {name: pair[name] for name in ("transaction_id", "card_id")}
        return connection.execute(query("other_history"), key).fetchone() is not None

    def pairs() -> Iterator[Pair]:
        # All of one moment, a few at a time.
        with (
            psycopg.connect(connection.info.dsn, password=connection.info.password) as reading,
            reading.cursor("decision_pairs", row_factory=dict_row) as cursor,
        ):
            cursor.itersize = 1000
            found = cursor.execute(query("decision_pairs"), {"since": since})
            for number, pair in enumerate(found, start=1):
                on_pair(number)
                yield pair

    return check(pairs(), saw_other)
