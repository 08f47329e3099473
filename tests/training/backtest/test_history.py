"""A history in parts has the features of the whole, and payments arrive as they are said to."""

import shutil
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

import pandas as pd
from pandas.testing import assert_frame_equal

from flink_jobs.pipelines import PAYMENTS
from training.backtest import history
from training.backtest.history import History
from training.data import world
from training.data.feature_sql import FILES, SQL_ROOT, connect
from training.data.world import open_views, open_world

KEYS = ["transaction_id", "card_id"]
COLUMNS = [*KEYS, *PAYMENTS.model_features]


def features(folder: Path, scratch: Path, is_in_file_order: bool = False) -> pd.DataFrame:
    """All payments of a world with their features, part by part."""
    scratch.mkdir()
    found = History(open_world(folder), scratch, is_in_file_order)
    found.read_labels(21)
    for number in range(found.facts.parts):
        found.compute_card_part(number)
    tables = []
    for number in found.merchant_parts():
        with found.merchant_part(number) as connection:
            tables.append(connection.view("payments_to_score").to_arrow_table().to_pandas())
    return pd.concat(tables)[COLUMNS].sort_values(KEYS, ignore_index=True)


def test_parts_give_what_the_whole_gives(
    small_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gaps = {SQL_ROOT / "training/lookup_gaps.sql": SQL_ROOT / "backtest/lookup_gaps.sql"}
    monkeypatch.setattr(world, "FILES", tuple(gaps.get(path, path) for path in FILES))
    monkeypatch.setattr(history, "PART_PAYMENTS", 9_000)
    connection = connect()
    open_views(connection, open_world(small_world))
    whole = connection.view("payment_features").project(", ".join(COLUMNS)).to_arrow_table()
    connection.close()
    parts = features(small_world, tmp_path / "scratch")
    assert len(list((tmp_path / "scratch" / "by_merchant").iterdir())) >= 4
    assert len(parts) > 30_000
    assert parts["merchant_fraud_rate_28d"].max() > 0
    assert_frame_equal(
        parts, whole.to_pandas().sort_values(KEYS, ignore_index=True), check_dtype=False
    )


@pytest.fixture
def own_world(small_world: Path, tmp_path: Path) -> Path:
    """A copy with the payments of ten cards."""
    folder = Path(shutil.copytree(small_world, tmp_path / "world"))
    path = folder / "payments" / "all.parquet"
    payments = pd.read_parquet(path)
    payments[payments["card_id"].isin([f"card{number}" for number in range(10)])].to_parquet(path)
    return folder


def test_only_the_first_row_of_a_payment_counts(own_world: Path, tmp_path: Path) -> None:
    before = features(own_world, tmp_path / "before")
    path = own_world / "payments" / "all.parquet"
    payments = pd.read_parquet(path)
    changed = payments.tail(20).assign(amount_cents=1)
    pd.concat([payments, payments.head(30), changed]).to_parquet(path)
    assert_frame_equal(features(own_world, tmp_path / "after"), before)


def test_in_the_order_of_the_file_a_late_row_is_no_history(own_world: Path, tmp_path: Path) -> None:
    path = own_world / "payments" / "all.parquet"
    payments = pd.read_parquet(path)
    of_card = payments.index[payments["card_id"] == "card3"]
    # A payment of two weeks before arrives last, and the first one when nobody keeps it any more.
    late, oldest = of_card[-30], of_card[0]
    rest = payments.drop([late, oldest])
    pd.concat([rest, payments.loc[[late, oldest]]]).to_parquet(path)
    by_time = features(own_world, tmp_path / "by_time").set_index("transaction_id")
    by_file = features(own_world, tmp_path / "by_file", is_in_file_order=True)
    by_file = by_file.set_index("transaction_id")
    name, after = (payments.loc[row, "transaction_id"] for row in (late, of_card[-29]))
    # It has its own past, and is missing from that of the next one.
    assert by_file.loc[name, "card_txn_count_7d"] == by_time.loc[name, "card_txn_count_7d"]
    assert by_file.loc[after, "card_txn_count_7d"] == by_time.loc[after, "card_txn_count_7d"] - 1
    assert payments.loc[oldest, "transaction_id"] not in by_file.index
    others = by_time.index.difference(payments.loc[of_card, "transaction_id"])
    # What the stream rejects does not count at its merchant either.
    of_cards = [column for column in COLUMNS if "card_" in column and column != "card_id"]
    assert_frame_equal(by_file.loc[others, of_cards], by_time.loc[others, of_cards])


def test_stored_merchant_risk_is_not_computed_again(own_world: Path, tmp_path: Path) -> None:
    names = ["txn_count", "fraud_rate", "mature_txn_count", "mature_fraud_rate"]
    columns = {f"{name}_{window}": [7] for name in names for window in ("1d", "7d", "28d")}
    pd.DataFrame(
        {
            "merchant_id": ["m000001"],
            "valid_from_ms": [0],
            **columns,
            "fraud_to_usual_28d": [1.5],
            "oldest_fraud_35d_ms": [1],
            "newest_fraud_ms": [2],
        }
    ).to_parquet(own_world / "merchant_risk.parquet")
    found = features(own_world, tmp_path / "scratch")
    payments = pd.read_parquet(own_world / "payments" / "all.parquet")
    at_it = payments.loc[payments["merchant_id"] == "m000001", "transaction_id"]
    is_at_it = found["transaction_id"].isin(at_it)
    assert is_at_it.any()
    assert (found.loc[is_at_it, "merchant_txn_count_28d"] == 7).all()
    assert found.loc[~is_at_it, "merchant_txn_count_28d"].isna().all()


def test_labels_are_counted_and_late_ones_are_unknown(own_world: Path, tmp_path: Path) -> None:
    payments = pd.read_parquet(own_world / "payments" / "all.parquet")
    end_ms = open_world(own_world).end_ms
    names = payments["transaction_id"].iloc[[1, 2, 3, 3]].tolist()
    times = payments["event_ms"].iloc[[1, 2, 3, 3]]
    labels = pd.DataFrame(
        {
            "transaction_id": [*names, "p-nobody"],
            "is_fraud": [True, True, True, False, True],
            "scenario": None,
            "labelled_ms": [times.iloc[0] - 1, end_ms + 1, *times.iloc[2:].add([5, 6]), 1],
        }
    )
    labels.to_parquet(own_world / "labels.parquet")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    found = History(open_world(own_world), scratch).read_labels(21)
    assert (found.count, found.matched_count, found.fraud_count) == (5, 4, 2)
    assert (found.later_count, found.untimed_count) == (1, 0)
    account = found.account
    assert (account.contradicted, account.of_unknown_payments) == (1, 1)
    assert account.before_the_payment == 1


def test_labels_without_a_time_get_one(own_world: Path, tmp_path: Path) -> None:
    payments = pd.read_parquet(own_world / "payments" / "all.parquet")
    last = payments.iloc[-1]
    labels = pd.DataFrame(
        {
            "transaction_id": [last["transaction_id"]],
            "is_fraud": [True],
            "scenario": None,
            "labelled_ms": pd.array([None], dtype="Int64"),
        }
    )
    labels.to_parquet(own_world / "labels.parquet")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    history_ = History(open_world(own_world), scratch)
    found = history_.read_labels(30)
    assert (found.untimed_count, found.later_count, found.fraud_count) == (1, 0, 1)
    kept = pd.read_parquet(scratch / "labels.parquet")
    assert kept["labelled_ms"].tolist() == [last["event_ms"] + 30 * 86_400_000]
