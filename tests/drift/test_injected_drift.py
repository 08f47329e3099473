"""What is made to drift is found and named within two days."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest

from bench.drift.injected import Days, lookup, make_days, nothing, prices, scam, wallet
from bench.drift.simulated_days import count_days, note_bins
from swipestream.drift.firing import Firing, firings
from swipestream.drift.readings import BinNames, Key, readings
from swipestream.drift.wording import described
from tests.drift.conftest import Database, midnight

VERSION = "m-1"


@pytest.fixture(scope="module")
def days() -> Days:
    return make_days(seed=3, customers=9_000, merchants=400, until=midnight())


def watch(database: Database, days: Days, drifted: pd.DataFrame) -> dict[Key, Firing]:
    """What fires after calm and drifted days."""
    note_bins(database, VERSION, days.told)
    shown = pd.concat([days.calm, drifted])
    count_days(database, VERSION, days.told["feature_bins"], shown)
    found = {key: firings(rows) for key, rows in readings(database, VERSION).items()}
    return {key: rows[-1] for key, rows in found.items() if rows}


@pytest.mark.parametrize(
    ("drift", "subject", "text", "kind"),
    [
        (wallet, "is_usual_device", "most of all up to 0: ", "drift"),
        (prices, "amount_cents", "amount_cents: stability index", "drift"),
        (scam, "merchant_category", "most of all gift_cards: 0.9% to 5.", "drift"),
        (lookup, "account_age_days", "most of all unknown: 0.0% to 100.0%", "data quality"),
    ],
)
def test_it_is_found_and_named_within_two_days(
    drift: Callable[[Days], pd.DataFrame],
    subject: str,
    text: str,
    kind: str,
    days: Days,
    database: Database,
) -> None:
    found = watch(database, days, drift(days))
    firing = found["feature", subject]
    assert firing.began_at == days.begin
    assert firing.fired_at == days.begin + timedelta(days=2)
    assert text in described(firing.reading, BinNames.of(database, VERSION))
    assert firing.reading.kind == kind
    # What has not moved is not named.
    assert ("feature", "seconds_since_previous") not in found


def test_a_lookup_that_returns_nothing_is_named_as_such(days: Days, database: Database) -> None:
    found = watch(database, days, lookup(days))
    firing = found["unknown customers", ""]
    assert firing.reading.kind == "data quality"
    assert described(firing.reading, BinNames.of(database, VERSION)) == (
        "unknown customers: 100.00%, usual is 0.00%"
    )
    assert ("unknown merchants", "") not in found


def test_without_drift_nothing_is_found(days: Days, database: Database) -> None:
    assert watch(database, days, nothing(days)) == {}


def test_few_payments_are_not_enough_to_tell(days: Days, database: Database) -> None:
    few = replace(days, calm=days.calm.iloc[::10])
    assert watch(database, few, prices(days).iloc[::10]) == {}
    rows = readings(database, VERSION)["feature", "amount_cents"]
    assert rows and not any(reading.is_enough for reading in rows)
