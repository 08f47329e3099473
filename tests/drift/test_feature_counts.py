"""The roll-up counts each payment once, in the bin that training would put it in."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.drift.simulated_days import note_bins
from swipestream.database import dashboard_schema
from tests.drift.conftest import Database, days_ago
from tests.drift.stored_payments import store
from training.card.feature_facts import feature_bins, shares_in
from training.measure.stability import stability_index

VERSION = "m-1"
COUNTS = (
    "SELECT feature, bin_number, SUM(payment_count)::integer FROM dashboards.feature_counts "
    "WHERE model_version = %s GROUP BY feature, bin_number ORDER BY feature, bin_number"
)
DRIFT = (
    "SELECT psi, unknown_share, unseen_share, moved_bin, payment_count FROM "
    "dashboards.feature_drift WHERE feature = %s AND model_version = %s"
)
BINS: dict[str, Any] = {
    "amount_cents": {"unknown": 0.0, "edges": [100.0, 200.0], "shares": [0.2, 0.3, 0.5]},
    "km_from_home": {"unknown": 0.4, "edges": [0.5], "shares": [0.3, 0.3]},
    "channel": {"unknown": 0.0, "shares": {"online": 0.5, "pos": 0.5}},
}
MANIFEST = {"feature_bins": BINS, "features": [], "score_bins": {
    "unknown": 0.0, "edges": [0.5], "shares": [0.9, 0.1],
}}  # fmt: skip


def counts(database: Database, version: str = VERSION) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    for feature, number, count in database.execute(COUNTS, [version]):
        found.setdefault(feature, {})[number] = count
    return found


def payments() -> list[dict[str, Any]]:
    """Values on, below and above the edges, unknown ones, and a text that training never saw."""
    at = days_ago(2)
    amounts, distances = (100, 101, 200, 201, 5), (None, 0.5, 0.500001, None, 7)
    return [
        {
            "event_time": at + timedelta(minutes=number),
            "amount_cents": amount,
            "km_from_home": distance,
            "channel": ("online", "pos", "carrier pigeon", "pos", "online")[number],
            "score": (0.5, 0.4, 0.6, 0.1, None)[number],
        }
        for number, (amount, distance) in enumerate(zip(amounts, distances, strict=True))
    ]


def test_a_bin_ends_with_its_right_edge(database: Database) -> None:
    note_bins(database, VERSION, MANIFEST)
    store(database, payments())
    dashboard_schema.refresh(database)
    assert counts(database) == {
        "amount_cents": {1: 2, 2: 2, 3: 1},
        "km_from_home": {0: 2, 1: 1, 2: 2},
        "channel": {1: 2, 2: 2, 3: 1},
        "score": {0: 1, 1: 3, 2: 1},
    }


def test_another_refresh_counts_only_what_is_new(database: Database) -> None:
    note_bins(database, VERSION, MANIFEST)
    store(database, payments())
    dashboard_schema.refresh(database)
    dashboard_schema.refresh(database)
    assert sum(counts(database)["channel"].values()) == 5
    store(database, [{"event_time": days_ago(1), "transaction_id": "late", "channel": "atm"}])
    database.execute("UPDATE dashboards.feature_frontier SET stored_up_to = %s", [days_ago(1.5)])
    dashboard_schema.refresh(database)
    assert sum(counts(database)["channel"].values()) == 6


def test_bins_that_are_noted_late_count_from_the_first_payment_on(database: Database) -> None:
    store(database, payments())
    dashboard_schema.refresh(database)
    assert counts(database) == {}
    note_bins(database, VERSION, MANIFEST)
    dashboard_schema.refresh(database)
    assert sum(counts(database)["channel"].values()) == 5


def test_payments_from_before_a_models_promotion_are_not_looked_through(
    database: Database,
) -> None:
    note_bins(database, VERSION, MANIFEST)
    store(database, payments())
    # The table is only added to.
    with database.transaction(force_rollback=True):
        database.execute(
            "INSERT INTO model_changes (change_number, actor, action, to_version, why, is_forced, "
            "changed_at) VALUES (1, 'anna', 'promote', %s, 'it is better', FALSE, %s)",
            [VERSION, days_ago(1)],
        )
        dashboard_schema.refresh(database)
        assert counts(database) == {}
    dashboard_schema.refresh(database)
    assert sum(counts(database)["channel"].values()) == 5


def test_each_model_has_its_own_bins(database: Database) -> None:
    other = MANIFEST | {"feature_bins": {"amount_cents": {
        "unknown": 0.0, "edges": [1000.0], "shares": [0.5, 0.5],
    }}}  # fmt: skip
    note_bins(database, VERSION, MANIFEST)
    note_bins(database, "m-2", other)
    rows = payments()
    rows[0]["model_version"] = "m-2"
    store(database, rows)
    dashboard_schema.refresh(database)
    assert counts(database, "m-2")["amount_cents"] == {1: 1}
    assert sum(counts(database)["amount_cents"].values()) == 4


def test_the_index_is_the_one_that_training_computes(database: Database) -> None:
    rng = np.random.default_rng(4)
    trained = pd.DataFrame(
        {
            "amount_cents": np.round(rng.lognormal(8, 1, 4000)),
            "km_from_home": np.where(rng.random(4000) < 0.3, np.nan, rng.exponential(9, 4000)),
            "channel": rng.choice(["pos", "online"], 4000),
        }
    )
    now = pd.DataFrame(
        {
            "amount_cents": np.round(rng.lognormal(8.4, 1, 600)),
            "km_from_home": np.where(rng.random(600) < 0.5, np.nan, rng.exponential(5, 600)),
            "channel": rng.choice(["pos", "online", "atm"], 600),
        }
    )
    # As training sees them, in single precision.
    trained["km_from_home"] = trained["km_from_home"].astype(np.float32).astype(np.float64)
    bins = feature_bins(trained, list(trained.columns))
    note_bins(database, VERSION, {"feature_bins": bins, "features": []})
    at = days_ago(2)
    rows = [
        {
            "amount_cents": int(row["amount_cents"]),
            "km_from_home": None if np.isnan(row["km_from_home"]) else row["km_from_home"],
            "channel": row["channel"],
        }
        for row in now.to_dict("records")
    ]
    store(
        database,
        [row | {"event_time": at + timedelta(seconds=n)} for n, row in enumerate(rows)],
    )
    dashboard_schema.refresh(database)
    for name, one in bins.items():
        shares = shares_in(one, now[name])
        known = one["shares"]
        listed = list(known.values()) if isinstance(known, dict) else known
        expected = stability_index(np.array([one["unknown"], *listed, 0.0]), shares)
        psi, unknown, unseen, moved, count = database.execute(
            DRIFT, [name, VERSION]
        ).fetchone() or (0, 0, 0, 0, 0)
        assert count == 600
        assert psi == pytest.approx(expected)
        assert (unknown, unseen or 0.0) == pytest.approx((shares[0], shares[-1]))
        assert 0 <= moved < len(shares)


def test_a_busy_day_is_sampled_by_the_identifiers(database: Database) -> None:
    # As if the day before had ten times as many payments as are needed.
    note_bins(database, VERSION, MANIFEST)
    at = days_ago(2)
    store(
        database,
        [{"event_time": at + timedelta(seconds=number)} for number in range(3000)],
    )
    database.execute(
        "INSERT INTO dashboards.score_counts VALUES "
        "(%s, 'champion', 'm-1', 'none', 1, FALSE, 200000, 0, 0)",
        [days_ago(3)],
    )
    dashboard_schema.refresh(database)
    counted = sum(counts(database)["channel"].values())
    assert 230 < counted < 380
    placed = database.execute(
        "SELECT COUNT(*) FROM scored_payments WHERE dashboards.sample_place(transaction_id) < 0.1"
    ).fetchone()
    assert placed == (counted,)
