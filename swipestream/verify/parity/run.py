"""Parity from one end to the other."""

import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import duckdb
import psycopg
from psycopg.rows import TupleRow

from flink_jobs.pipelines import PAYMENTS
from swipestream.database.connection import open_database
from swipestream.settings import JobSettings, KafkaSettings
from swipestream.verify.parity import duckdb_engine, log_check, postgres_engine
from swipestream.verify.parity.columns import RECOMPUTED
from swipestream.verify.parity.comparison import compare, first_differences
from swipestream.verify.parity.reasons import REASONS_PATIENCE_SECONDS, check_reasons
from swipestream.verify.parity.report import Report
from swipestream.verify.parity.rules import check_rules
from swipestream.verify.parity.scores import check_challenger_scores, check_scores
from swipestream.verify.parity.sent_payments import load_sent_payments
from swipestream.verify.parity.stored_outcomes import load_outcomes
from swipestream.verify.parity.stored_payments import copy_stored_payments
from swipestream.verify.reconcile.topic_identity import note_topic
from swipestream.verify.topic_reading import Stretch, TopicReader

# A payment that has just been sent is not yet stored.
PATIENCE_SECONDS = 15.0
# A payment may carry a time up to 5 minutes ahead of its arrival.
AHEAD_SECONDS = 300

FEATURE_PAIRS = (
    "stored_payments AS stored INNER JOIN recomputed_features AS expected "
    "ON stored.transaction_id = expected.transaction_id AND stored.card_id = expected.card_id"
)
STORED_NOW = """
SELECT transaction_id, card_id
FROM scored_payments
WHERE transaction_id = ANY(%s) AND arrived_at >= (SELECT topic_begins_at(%s))
"""


class Steps(Protocol):
    """Where progress is reported."""

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None: ...


def silent(step: str, done: int = 0, total: int = 0) -> None:
    """Tells nobody."""


def check_stored(
    connection: duckdb.DuckDBPyConnection,
    report: Report,
    models_dir: Path | None = None,
    tell: Steps = silent,
) -> None:
    """
    Compare `stored_payments` with `recomputed_features`, and the scores with the models'.

    :param report: is filled in.
    :param models_dir: None leaves the scores out.
    """
    tell("comparing features")
    report.features = compare(connection, FEATURE_PAIRS, RECOMPUTED)
    wrong = [(item.name, RECOMPUTED[item.name]) for item in report.features if item.mismatched]
    report.differences += first_differences(connection, FEATURE_PAIRS, wrong)
    report.not_recomputed = report.payments - report.left_out - report.features[0].compared
    if models_dir is not None:
        total = report.payments
        report.scores = check_scores(
            connection, models_dir, lambda done: tell("scoring again", done, total)
        )
        report.challenger_scores = check_challenger_scores(
            connection,
            models_dir,
            lambda done: tell("scoring again by challengers", done, total),
        )
        report.differences += report.scores.differences + report.challenger_scores.differences


def check_log(
    connection: duckdb.DuckDBPyConnection,
    report: Report,
    stretch: Stretch,
    since_ms: int = 0,
    tell: Steps = silent,
) -> None:
    """
    Compare `stored_payments` and what else the stream said with `sent_payments`.

    :param report: is filled in; `unstored` may hold payments on their way.
    :param stretch: of the topic that `sent_payments` holds.
    """
    tell("comparing with the topic")
    log_check.prepare(connection, stretch, since_ms)
    report.sent, differences = log_check.compare_with_log(connection)
    report.in_log = report.sent[0].compared
    report.differences += differences
    report.unsent = log_check.unsent(connection)
    report.unstored = log_check.unstored(connection)
    report.misjudged = log_check.misjudged(connection)


def run(
    settings: JobSettings,
    since: datetime | None = None,
    engine: str = "duckdb",
    cards: int | None = None,
    with_log: bool = True,
    with_scores: bool = True,
    tell: Steps = silent,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Report:
    """
    Compare what the stream stored with what its SQL, its model and its topic say.

    :param since: UTC; payments with an event time from then on.
    :param engine: `duckdb` or `postgres`.
    :param cards: so many cards only.
    :param patience_seconds: how long payments in the topic have time to be stored.
    :raises ServiceError: Kafka or Postgres does not answer.
    """
    begin = time.monotonic()
    since_ms = round(since.timestamp() * 1000) if since else 0
    with tempfile.TemporaryDirectory(prefix="swipestream-parity-") as name:
        folder = Path(name)
        with duckdb_engine.connect(folder) as connection, open_database(settings) as postgres:
            stretch = messages = None
            if with_log:
                # Before the rows, so that all that was read has had time to be stored.
                stretch, messages = read_log(settings, postgres, connection, since, tell)
            of_earlier_topic = copy_stored_payments(
                postgres,
                connection,
                folder,
                settings.payments_topic,
                since,
                cards,
                lambda done, total: tell("fetching stored payments", done, total),
            )
            report = Report(compared_payments(connection), engine, messages=messages)
            report.earlier = earlier_payments(connection, since_ms)
            report.of_earlier_topic = of_earlier_topic
            report.split_cards = split_cards(connection)
            tell(f"recomputing in {engine}")
            if engine == "postgres":
                report.left_out = postgres_engine.recompute(postgres, connection, folder)
            else:
                report.left_out = duckdb_engine.recompute(connection)
            report.other_versions = other_versions(connection)
            models_dir = settings.models_dir if with_scores else None
            check_stored(connection, report, models_dir, tell)
            if models_dir is not None:
                report.reasons = check_reasons(
                    postgres,
                    connection,
                    models_dir,
                    lambda done: tell("adding up reasons", done),
                    min(patience_seconds, REASONS_PATIENCE_SECONDS),
                )
                report.differences += report.reasons.differences
            report.rules = check_rules(
                postgres, connection, lambda done: tell("checking rules again", done)
            )
            report.differences += report.rules.differences
            if stretch is not None:
                load_outcomes(postgres, connection, settings.payments_topic, stretch)
                source = "stored_payments" if cards else "sent_payments"
                connection.execute(
                    f"CREATE TABLE chosen_cards AS SELECT DISTINCT card_id FROM {source}"
                )
                check_log(connection, report, stretch, since_ms, tell)
                report.unstored = still_unstored(
                    postgres,
                    connection,
                    settings.payments_topic,
                    stretch,
                    report.unstored,
                    tell,
                    patience_seconds,
                )
    report.seconds = time.monotonic() - begin
    return report


def read_log(
    settings: KafkaSettings,
    postgres: psycopg.Connection[TupleRow],
    connection: duckdb.DuckDBPyConnection,
    since: datetime | None,
    tell: Steps,
) -> tuple[Stretch, int]:
    """Fill `sent_payments`; says what was read, and how many messages."""
    with closing(TopicReader(settings, settings.payments_topic)) as reader:
        note_topic(settings, reader, postgres)
        earliest = datetime.fromtimestamp(since.timestamp() - AHEAD_SECONDS, UTC) if since else None
        stretch = reader.stretch(earliest)
        total = stretch.offsets
        tell("reading the topic", 0, total)
        count = load_sent_payments(
            reader, connection, stretch, lambda done: tell("reading the topic", done, total)
        )
    return stretch, count


def compared_payments(connection: duckdb.DuckDBPyConnection) -> int:
    """How many stored payments are to be compared."""
    return _count(connection, "FROM stored_payments WHERE is_compared")


def earlier_payments(connection: duckdb.DuckDBPyConnection, since_ms: int) -> int:
    """How many stored payments followed other rules, so that they are history here and no more."""
    return _count(
        connection,
        f"FROM stored_payments WHERE came_behind_ms IS NULL AND event_ms >= {int(since_ms)}",
    )


def split_cards(connection: duckdb.DuckDBPyConnection) -> int:
    """How many cards have payments in several partitions."""
    return _count(
        connection,
        "FROM (SELECT card_id FROM stored_payments GROUP BY card_id "
        "HAVING MIN(kafka_partition) < MAX(kafka_partition))",
    )


def _count(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    found = connection.execute(f"SELECT COUNT(*) {source}").fetchone()
    return int(found[0]) if found else 0


def other_versions(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many stored payments are of other files than those that recompute them."""
    rows = connection.execute(
        "SELECT COALESCE(pipeline_version, 'an unnamed version'), COUNT(*) FROM stored_payments "
        "WHERE is_compared AND pipeline_version IS DISTINCT FROM ? GROUP BY 1 ORDER BY 1",
        [PAYMENTS.version],
    ).fetchall()
    return {version: int(count) for version, count in rows}


def still_unstored(
    postgres: psycopg.Connection[TupleRow],
    connection: duckdb.DuckDBPyConnection,
    topic: str,
    stretch: Stretch,
    names: list[str],
    tell: Steps,
    patience_seconds: float = PATIENCE_SECONDS,
) -> list[str]:
    """
    The payments that stay unstored; those on their way get time to arrive.

    :param stretch: of the topic that `sent_payments` holds.
    :param names: by transaction_id.
    """
    until = time.monotonic() + patience_seconds
    while names:
        load_outcomes(postgres, connection, topic, stretch)
        connection.execute(log_check.ARRIVED)
        stored = postgres.execute(STORED_NOW, [names, topic]).fetchall()
        if stored:
            connection.executemany("INSERT INTO stored_meanwhile VALUES (?, ?)", stored)
        names = log_check.unstored(connection)
        if not names or time.monotonic() > until:
            break
        tell(f"waiting for {len(names):,} payments to be stored")
        time.sleep(1.0)
    return names
