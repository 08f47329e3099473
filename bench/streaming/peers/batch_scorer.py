"""From a batch of payments with their history to rows for Postgres, in numpy and Arrow."""

import time
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.streaming.peers.card_history import History
from bench.streaming.peers.reference import (
    CUSTOMER_COLUMNS,
    NO_CUSTOMER,
    NO_MERCHANT,
    RISK_COLUMNS,
    Reference,
)
from udfs.category_codes import CategoryCodes
from udfs.model_bundle import read_bundle
from udfs.onnx_scorer import OnnxScorer

# Twice the radius of the earth in kilometers, as in payment_features.sql.
DIAMETER_KM = 12742.0176
TEXT, WHOLE, REAL = pa.string(), pa.int64(), pa.float64()
PAYMENT_TYPES = {
    "transaction_id": TEXT, "card_id": TEXT, "customer_id": TEXT, "merchant_id": TEXT,
    "amount_cents": WHOLE, "currency": TEXT, "channel": TEXT, "latitude": REAL, "longitude": REAL,
    "device_id": TEXT, "card_last4": TEXT, "event_ms": WHOLE,
}  # fmt: skip
PAYMENT_COLUMNS = tuple(PAYMENT_TYPES)
REAL_HISTORY = ("previous_latitude", "previous_longitude", "card_usual_cents_30d")
HISTORY_TYPES = {name: REAL if name in REAL_HISTORY else WHOLE for name in History._fields}
CUSTOMER_TYPES = dict(zip(CUSTOMER_COLUMNS, (REAL, REAL, TEXT, WHOLE, WHOLE, TEXT), strict=True))
MERCHANT_TYPES = {"merchant_category": TEXT, "merchant_country": TEXT}
RISK_TYPES = {
    f"merchant_{name}": REAL if "fraud_rate" in name or "to_usual" in name else WHOLE
    for name in RISK_COLUMNS
}
# Features that are whole numbers.
WHOLE_FEATURES = ("local_hour", "local_weekday", "is_night", "is_foreign", "is_usual_device")
DECISIONS = pa.array(("approve", "review", "block"))
PIPELINE_VERSION = "peer"

Numbers = np.ndarray[Any, Any]
Columns = dict[str, Any]

_of_payment = itemgetter(*PAYMENT_COLUMNS)


class Shelf:
    """Rows by name, for many lookups at once; the last row is for unknown names."""

    def __init__(
        self,
        rows: Mapping[str, tuple[Any, ...]],
        unknown: tuple[Any, ...],
        types: Mapping[str, pa.DataType],
        is_known: str,
    ) -> None:
        """:param is_known: column of the answer that tells whether the name has a row."""
        self._positions = {name: position for position, name in enumerate(rows)}
        columns = typed(types, zip(*rows.values(), unknown, strict=True))
        columns[is_known] = pa.array([True] * len(rows) + [False])
        self._table = pa.RecordBatch.from_pydict(columns)

    def columns(self, names: Iterable[str]) -> Columns:
        """One row for each name."""
        positions, unknown = self._positions, len(self._positions)
        found = self._table.take(pa.array([positions.get(name, unknown) for name in names], WHOLE))
        return dict(zip(found.schema.names, found.columns, strict=True))


class BatchScorer:
    """Scores batches; keeps nothing between them."""

    def __init__(self, reference: Reference, bundle: str) -> None:
        """:param bundle: folder of the model."""
        self._reference = reference
        self._customers = Shelf(
            reference.customers, NO_CUSTOMER, CUSTOMER_TYPES, "is_customer_known"
        )
        self._merchants = Shelf(
            reference.merchants, NO_MERCHANT, MERCHANT_TYPES, "is_merchant_known"
        )
        self._scorer = OnnxScorer(read_bundle(Path(bundle)))

    def rows(
        self,
        payments: Sequence[dict[str, Any]],
        histories: Sequence[History],
        places: Sequence[tuple[int, int, int]],
    ) -> pa.Table:
        """
        Features, scores and decisions of a batch.

        :param payments: messages as JSON has them.
        :param histories: one for each.
        :param places: of each message: partition, offset, Kafka's time in epoch milliseconds.
        :return: the columns of scored_payments, without those that the database fills.
        """
        of_payments = zip(*map(_of_payment, payments), strict=True)
        sent = dict(zip(PAYMENT_COLUMNS, of_payments, strict=True))
        partitions, offsets, arrived = zip(*places, strict=True)
        risks = map(self._reference.risk, sent["merchant_id"], sent["event_ms"])
        columns = {
            **typed(PAYMENT_TYPES, sent.values()),
            # Always, since they come in order of time.
            "came_behind_ms": pa.repeat(pa.scalar(0, WHOLE), len(payments)),
            **typed(HISTORY_TYPES, zip(*histories, strict=True)),
            **self._customers.columns(sent["customer_id"]),
            **self._merchants.columns(sent["merchant_id"]),
            **typed(RISK_TYPES, zip(*risks, strict=True)),
        }
        columns |= {
            name: pa.array(values, pa.int32() if name in WHOLE_FEATURES else REAL, from_pandas=True)
            for name, values in features(columns).items()
        }
        scores = self._scorer.score(self._matrix(columns)).astype(np.float64)
        policies = [self._reference.policies[channel] for channel in sent["channel"]]
        versions, review, block = (np.array(values) for values in zip(*policies, strict=True))
        decisions = (scores >= review).astype(np.int8) + (scores >= block)
        now = round(time.time() * 1000)
        columns |= {
            "score": pa.array(scores),
            "model_version": pa.repeat(self._scorer.version, len(payments)),
            "policy_version": pa.array(versions),
            "is_degraded": pa.repeat(False, len(payments)),
            "decision": DECISIONS.take(pa.array(decisions)),
            "pipeline_version": pa.repeat(PIPELINE_VERSION, len(payments)),
            "kafka_partition": pa.array(partitions, pa.int32()),
            "kafka_offset": pa.array(offsets, WHOLE),
            "event_time": moments(columns["event_ms"]),
            "arrived_at": moments(pa.array(arrived, WHOLE)),
            "scored_at": moments(pa.repeat(now, len(payments))),
        }
        return pa.table(columns)

    def _matrix(self, columns: Columns) -> Numbers:
        names = self._scorer.feature_names
        matrix = np.empty((len(columns["event_ms"]), len(names)), dtype=np.float32)
        for position, name in enumerate(names):
            codes = self._scorer.codes.get(position)
            values = columns[name]
            matrix[:, position] = floats(values) if codes is None else coded(values, codes)
        return matrix


def typed(types: Mapping[str, pa.DataType], columns: Iterable[Sequence[Any]]) -> Columns:
    """Columns of Python's values as Arrow's, by name."""
    return {
        name: pa.array(values, kind)
        for (name, kind), values in zip(types.items(), columns, strict=True)
    }


def floats(values: Any) -> Numbers:
    """As float64; None is NaN."""
    if isinstance(values, pa.Array):
        values = values.to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.float64)


def coded(texts: pa.Array, codes: CategoryCodes) -> Numbers:
    """The codes of texts; each different text is looked up once."""
    found = texts.dictionary_encode()
    different = [*found.dictionary.to_pylist(), None]
    by_position = np.array([codes[text] for text in different])
    # The last one is that of no text.
    numbers: Numbers = by_position[found.indices.fill_null(len(different) - 1).to_numpy()]
    return numbers


def moments(epoch_ms: pa.Array) -> pa.Array:
    """Epoch milliseconds as Postgres's timestamp(3)."""
    return epoch_ms.cast(pa.timestamp("ms"))


def features(columns: Mapping[str, Any]) -> Columns:
    """
    The computed columns of payment_features.sql.

    :param columns: of payments with history, customer and merchant: arrays, or lists with None for
        unknown.
    :return: float64 with NaN for unknown, each of shape (n,); local_hour, local_weekday and the
        flags hold whole numbers.
    """
    cents, event_ms = floats(columns["amount_cents"]), floats(columns["event_ms"])
    found: Columns = {}
    for window in ("5m", "24h", "7d"):
        count = floats(columns[f"card_txn_count_{window}"])
        total = floats(columns[f"card_amount_cents_{window}"])
        ratio = np.full(len(cents), np.nan)
        np.divide(cents * count, total, out=ratio, where=total != 0)
        found[f"amount_to_card_mean_{window}"] = ratio
    usual = floats(columns["card_usual_cents_30d"])
    found["amount_to_card_usual_30d"] = (cents + 1) / usual
    for window in ("7d", "14d"):
        largest = floats(columns[f"card_largest_cents_{window}"])
        found[f"largest_amount_to_card_usual_{window}"] = (largest + 1) / usual
    hours = np.floor((event_ms + floats(columns["utc_offset_minutes"]) * 60_000) / 3_600_000)
    found["local_hour"] = np.mod(hours, 24)
    # The epoch began on a Thursday.
    found["local_weekday"] = np.mod(np.floor(hours / 24) + 3, 7)
    found["is_night"] = unless_unknown(found["local_hour"] < 6, hours)
    latitude, longitude = floats(columns["latitude"]), floats(columns["longitude"])
    seconds = (event_ms - floats(columns["previous_ms"])) / 1000
    km = distance_km(
        *(latitude, longitude),
        *(floats(columns["previous_latitude"]), floats(columns["previous_longitude"])),
    )
    found["seconds_since_previous"] = seconds
    found["km_from_previous"] = km
    found["kmh_from_previous"] = km * 3600 / np.where(seconds < 1, 1, seconds)
    found["km_from_home"] = distance_km(
        *(latitude, longitude),
        *(floats(columns["home_latitude"]), floats(columns["home_longitude"])),
    )
    found["is_foreign"] = 1 - same(columns["merchant_country"], columns["home_country"])
    found["is_usual_device"] = same(columns["device_id"], columns["usual_device_id"])
    found["account_age_days"] = (event_ms - floats(columns["account_opened_ms"])) / 86_400_000
    newest = floats(columns["merchant_newest_fraud_ms"])
    found["merchant_days_since_fraud"] = (event_ms - newest) / 86_400_000
    oldest = floats(columns["merchant_oldest_fraud_35d_ms"])
    found["merchant_days_since_oldest_fraud_35d"] = (event_ms - oldest) / 86_400_000
    return found


def distance_km(latitude: Numbers, longitude: Numbers, other: Numbers, beside: Numbers) -> Numbers:
    """Haversine; all in degrees, shape (n,)."""
    haversine = np.sin(np.radians(latitude - other) / 2) ** 2 + np.cos(np.radians(other)) * np.cos(
        np.radians(latitude)
    ) * (np.sin(np.radians(longitude - beside) / 2) ** 2)
    kilometres: Numbers = DIAMETER_KM * np.arcsin(np.sqrt(np.minimum(haversine, 1)))
    return kilometres


def unless_unknown(condition: Numbers, of: Numbers) -> Numbers:
    """1 or 0; NaN where `of` is NaN."""
    return np.where(np.isnan(of), np.nan, condition.astype(np.float64))


def same(left: Any, right: Any) -> Numbers:
    """1 where both texts are the same, 0 where not, NaN if one is missing."""
    return floats(pc.equal(texts(left), texts(right)).cast(pa.int8()))


def texts(values: Any) -> pa.Array:
    """As an array of text."""
    return values if isinstance(values, pa.Array) else pa.array(values, TEXT)
