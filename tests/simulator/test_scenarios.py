"""Scenario files: the built-in ones are sound, and a bad one says what is wrong with it."""

from pathlib import Path

import pytest

from simulator import World
from simulator.errors import ScenarioError
from simulator.scenarios import SCENARIO_DIR, read_scenario, read_scenarios
from tests.simulator.conftest import END_MS

GOOD = (SCENARIO_DIR / "card_testing.toml").read_text()


def test_the_built_in_ones() -> None:
    scenarios = read_scenarios()
    frauds = {scenario.name for scenario in scenarios if scenario.is_fraud}
    assert frauds == {
        "stolen_card_burst",
        "impossible_travel",
        "card_testing",
        "account_takeover",
        "compromised_merchant",
        "leaked_card",
    }
    assert any(not scenario.is_fraud for scenario in scenarios)


@pytest.mark.parametrize(
    ("old", "new", "fact"),
    [
        ("is_fraud = true", 'is_fraud = "yes"', "is_fraud = 'yes' is neither true nor false"),
        ("is_fraud = true\n", "", "is_fraud is missing"),
        ("weight = ", "weight = -", "weight = -"),
        ('name = "card_testing"', 'name = "other"', "name = 'other' is not the file's name"),
        ('rule = "growing"', 'rule = "shrinking"', "'shrinking' is none of"),
        ('"gaming"', '"tulips"', "has 'tulips', unknown"),
        ("online = 1.0", "telepathy = 1.0", "telepathy is none of pos, online, atm"),
        ("delay_hours = [24, 504]", "delay_hours = [504, 24]", "is not .least, most."),
        ("gap_seconds = [60, 2400]", "gaps = 5", "gap_seconds is missing"),
        ('merchant = "each"', 'merchant = "each"\ncolour = "red"', "colour is unknown"),
        ("chance = 0.8", "chance = 1.8", "chance = 1.8 is not between 0 and 1"),
        ("[begin]", "[begin", "is not TOML"),
        ("payments = [1, 2]", "payments = [0.5, 2]", "payments are not whole numbers"),
    ],
)
def test_a_bad_file_names_the_place(old: str, new: str, fact: str, tmp_path: Path) -> None:
    assert old in GOOD
    file = tmp_path / "card_testing.toml"
    file.write_text(
        GOOD.replace(old, new, 1) if old != "payments = [1, 2]" else GOOD.replace(old, new)
    )
    with pytest.raises(ScenarioError, match=fact) as caught:
        read_scenario(file)
    assert str(file) in caught.value.fact
    assert caught.value.hint


def test_a_folder_without_fraud(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="has no fraud scenario"):
        read_scenarios(tmp_path)


def test_a_scenario_of_your_own(tmp_path: Path) -> None:
    (tmp_path / "midnight_jewels.toml").write_text(
        """
name = "midnight_jewels"
description = "One dear piece, far away."
is_fraud = true
weight = 1

[label]
reasons = { chargeback = 1 }

[[phases]]
payments = [1, 1]
gap_seconds = [0, 0]
channels = { pos = 1 }
categories = ["jewelry"]
place = "abroad"
amount = { rule = "between", low_cents = 900000, high_cents = 900001 }
"""
    )
    world = World.generate(
        seed=1, customers=300, merchants=300, days=10, end_ms=END_MS,
        scenarios=read_scenarios(tmp_path),
    )  # fmt: skip
    frauds = world.payments.where(world.is_fraud)
    assert len(frauds) > 0
    assert set(frauds.amount_cents.tolist()) == {900_000}
    people, shops, cities = world.setting.people, world.setting.shops, world.setting.cities
    for customer, merchant in zip(frauds.customer, frauds.merchant, strict=True):
        assert shops.country[merchant] != cities.countries[people.city[customer]]
