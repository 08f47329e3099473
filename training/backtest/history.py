"""
A history on disk with all features, in parts that fit into memory.

What a card did before needs all payments of the card, and what is known of a merchant all payments
of the merchant. So the payments are parted by card first, and what comes of that by merchant.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from flink_jobs.pipelines import PAYMENTS
from training.data.feature_sql import SQL_ROOT, connect, run_files, set_label_cutoff
from training.data.label_trust import SourcePair
from training.data.training_set import LABEL_DELAY_DAYS, WARM_UP_DAYS, LabelAccount
from training.data.world import WorldFiles, check_all_answered, open_files, whole_file
from training.errors import TrainingDataError
from training.measure.prequential import DAY_MS

# Payments that are computed together, and what DuckDB may use before it writes to the disk.
PART_PAYMENTS = 1_000_000
MEMORY_LIMIT = "2GB"
THREADS = 2
# After any payment, UTC epoch milliseconds.
FOREVER_MS = 8_000_000_000_000_000
# As in sql/postgres/roll_ups/label_delays.sql: with fewer, delays cannot be measured.
LEAST_LABELS = 100
# Younger payments can only have labels that came soon.
LEAST_AGE_DAYS = 28
MOST_CURRENCIES = 20
# A world may hold stored snapshots of merchant risk; then they are not computed again.
STORED_RISK = "merchant_risk.parquet"

CARD_FILES = (
    SQL_ROOT / "backtest/world_payments.sql",
    SQL_ROOT / "training/payments_arrived.sql",
    SQL_ROOT / "as_of_arrival/touched_payments.sql",
    SQL_ROOT / "as_of_arrival/payments_checked.sql",
    *(PAYMENTS.job.path(file) for file in PAYMENTS.history_files),
    SQL_ROOT / "training/payments_with_history.sql",
)
RISK_FILES = (
    SQL_ROOT / "training/hourly_payments.sql",
    SQL_ROOT / "training/label_events.sql",
    SQL_ROOT / "training/risk_range.sql",
    SQL_ROOT / "merchant_risk/merchant_risk_snapshots.sql",
)
FEATURE_FILES = (
    SQL_ROOT / "backtest/lookup_gaps.sql",
    SQL_ROOT / "training/payments_enriched.sql",
    PAYMENTS.job.path(PAYMENTS.features_file),
    SQL_ROOT / "training/known_labels.sql",
    SQL_ROOT / "backtest/payments_to_score.sql",
)


@dataclass(frozen=True)
class PaymentFacts:
    """
    What a history holds.

    :param rows: of its file.
    :param parts: it is computed in so many.
    :param first_ms: time of the oldest payment, UTC epoch milliseconds; `last_ms` of the newest.
    :param currencies: a few of them.
    """

    rows: int
    parts: int
    first_ms: int
    last_ms: int
    currencies: tuple[str, ...]


@dataclass(frozen=True)
class PartFacts:
    """
    What some of the cards have.

    :param copies: rows that repeat a transaction_id of their card.
    :param too_old: payments that came more than 32 days behind a newer one of their card; the
        stream rejects them.
    """

    cards: int
    copies: int
    too_old: int


@dataclass(frozen=True)
class LabelFacts:
    """
    What the labels of a history say.

    :param count: label events.
    :param matched_count: those of payments that are there.
    :param fraud_count: of these, known by the end of the history, those that say fraud.
    :param untimed_count: those without a time; they count as known a number of days after the
        payment.
    :param later_count: those that became known after the end of the history: nobody knows them.
    :param account: what is odd about the others.
    """

    count: int
    matched_count: int
    fraud_count: int
    untimed_count: int
    later_count: int
    account: LabelAccount


class History:
    """A world's payments and labels, parted."""

    def __init__(self, world: WorldFiles, folder: Path, is_in_file_order: bool = False) -> None:
        """
        Part the payments by card.

        :param folder: for what does not fit into memory; about 200 bytes a payment.
        :param is_in_file_order: the rows stand in the order in which the payments arrived. Else
            they arrive in order of time.
        :raises TrainingDataError: there are no payments, or a file cannot be used.
        """
        self.world, self.folder = world, folder
        # When the history ends: nobody knows labels that come later.
        self.end_ms = world.end_ms
        ordered = "payments_in_file_order" if is_in_file_order else "world_payments"
        room = "backtest" if is_in_file_order else "training"
        with self._opened() as connection:
            open_files(connection, world, ["payments"])
            run_files(connection, [SQL_ROOT / room / f"{ordered}.sql"])
            payments = connection.view(ordered)
            rows, first_ms, last_ms = payments.aggregate(
                "COUNT(*), MIN(event_ms), MAX(event_ms)"
            ).fetchall()[0]
            if not rows:
                raise TrainingDataError(f"{world.name} holds no payments", world.more)
            found = payments.project("currency").distinct().limit(MOST_CURRENCIES).fetchall()
            self.facts = PaymentFacts(
                rows=int(rows),
                parts=math.ceil(rows / PART_PAYMENTS),
                first_ms=int(first_ms),
                last_ms=int(last_ms),
                currencies=tuple(sorted(str(currency) for (currency,) in found)),
            )
            self._part(payments, "card_id", folder / "by_card")

    def read_labels(self, delay_days: float) -> LabelFacts:
        """
        Keep the labels that matter, each with its time.

        :param delay_days: after its payment, a label without a time became known.
        """
        with self._opened() as connection:
            labels = whole_file(connection, "labels", self.world.labels)
            labels.create_view("labels_in_file")
            (untimed,) = labels.filter("labelled_ms IS NULL").aggregate("COUNT(*)").fetchall()[0]
            if untimed:
                # They were all known when the file was made.
                known_ms = self.facts.last_ms + math.ceil(delay_days * DAY_MS)
                self.end_ms = max(self.end_ms, known_ms)
            files(connection, self.folder / "by_card").create_view("world_payments")
            connection.execute(
                "CREATE TABLE declared_delay AS SELECT CAST(? AS BIGINT) AS delay_ms",
                [round(delay_days * DAY_MS)],
            )
            set_label_cutoff(connection, 0, FOREVER_MS, self.end_ms)
            run_files(
                connection,
                (
                    SQL_ROOT / "backtest/labels_on_disk.sql",
                    SQL_ROOT / "backtest/fraud_labels.sql",
                    SQL_ROOT / "training/payment_keys.sql",
                    SQL_ROOT / "training/label_account.sql",
                    SQL_ROOT / "training/label_sources.sql",
                ),
            )
            count, matched, frauds, later = (
                connection.table("labels_on_disk")
                .aggregate(
                    "COUNT(*), COUNT(event_ms), "
                    f"COUNT(event_ms) FILTER (is_fraud AND labelled_ms <= {self.end_ms}), "
                    f"COUNT(*) FILTER (labelled_ms > {self.end_ms})"
                )
                .fetchall()[0]
            )
            events, contradicted, unknown, early = map(
                int, connection.view("label_account").fetchall()[0]
            )
            pairs = tuple(SourcePair(*row) for row in connection.view("label_sources").fetchall())
            account = LabelAccount(events, contradicted, unknown, early, pairs)
            connection.view("fraud_labels").to_parquet(str(self._labels))
        return LabelFacts(count, matched, frauds, untimed, later, account)

    def label_delay_days(self, known_at_ms: int) -> int:
        """
        After how many days nine in ten fraud labels have come, as known at some moment.

        :param known_at_ms: UTC epoch milliseconds; `read_labels` was called before.
        :return: `LABEL_DELAY_DAYS` if there are too few labels to measure it.
        """
        with self._opened() as connection:
            delays = (
                connection.read_parquet(str(self._labels))
                .filter(
                    f"is_fraud AND labelled_ms <= {known_at_ms} "
                    f"AND event_ms < {known_at_ms - LEAST_AGE_DAYS * DAY_MS}"
                )
                .aggregate("COUNT(*), QUANTILE_CONT(labelled_ms - event_ms, 0.9)")
                .fetchall()[0]
            )
        if delays[0] < LEAST_LABELS:
            return LABEL_DELAY_DAYS
        return max(0, math.ceil(float(delays[1]) / DAY_MS))

    def compute_card_part(self, number: int) -> PartFacts:
        """
        Compute what some of the cards had done before each of their payments.

        :param number: of the part, below ``facts.parts``.
        :raises TrainingDataError: a card has too many payments at the same millisecond.
        """
        found = self.folder / "by_card" / f"part={number}"
        if not found.is_dir():
            return PartFacts(0, 0, 0)
        with self._opened() as connection:
            files(connection, found).create_view("part_payments")
            run_files(connection, CARD_FILES)
            check_all_answered(connection, self.world.name)
            payments = connection.view("payments_with_history")
            self._part(payments, "merchant_id", self.folder / "by_merchant" / f"cards_{number}")
            (rows,) = connection.view("part_payments").aggregate("COUNT(*)").fetchall()[0]
            cards, count = (
                connection.view("world_payments")
                .aggregate("COUNT(DISTINCT card_id), COUNT(*)")
                .fetchall()[0]
            )
            written = files(connection, self.folder / "by_merchant" / f"cards_{number}")
            (kept,) = written.aggregate("COUNT(*)").fetchall()[0]
        return PartFacts(cards=int(cards), copies=int(rows - count), too_old=int(count - kept))

    @contextmanager
    def merchant_part(self, number: int) -> Iterator[duckdb.DuckDBPyConnection]:
        """
        A connection with the view `payments_to_score` of some of the merchants.

        :param number: of the part; all card parts are computed.
        """
        with self._opened() as connection:
            payments = files(connection, self.folder / "by_merchant", f"*/part={number}/*")
            payments.create_view("payments_with_history")
            payments.create_view("world_payments")
            connection.read_parquet(str(self._labels)).create_view("labels_on_disk")
            open_files(connection, self.world, ["customers", "merchants"])
            set_label_cutoff(connection, 0, FOREVER_MS, self.end_ms)
            stored_risk = self.world.folder / STORED_RISK
            if stored_risk.is_file():
                connection.read_parquet(str(stored_risk)).create_view("merchant_risk_snapshots")
            else:
                run_files(connection, RISK_FILES)
            run_files(connection, FEATURE_FILES)
            yield connection

    def merchant_parts(self) -> list[int]:
        """Numbers of the parts that hold a payment."""
        found = {path.name for path in (self.folder / "by_merchant").glob("*/part=*")}
        return sorted(int(name.removeprefix("part=")) for name in found)

    @contextmanager
    def learning(self, known_at_ms: int, to_ms: int) -> Iterator[duckdb.DuckDBPyConnection]:
        """
        A connection with the view `payments_to_learn`, as of a moment.

        :param known_at_ms: labels that became known later do not exist, UTC epoch milliseconds.
        :param to_ms: just after the last payment; the first days are left out as in training.
        """
        with self._opened() as connection:
            files(connection, self.folder / "features").create_view("features_on_disk")
            connection.read_parquet(str(self._labels)).create_view("labels_on_disk")
            from_ms = self.facts.first_ms + WARM_UP_DAYS * DAY_MS
            set_label_cutoff(connection, from_ms, to_ms, known_at_ms)
            run_files(
                connection,
                (
                    SQL_ROOT / "training/known_labels.sql",
                    SQL_ROOT / "backtest/payments_to_learn.sql",
                ),
            )
            yield connection

    @property
    def _labels(self) -> Path:
        return self.folder / "labels.parquet"

    def _part(self, payments: duckdb.DuckDBPyRelation, key: str, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        parts = self.facts.parts
        payments.project(f"*, CAST(hash({key}) % {parts} AS INTEGER) AS part").to_parquet(
            str(folder), partition_by=["part"]
        )

    @contextmanager
    def _opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with opened(self.folder) as connection:
            yield connection


@contextmanager
def opened(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """
    An empty DuckDB that writes to the disk what is too much for its memory.

    :param folder: where to.
    """
    connection = connect(THREADS)
    try:
        connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
        connection.execute("SET temp_directory = ?", [str(folder / "spilled")])
        # Order is asked for where it matters; keeping it everywhere costs memory.
        connection.execute("SET preserve_insertion_order = false")
        yield connection
    finally:
        connection.close()


def files(
    connection: duckdb.DuckDBPyConnection, folder: Path, pattern: str = "**/*"
) -> duckdb.DuckDBPyRelation:
    """The Parquet files below a folder, without columns for its folders."""
    return connection.read_parquet(f"{folder}/{pattern}.parquet", hive_partitioning=False)
