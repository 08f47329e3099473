"""The production SQL in DuckDB: every payment once, late and unknown ones as in the stream."""

from pathlib import Path

import pytest

pytest.importorskip("lightgbm")

import pandas as pd

from flink_jobs.score_payments import JOB
from training.errors import TrainingError
from training.feature_sql import FILES, check_is_no_identifier, connect, open_views, run_files
from training.world import open_world

HISTORY_FEATURES = [name for name in JOB.model_features if name.startswith(("card_", "km_from_p"))]


@pytest.fixture(scope="module")
def features(small_world: Path) -> pd.DataFrame:
    connection = connect()
    open_views(connection, open_world(small_world))
    return connection.view("payment_features").to_arrow_table().to_pandas()


def test_the_streams_own_files_are_run() -> None:
    for file in JOB.tables_and_views:
        if file.startswith("features/"):
            assert JOB.path(file) in FILES


def test_every_payment_comes_out_once(features: pd.DataFrame, small_world: Path) -> None:
    payments = pd.read_parquet(small_world / "payments")
    assert sorted(features["transaction_id"]) == sorted(payments["transaction_id"])


def test_the_model_has_seen_every_feature_unknown(features: pd.DataFrame) -> None:
    always_known = {"amount_cents", "channel"}
    for name in JOB.model_features:
        if name not in always_known:
            assert features[name].isna().any(), name
            assert features[name].notna().any(), name


def test_late_payments_have_no_history_and_are_in_nobodys(features: pd.DataFrame) -> None:
    late = features[features["is_late"]]
    assert 0.01 < len(late) / len(features) < 0.04
    assert late[HISTORY_FEATURES].isna().all(axis=None)
    in_time = features[~features["is_late"]].sort_values(["card_id", "event_ms"])
    expected = in_time.groupby("card_id")["event_ms"].shift()
    pd.testing.assert_series_equal(
        in_time["previous_ms"].astype("float64"), expected.astype("float64"), check_names=False
    )


def test_a_count_is_what_counting_by_hand_gives(features: pd.DataFrame) -> None:
    in_time = features[~features["is_late"]]
    card = in_time[in_time["card_id"] == in_time["card_id"].iloc[0]]
    for row in card.tail(20).itertuples():
        day = card[card["event_ms"].between(row.event_ms - 86_400_000, row.event_ms)]
        assert row.card_txn_count_24h == len(day) - 1
        assert row.card_amount_cents_24h == day["amount_cents"].sum() - row.amount_cents


def test_unknown_customers_and_merchants_leave_their_features_null(features: pd.DataFrame) -> None:
    stranger = features[~features["is_customer_known"]]
    assert 0.004 < len(stranger) / len(features) < 0.02
    assert stranger[["local_hour", "km_from_home", "account_age_days"]].isna().all(axis=None)
    assert features.loc[~features["is_merchant_known"], "merchant_category"].isna().all()


def test_no_feature_is_an_identifier() -> None:
    check_is_no_identifier(JOB.model_features)


@pytest.mark.parametrize("name", ["card_id", "event_ms", "card_last4", "home_latitude"])
def test_an_identifier_among_the_features_is_refused(name: str) -> None:
    with pytest.raises(TrainingError, match=f"{name} is an identifier"):
        check_is_no_identifier(["amount_cents", name])


def test_sql_that_duckdb_cannot_read_is_named() -> None:
    with pytest.raises(TrainingError, match=r"training/transactions\.sql does not run in DuckDB"):
        run_files(connect(), FILES[1:2])
