"""Parity from one end to the other."""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import duckdb
import psycopg
from psycopg.rows import TupleRow

from flink_jobs.score_payments import JOB
from swipestream.errors import ServiceError
from swipestream.parity import duckdb_engine, log_check, postgres_engine
from swipestream.parity.columns import RECOMPUTED
from swipestream.parity.comparison import compare, first_differences
from swipestream.parity.report import Report
from swipestream.parity.scores import check_challenger_scores, check_scores
from swipestream.parity.sent_payments import load_sent_payments
from swipestream.parity.stored_payments import copy_stored_payments
from swipestream.settings import Settings
from swipestream.topic_reading import Stretch, TopicReader

ENGINES = ("duckdb", "postgres")
# A payment that has just been sent is not yet stored.
PATIENCE_SECONDS = 15.0
# A payment may carry a time up to 5 minutes ahead of its arrival.
AHEAD_SECONDS = 300

FEATURE_PAIRS = (
    "stored_payments AS stored INNER JOIN recomputed_features AS expected "
    "ON stored.transaction_id = expected.transaction_id"
)
REJECTED_PLACES = (
    "SELECT kafka_partition, kafka_offset FROM rejected_payments WHERE kafka_topic = %s"
)


class Steps(Protocol):
    """Where progress is told."""

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None: ...


def silent(step: str, done: int = 0, total: int = 0) -> None:
    """Tells nobody."""


def check_stored(
    connection: duckdb.DuckDBPyConnection,
    report: Report,
    since_ms: int = 0,
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
    report.not_recomputed = report.payments - report.features[0].compared
    if models_dir is not None:
        total = report.payments
        report.scores = check_scores(
            connection, models_dir, since_ms, lambda done: tell("scoring again", done, total)
        )
        report.challenger_scores = check_challenger_scores(
            connection,
            models_dir,
            since_ms,
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
    Compare `stored_payments` with `sent_payments`.

    :param report: is filled in; `unstored` may hold payments on their way.
    :param stretch: of the topic that `sent_payments` holds.
    """
    tell("comparing with the topic")
    log_check.prepare(connection, stretch)
    report.sent, differences = log_check.compare_with_log(connection, since_ms)
    report.in_log = report.sent[0].compared
    report.differences += differences
    report.late_by_watermark = log_check.late_by_watermark(connection, since_ms)
    report.unsent = log_check.unsent(connection, since_ms)
    report.unstored = log_check.unstored(connection, since_ms)


def run(
    settings: Settings,
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
                stretch, messages = read_log(settings, connection, since, tell)
            copy_stored_payments(
                postgres,
                connection,
                folder,
                since,
                cards,
                lambda done, total: tell("fetching stored payments", done, total),
            )
            report = Report(payments_since(connection, since_ms), engine, messages=messages)
            tell(f"recomputing in {engine}")
            if engine == "postgres":
                postgres_engine.recompute(postgres, connection, folder, since_ms)
            else:
                duckdb_engine.recompute(connection, since_ms)
            report.other_versions = other_versions(connection, since_ms)
            models_dir = settings.models_dir if with_scores else None
            check_stored(connection, report, since_ms, models_dir, tell)
            if stretch is not None:
                load_rejected_places(postgres, connection, settings.payments_topic)
                source = "stored_payments" if cards else "sent_payments"
                connection.execute(
                    f"CREATE TABLE chosen_cards AS SELECT DISTINCT card_id FROM {source}"
                )
                check_log(connection, report, stretch, since_ms, tell)
                report.unstored = still_unstored(
                    postgres,
                    connection,
                    settings.payments_topic,
                    report.unstored,
                    since_ms,
                    tell,
                    patience_seconds,
                )
    report.seconds = time.monotonic() - begin
    return report


def open_database(settings: Settings) -> psycopg.Connection[TupleRow]:
    """:raises ServiceError: it does not answer."""
    try:
        return psycopg.connect(settings.postgres_url, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        raise ServiceError(
            f"the database does not answer: {str(error).strip().splitlines()[-1]}",
            "run `swipestream up`, or set DATABASE_URL",
        ) from None


def read_log(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    since: datetime | None,
    tell: Steps,
) -> tuple[Stretch, int]:
    """Fill `sent_payments`; says what was read, and how many messages."""
    reader = TopicReader(settings, settings.payments_topic)
    try:
        earliest = datetime.fromtimestamp(since.timestamp() - AHEAD_SECONDS, UTC) if since else None
        stretch = reader.stretch(earliest)
        total = stretch.offsets
        tell("reading the topic", 0, total)
        count = load_sent_payments(
            reader, connection, stretch, lambda done: tell("reading the topic", done, total)
        )
    finally:
        reader.close()
    return stretch, count


def payments_since(connection: duckdb.DuckDBPyConnection, since_ms: int) -> int:
    """How many stored payments are to be compared."""
    found = connection.execute(
        "SELECT COUNT(*) FROM stored_payments WHERE event_ms >= ?", [since_ms]
    ).fetchone()
    return int(found[0]) if found else 0


def other_versions(connection: duckdb.DuckDBPyConnection, since_ms: int) -> dict[str, int]:
    """How many stored payments are of other files than those that recompute them."""
    rows = connection.execute(
        "SELECT COALESCE(pipeline_version, 'an unnamed version'), COUNT(*) FROM stored_payments "
        "WHERE event_ms >= ? AND pipeline_version IS DISTINCT FROM ? GROUP BY 1 ORDER BY 1",
        [since_ms, JOB.version],
    ).fetchall()
    return {version: int(count) for version, count in rows}


def load_rejected_places(
    postgres: psycopg.Connection[TupleRow], connection: duckdb.DuckDBPyConnection, topic: str
) -> None:
    """Fill the DuckDB table `rejected_places`."""
    rows = postgres.execute(REJECTED_PLACES, [topic]).fetchall()
    connection.execute(
        "CREATE OR REPLACE TABLE rejected_places (kafka_partition INTEGER, kafka_offset BIGINT)"
    )
    if rows:
        partitions, offsets = (list(column) for column in zip(*rows, strict=True))
        connection.execute(
            "INSERT INTO rejected_places SELECT UNNEST(?), UNNEST(?)", [partitions, offsets]
        )


def still_unstored(
    postgres: psycopg.Connection[TupleRow],
    connection: duckdb.DuckDBPyConnection,
    topic: str,
    names: list[str],
    since_ms: int,
    tell: Steps,
    patience_seconds: float = PATIENCE_SECONDS,
) -> list[str]:
    """
    The payments that stay unstored; those on their way get time to arrive.

    :param names: by transaction_id.
    """
    until = time.monotonic() + patience_seconds
    while names:
        load_rejected_places(postgres, connection, topic)
        connection.execute(log_check.ACCEPTED)
        unrejected = set(log_check.unstored(connection, since_ms))
        stored = {
            row[0]
            for row in postgres.execute(
                "SELECT transaction_id FROM scored_payments WHERE transaction_id = ANY(%s)", [names]
            )
        }
        names = [name for name in names if name in unrejected and name not in stored]
        if not names or time.monotonic() > until:
            break
        tell(f"waiting for {len(names):,} payments to be stored")
        time.sleep(1.0)
    return names
