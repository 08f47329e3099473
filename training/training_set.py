"""The training set: features and labels of a world's payments, as one Parquet file with a hash."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from flink_jobs.score_payments import JOB
from training.errors import TooFewLabelsError, WorldError
from training.feature_sql import check_is_no_identifier, connect, open_views, set_label_cutoff
from training.prequential import DAY_MS
from training.world import World

# Trailing windows reach back 7 days; before that a card's history is shorter than in the stream.
WARM_UP_DAYS = 7
# Nine in ten complaints have arrived after three weeks; a younger payment without one says nothing.
LABEL_DELAY_DAYS = 21
CATEGORICAL = ("channel", "merchant_category")
KEYS = ("transaction_id", "card_id", "event_ms", "amount_cents_paid", "scenario", "label")


@dataclass(frozen=True)
class TrainingSet:
    """
    Payments in order of time, ready to be split.

    :param frame: the features by name (float32, categoricals as text) and ``KEYS``.
    :param features: names in the order of the model's input.
    :param content_hash: sha256 of features and labels.
    :param from_ms: first payment that may be in it, UTC epoch milliseconds.
    :param to_ms: just after the last.
    :param known_at_ms: when the labels were read.
    """

    frame: pd.DataFrame
    features: tuple[str, ...]
    content_hash: str
    from_ms: int
    to_ms: int
    known_at_ms: int


def build_training_set(world: World, path: Path, threads: int = 2) -> TrainingSet:
    """
    Compute the features with the production SQL and attach the labels known by the world's end.

    :param path: where to write the Parquet file.
    :raises WorldError: the history is too short.
    :raises TooFewLabelsError: no payment in the window is known to be fraud.
    """
    features = JOB.model_features
    check_is_no_identifier(features)
    connection = connect(threads)
    try:
        open_views(connection, world)
        first_ms = _first_ms(connection)
        from_ms = first_ms + WARM_UP_DAYS * DAY_MS
        to_ms = world.end_ms - LABEL_DELAY_DAYS * DAY_MS
        if to_ms - from_ms < DAY_MS:
            days = (world.end_ms - first_ms) / DAY_MS
            raise WorldError(
                f"{world.folder} has {days:.0f} days of payments, training needs more than "
                f"{WARM_UP_DAYS + LABEL_DELAY_DAYS + 1}",
                "simulate more days: `swipestream simulate world --days 90`",
            )
        set_label_cutoff(connection, from_ms, to_ms, world.end_ms)
        table = _query(connection, features).to_arrow_table()
    finally:
        connection.close()
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd")
    frame = _to_pandas(table)
    if not frame["label"].any():
        raise TooFewLabelsError(
            f"{world.labels} holds no fraud known among {len(frame)} payments",
            "simulate more days or more customers: `swipestream simulate world --help`",
        )
    return TrainingSet(
        frame=frame,
        features=features,
        content_hash=_content_hash(frame, features),
        from_ms=from_ms,
        to_ms=to_ms,
        known_at_ms=world.end_ms,
    )


def _first_ms(connection: duckdb.DuckDBPyConnection) -> int:
    found = connection.view("world_payments").min("event_ms").fetchall()
    return int(found[0][0] or 0)


def _query(
    connection: duckdb.DuckDBPyConnection, features: tuple[str, ...]
) -> duckdb.DuckDBPyRelation:
    labels = connection.view("labelled_payments")
    joined = connection.view("payment_features").join(labels, "transaction_id")
    columns = [
        f"CAST({name} AS {'VARCHAR' if name in CATEGORICAL else 'FLOAT'}) AS {name}"
        for name in features
    ]
    # The cents are wanted twice: as a float32 feature and exactly, to weigh decisions by money.
    keys = [f"amount_cents AS {name}" if name == "amount_cents_paid" else name for name in KEYS]
    return joined.project(", ".join([*columns, *keys])).order("event_ms, transaction_id")


def _to_pandas(table: pa.Table) -> pd.DataFrame:
    frame = table.to_pandas()
    frame["label"] = frame["label"].astype(np.int8)
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
