"""Habits that change while a stream goes on, and frauds that begin in it."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from simulator import World, live_payments
from simulator.drift import Change, Drift, Newcomer, changed, known_habits, read_drift
from simulator.errors import DriftFileError, ScenarioError
from simulator.habits import load_habits
from simulator.live import LivePayment
from simulator.scenarios import SCENARIO_DIR, read_scenario
from tests.simulator.conftest import END_MS

START_MS = END_MS + 5_000
SECOND_MS = 1000
SCENARIO = """
name = "sudden"
description = "A fraud that is new."
is_fraud = true
weight = 300
label = { reasons = { chargeback = 1.0 } }
[[phases]]
payments = [1, 1]
gap_seconds = [1, 2]
channels = { online = 1.0 }
categories = ["gaming"]
merchant = "target"
amount = { rule = "between", low_cents = 100, high_cents = 200 }
"""


@pytest.fixture(scope="module")
def world() -> World:
    return World.generate(seed=5, customers=8000, merchants=600, days=5, end_ms=END_MS)


def minute(world: World, drift: Drift | None) -> list[LivePayment]:
    stream = live_payments(world, START_MS, rate=100, drift=drift)
    return list(itertools.islice(stream, 6000))


def test_until_then_the_stream_is_the_same(world: World) -> None:
    later = Drift((Change(40 * SECOND_MS, "amounts", 3.0),))
    before, after = minute(world, None), minute(world, later)
    same = [one == other for one, other in zip(before, after, strict=True)]
    # Outings are made some seconds in advance.
    assert all(same[:3500]) and not all(same[4500:])


def test_a_habit_changes_by_its_factor(world: World) -> None:
    calm = minute(world, None)
    high = minute(world, Drift((Change(0, "amounts", 3.0),)))
    ordinary = [[p for p in stream if p.scenario is None] for stream in (calm, high)]
    mean, other = (
        np.median([json.loads(payment.value)["amount_cents"] for payment in stream])
        for stream in ordinary
    )
    assert other / mean == pytest.approx(3, rel=0.15)


def test_a_fraud_begins_at_its_time_at_its_shop(world: World, tmp_path: Path) -> None:
    (tmp_path / "sudden.toml").write_text(SCENARIO)
    scenario = read_scenario(tmp_path / "sudden.toml")
    sent = minute(world, Drift(newcomers=(Newcomer(30 * SECOND_MS, scenario),)))
    found = [payment for payment in sent if payment.scenario == "sudden"]
    assert all(payment.is_fraud for payment in found)
    assert START_MS + 30_000 <= found[0].event_ms < START_MS + 34_000
    # 300 of the weight of all others is 0.7 percent.
    weight = sum(item.weight for item in world.scenarios if item.is_fraud)
    assert len(found) == pytest.approx(3000 * 0.007 * 300 / weight, rel=0.3)
    assert len({json.loads(payment.value)["merchant_id"] for payment in found}) == 1
    others = {payment.scenario for payment in sent if payment.is_fraud} - {"sudden"}
    assert len(others) >= 5


def test_a_file_says_what_changes(tmp_path: Path) -> None:
    (tmp_path / "sudden.toml").write_text(SCENARIO)
    file = tmp_path / "drift.toml"
    file.write_text(
        '[[habits]]\nafter = "1.5m"\nhabit = "online"\nfactor = 2\n'
        '[[scenarios]]\nafter = "2h"\nfile = "sudden.toml"\n'
    )
    found = read_drift(file)
    assert found.changes == (Change(90_000, "online", 2.0),)
    assert [(one.after_ms, one.scenario.name) for one in found.newcomers] == [(7_200_000, "sudden")]


@pytest.mark.parametrize("habit", sorted(known_habits()))
def test_every_habit_can_change(habit: str) -> None:
    before = load_habits()
    assert repr(changed(before, habit, 1.5)) != repr(before)


def test_a_share_stays_a_share() -> None:
    habits = changed(changed(load_habits(), "devices.new_share", 1e6), "online", 1e6)
    assert habits.devices["new_share"] < 1
    assert (habits.online <= 1).all()


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("", "nothing changes"),
        ("habits = 3", "habits is not a list of tables"),
        ('[[habits]]\nhabit = "sleep"\nfactor = 2', "habits[1].habit = 'sleep' is none of"),
        ('[[habits]]\nhabit = "amounts"', "habits[1].factor is missing"),
        ('[[habits]]\nafter = "soon"\nhabit = "amounts"\nfactor = 2', "after = 'soon' is not a"),
        ('[[habits]]\nhabit = "amounts"\nfactor = 2\nmore = 1', "habits[1].more is unknown"),
        ("[[weather]]", "weather is unknown"),
        ("[habits", "is not TOML"),
    ],
)
def test_a_mistake_is_one_line(text: str, fact: str, tmp_path: Path) -> None:
    file = tmp_path / "drift.toml"
    file.write_text(text)
    with pytest.raises(DriftFileError) as error:
        read_drift(file)
    assert fact in error.value.fact and "\n" not in error.value.fact
    assert "docs/simulator.md" in error.value.hint


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DriftFileError, match="does not exist"):
        read_drift(tmp_path / "nothing.toml")


def test_a_fraud_that_needs_a_breach_cannot_begin_in_a_stream(tmp_path: Path) -> None:
    file = tmp_path / "drift.toml"
    file.write_text(f'[[scenarios]]\nfile = "{SCENARIO_DIR}/compromised_merchant.toml"\n')
    with pytest.raises(DriftFileError, match=r"needs victim\.rule any_card"):
        read_drift(file)


def test_one_shop_for_all_needs_goods_and_the_internet(tmp_path: Path) -> None:
    file = tmp_path / "sudden.toml"
    file.write_text(SCENARIO.replace("online = 1.0", "online = 0.5, pos = 0.5"))
    with pytest.raises(ScenarioError, match='merchant = "target" needs a list of categories'):
        read_scenario(file)
