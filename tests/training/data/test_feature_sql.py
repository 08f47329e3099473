"""The production SQL in DuckDB: every payment once, unknown ones as in the stream."""

import shutil
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

import pandas as pd

from flink_jobs.pipelines import PAYMENTS
from flink_jobs.score_payments import JOB
from tests.training.small_world import DAY_MS, END_MS, write_small_world
from training.data.feature_sql import FILES, check_is_no_identifier, connect, run_files
from training.data.world import open_views, open_world
from training.errors import TrainingDataError, TrainingError


@pytest.fixture(scope="module")
def features(small_world: Path) -> pd.DataFrame:
    connection = connect()
    open_views(connection, open_world(small_world))
    return connection.view("payment_features").to_arrow_table().to_pandas()


def test_the_streams_own_files_are_run() -> None:
    for file in PAYMENTS.feature_files:
        assert FILES.count(JOB.path(file)) == 1


def test_every_payment_comes_out_once(features: pd.DataFrame, small_world: Path) -> None:
    payments = pd.read_parquet(small_world / "payments")
    assert sorted(features["transaction_id"]) == sorted(payments["transaction_id"])


def test_the_model_has_seen_unknown_what_may_be_unknown(features: pd.DataFrame) -> None:
    # Whatever order they came in, payments have their card's history.
    always_known = {"amount_cents", "channel"}
    always_known |= {name for name in JOB.model_features if name.startswith("card_")}
    # Of the payments before.
    always_known -= {"card_usual_cents_30d"}
    for name in JOB.model_features:
        assert features[name].notna().any(), name
        assert features[name].isna().any() == (name not in always_known), name


def test_the_payment_before_is_the_cards_last_one(features: pd.DataFrame) -> None:
    ordered = features.sort_values(["card_id", "event_ms"])
    expected = ordered.groupby("card_id")["event_ms"].shift()
    expected = expected.where(ordered["event_ms"] - expected <= 7 * DAY_MS)
    pd.testing.assert_series_equal(
        ordered["previous_ms"].astype("float64"), expected.astype("float64"), check_names=False
    )
    assert (features["came_behind_ms"] == 0).all()


def test_a_count_is_what_counting_by_hand_gives(features: pd.DataFrame) -> None:
    card = features[features["card_id"] == features["card_id"].iloc[0]]
    for row in card.tail(20).itertuples():
        day = card[card["event_ms"].between(row.event_ms - DAY_MS, row.event_ms)]
        assert row.card_txn_count_24h == len(day) - 1
        assert row.card_amount_cents_24h == day["amount_cents"].sum() - row.amount_cents


def test_of_the_same_millisecond_the_later_in_the_file_sees_the_earlier(
    small_world: Path, tmp_path: Path
) -> None:
    world = Path(shutil.copytree(small_world, tmp_path / "world"))
    file = world / "payments" / "all.parquet"
    payments = pd.read_parquet(file)
    payments["event_ms"] -= payments["event_ms"] % DAY_MS
    # Names in another order than the file's.
    payments["transaction_id"] = [f"p-{len(payments) - number}" for number in range(len(payments))]
    payments.to_parquet(file, index=False)
    with connect() as connection:
        open_views(connection, open_world(world))
        found = connection.view("payment_features").to_arrow_table().to_pandas()
    merged = payments[["transaction_id"]].merge(found, on="transaction_id", validate="one_to_one")
    assert sorted(merged["card_id"]) == sorted(payments["card_id"])
    same = merged.groupby(["card_id", "event_ms"])
    is_later = same.cumcount() > 0
    assert is_later.sum() > 1000
    assert (merged["previous_ms"][is_later] == merged["event_ms"][is_later]).all()
    assert (merged["card_txn_count_5m"] == same.cumcount()).all()


def test_too_many_payments_of_a_card_at_the_same_moment_are_said(tmp_path: Path) -> None:
    world = write_small_world(tmp_path / "world", cards=1, days=40, payments_per_day=100)
    file = world / "payments" / "all.parquet"
    pd.read_parquet(file).assign(event_ms=END_MS - 30 * DAY_MS).to_parquet(file, index=False)
    with (
        connect() as connection,
        pytest.raises(TrainingDataError, match="too many payments of a card"),
    ):
        open_views(connection, open_world(world))


def test_unknown_customers_and_merchants_leave_their_features_null(features: pd.DataFrame) -> None:
    stranger = features[~features["is_customer_known"]]
    assert 0.004 < len(stranger) / len(features) < 0.02
    assert stranger[["local_hour", "km_from_home", "account_age_days"]].isna().all(axis=None)
    assert features.loc[~features["is_merchant_known"], "merchant_category"].isna().all()


def test_no_feature_is_an_identifier() -> None:
    check_is_no_identifier([*JOB.model_features, "came_behind_ms"])


@pytest.mark.parametrize("name", ["card_id", "event_ms", "card_last4", "home_latitude"])
def test_an_identifier_among_the_features_is_refused(name: str) -> None:
    with pytest.raises(TrainingError, match=f"{name} is an identifier"):
        check_is_no_identifier(["amount_cents", name])


def test_sql_that_duckdb_cannot_read_is_named() -> None:
    with pytest.raises(TrainingError, match=r"training/payments_arrived\.sql does not run"):
        run_files(connect(), FILES[1:2])
