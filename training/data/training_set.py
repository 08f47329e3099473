"""The training set: features and labels of payments, as one Parquet file with a hash."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from flink_jobs.feature_registry import TEXT, feature_registry
from flink_jobs.pipelines import PAYMENTS
from training.data.feature_sql import check_is_no_identifier, connect, set_label_cutoff
from training.data.label_trust import SourcePair
from training.data.time_split import LEAST_DAYS
from training.errors import TooFewLabelsError, TrainingDataError
from training.measure.prequential import DAY_MS

# Before that, windows of up to 7 days are shorter than in the stream. What a card usually pays is
# of fewer than 30 days for longer, as in a stream that began a week ago.
WARM_UP_DAYS = 7
# Nine in ten complaints have arrived after three weeks; a younger payment without one says nothing.
LABEL_DELAY_DAYS = 21
# No bank has so much fraud.
MOST_FRAUD = 0.5
CATEGORICAL = tuple(
    entry.name for entry in feature_registry(PAYMENTS.job).values() if entry.unit == TEXT
)
KEYS = (
    *("transaction_id", "card_id", "event_ms", "amount_cents_paid"),
    *("segment", "scenario", "labelled_ms", "label_source", "label"),
)


class Source(Protocol):
    """Where payments and labels come from: a world on disk, or what the stream has stored."""

    @property
    def name(self) -> str:
        """For messages."""

    @property
    def labels_name(self) -> str:
        """Where the labels are, for messages."""

    @property
    def more(self) -> str:
        """What to do to have more payments."""

    def known_at_ms(self, until_ms: int | None) -> int:
        """
        The moment to learn at, UTC epoch milliseconds.

        :param until_ms: as somebody wishes; None: as late as it goes.
        """

    @property
    def description(self) -> dict[str, Any]:
        """What the bundle says about it."""

    def first_ms(self) -> int:
        """Time of the oldest payment, UTC epoch milliseconds; 0 without any."""

    def open(self, connection: duckdb.DuckDBPyConnection, from_ms: int, to_ms: int) -> None:
        """
        Define the views `payment_features` and those of `feature_sql.LABEL_FILES`.

        :param from_ms: only payments from then on will be asked for.
        :param to_ms: and before that.
        """


@dataclass(frozen=True)
class LabelAccount:
    """
    What is odd about the labels known by then.

    :param events: labels.
    :param contradicted: payments that were called fraud and genuine; the newest label counts.
    :param of_unknown_payments: labeled payments that are nowhere among the payments.
    :param before_the_payment: payments with a label older than they are.
    :param pairs: of sources that have labeled the same payments.
    """

    events: int
    contradicted: int
    of_unknown_payments: int
    before_the_payment: int
    pairs: tuple[SourcePair, ...] = ()

    def warnings(self) -> list[str]:
        """One line for each thing that somebody should look at."""
        lines = (
            (
                self.contradicted,
                "payments have labels that contradict each other: the newest counts",
            ),
            (self.of_unknown_payments, "labeled payments are not among the payments: left out"),
            (self.before_the_payment, "payments have a label older than they are: it counts"),
        )
        found = [f"{count:,} {text}" for count, text in lines if count]
        return [*found, *self.untrusted()]

    def untrusted(self) -> list[str]:
        """One line for each two sources of which one must be wrong."""
        return [pair.fact for pair in self.pairs if pair.is_untrusted]

    def to_json(self) -> dict[str, Any]:
        """For ``bundle.json``."""
        return asdict(self)


@dataclass(frozen=True)
class TrainingSet:
    """
    Payments in order of time, ready to be split.

    :param frame: the features by name (float32, categoricals as text) and ``KEYS``; labelled_ms is
        NaN without a label.
    :param features: names in the order of the model's input.
    :param content_hash: sha256 of features and labels.
    :param from_ms: first payment that may be in it, UTC epoch milliseconds.
    :param to_ms: just after the last.
    :param known_at_ms: when the labels were read.
    :param source: what the bundle says about where it comes from.
    """

    frame: pd.DataFrame
    features: tuple[str, ...]
    content_hash: str
    from_ms: int
    to_ms: int
    known_at_ms: int
    labels: LabelAccount
    source: dict[str, Any]


def build_training_set(
    source: Source,
    path: Path,
    threads: int = 2,
    since_ms: int | None = None,
    until_ms: int | None = None,
) -> TrainingSet:
    """
    Take the features that the production SQL gives, and attach the labels known by then.

    :param path: where to write the Parquet file.
    :param since_ms: leave out older payments; None: the first 7 days.
    :param until_ms: the moment to learn at: what came later, payments and labels, is not known;
        None: as late as the source goes.
    :raises TrainingDataError: the history is too short.
    :raises TooFewLabelsError: no payment in the window is known to be fraud.
    """
    features = PAYMENTS.model_features
    check_is_no_identifier(features)
    known_at_ms = source.known_at_ms(until_ms)
    first_ms = source.first_ms()
    from_ms = first_ms + WARM_UP_DAYS * DAY_MS if since_ms is None else max(since_ms, first_ms)
    to_ms = known_at_ms - LABEL_DELAY_DAYS * DAY_MS
    # A window that somebody chose is counted when it is split.
    least_days = LEAST_DAYS if since_ms is None else 1
    if to_ms - from_ms < least_days * DAY_MS:
        days = max(0.0, (known_at_ms - first_ms) / DAY_MS) if first_ms else 0.0
        raise TrainingDataError(
            f"{source.name} has {days:.0f} days from its first payment on, training needs more "
            f"than {WARM_UP_DAYS + LABEL_DELAY_DAYS + LEAST_DAYS}",
            source.more,
        )
    connection = connect(threads)
    try:
        source.open(connection, from_ms, to_ms)
        set_label_cutoff(connection, from_ms, to_ms, known_at_ms)
        table = _query(connection, features).to_arrow_table()
        pairs = tuple(SourcePair(*row) for row in connection.view("label_sources").fetchall())
        account = LabelAccount(*_counts(connection, "label_account"), pairs)
    finally:
        connection.close()
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd")
    frame = _to_pandas(table)
    _check_labels(frame, account, source)
    return TrainingSet(
        frame=frame,
        features=features,
        content_hash=_content_hash(frame, features),
        from_ms=from_ms,
        to_ms=to_ms,
        known_at_ms=known_at_ms,
        labels=account,
        source=source.description,
    )


def _check_labels(frame: pd.DataFrame, account: LabelAccount, source: Source) -> None:
    if frame["label"].mean() > MOST_FRAUD:
        raise TooFewLabelsError(
            f"{frame['label'].mean():.0%} of {len(frame):,} payments are fraud by "
            f"{source.labels_name}",
            "check that is_fraud is not the wrong way round, and that genuine payments are there",
        )
    if frame["label"].any():
        return
    if frame["labelled_ms"].notna().any():
        raise TooFewLabelsError(
            f"all labels of {len(frame):,} payments in {source.labels_name} say genuine",
            "check that is_fraud is true where a payment was fraud",
        )
    if account.of_unknown_payments and frame["labelled_ms"].isna().all():
        raise TooFewLabelsError(
            f"none of the {account.events} labels in {source.labels_name} is of a payment in "
            f"{source.name}",
            "take labels and payments of the same origin: their transaction_id must agree",
        )
    raise TooFewLabelsError(
        f"{source.labels_name} holds no fraud known among {len(frame)} payments", source.more
    )


def _counts(connection: duckdb.DuckDBPyConnection, view: str) -> tuple[int, int, int, int]:
    events, contradicted, unknown, before = map(int, connection.view(view).fetchall()[0])
    return events, contradicted, unknown, before


def _query(
    connection: duckdb.DuckDBPyConnection, features: tuple[str, ...]
) -> duckdb.DuckDBPyRelation:
    labels = connection.view("labelled_payments")
    joined = connection.view("payment_features").join(labels, "transaction_id, card_id")
    columns = [
        f"CAST({name} AS {'VARCHAR' if name in CATEGORICAL else 'FLOAT'}) AS {name}"
        for name in features
    ]
    # The cents are wanted twice: as a float32 feature and exactly, to weigh decisions by money.
    keys = [f"amount_cents AS {name}" if name == "amount_cents_paid" else name for name in KEYS]
    return joined.project(", ".join([*columns, *keys])).order("event_ms, transaction_id, card_id")


def _to_pandas(table: pa.Table) -> pd.DataFrame:
    frame = table.to_pandas()
    frame["label"] = frame["label"].astype(np.int8)
    frame["labelled_ms"] = frame["labelled_ms"].astype(np.float64)
    return frame


def _content_hash(frame: pd.DataFrame, features: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for name in (*features, "label"):
        digest.update(name.encode())
        column = frame[name]
        if name in CATEGORICAL:
            digest.update("\n".join(column.fillna("").tolist()).encode())
        else:
            digest.update(np.ascontiguousarray(column.to_numpy()).tobytes())
    return digest.hexdigest()
