"""Merchant risk in the training set: of the payment's hour, from what was known by then."""

import shutil
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

import pandas as pd

from training.data.feature_sql import connect
from training.data.world import open_views, open_world

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
RISK = ["merchant_txn_count_7d", "merchant_fraud_rate_7d", "merchant_newest_fraud_ms"]


@pytest.fixture
def own_world(small_world: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_world, tmp_path / "world"))


def features(world: Path) -> pd.DataFrame:
    connection = connect()
    open_views(connection, open_world(world))
    view = connection.view("payment_features")
    columns = ", ".join(["transaction_id", "merchant_id", "event_ms", *RISK])
    return view.project(columns).to_arrow_table().to_pandas().set_index("transaction_id")


def test_a_planted_label_is_seen_from_its_hour_on_and_not_before(own_world: Path) -> None:
    before = features(own_world)
    # Halfway, so that there are payments of the merchant on both sides of the label.
    planted = before.sort_values("event_ms").iloc[len(before) // 2]
    labelled_ms = int(planted["event_ms"]) + 2 * DAY_MS
    path = own_world / "labels.parquet"
    row = {"is_fraud": True, "reason": "planted", "scenario": "planted", "source": "test"}
    row |= {"transaction_id": planted.name, "event_ms": planted["event_ms"]}
    labels = pd.concat([pd.read_parquet(path), pd.DataFrame([row | {"labelled_ms": labelled_ms}])])
    labels.to_parquet(path)
    after = features(own_world).loc[before.index]
    changed = after[RISK].ne(before[RISK]) & ~(after[RISK].isna() & before[RISK].isna())
    known_ms = -(-labelled_ms // HOUR_MS) * HOUR_MS
    asked_ms = (before["event_ms"] - 600_000) // HOUR_MS * HOUR_MS
    may_know = (before["merchant_id"] == planted["merchant_id"]) & (asked_ms >= known_ms)
    assert not changed[~may_know].any(axis=None)
    assert changed[may_know].any(axis=None)


def test_the_risk_is_what_counting_gives(small_world: Path) -> None:
    found = features(small_world)
    labels = pd.read_parquet(small_world / "labels.parquet").set_index("transaction_id")
    found["labelled_ms"] = labels["labelled_ms"]
    known = found[found["merchant_txn_count_7d"].notna()]
    for row in known.sample(40, random_state=1).itertuples():
        hour_ms = (row.event_ms - 600_000) // HOUR_MS * HOUR_MS
        paid = found[(found["merchant_id"] == row.merchant_id) & (found["event_ms"] <= hour_ms)]
        frauds = paid[paid["labelled_ms"] <= hour_ms]
        week = paid["event_ms"] > hour_ms - 7 * DAY_MS
        assert row.merchant_txn_count_7d == week.sum()
        if week.sum():
            share = (frauds["event_ms"] > hour_ms - 7 * DAY_MS).sum() / week.sum()
            assert row.merchant_fraud_rate_7d == pytest.approx(share)
        newest = frauds["event_ms"].max()
        if newest > hour_ms - 90 * DAY_MS:
            assert row.merchant_newest_fraud_ms == newest
        else:
            assert pd.isna(row.merchant_newest_fraud_ms)


def test_the_risk_of_one_payment_in_a_hundred_stays_unknown(small_world: Path) -> None:
    found = features(small_world)
    later = found[found["event_ms"] > found["event_ms"].min() + 30 * DAY_MS]
    assert 0.004 < later["merchant_txn_count_7d"].isna().mean() < 0.02
