"""The weeks: the book's own, nothing learned or chosen from what comes later."""

from datetime import UTC, datetime

import numpy as np
import pytest

pytest.importorskip("sklearn")

from bench.handbook.plan import QUICK, Plan
from bench.handbook.reference import reference_scores
from bench.handbook.simulator import START_MS, TERMINAL, Payments
from bench.handbook.weeks import Weeks
from training.measure.prequential import DAY_MS


def date(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%d %b}"


@pytest.fixture(scope="module")
def weeks(payments: Payments) -> Weeks:
    return Weeks(payments, end_day=50, count=1)


def test_the_test_weeks_are_the_books(payments: Payments) -> None:
    weeks = Weeks(payments, Plan().end_day, Plan().weeks)
    assert [date(fold.test.from_ms) for fold in weeks.tests] == [
        *("18 Jul", "25 Jul", "01 Aug", "08 Aug"),
    ]
    assert date(weeks.tests[-1].train.from_ms) == "25 Jul"
    assert date(weeks.validations[-1].test.to_ms) == "11 Jul"


@pytest.mark.parametrize("plan", [Plan(), QUICK], ids=["full", "quick"])
def test_choosing_is_over_before_measuring_begins(plan: Plan, payments: Payments) -> None:
    weeks = Weeks(payments, plan.end_day, plan.weeks)
    begin = weeks.tests[0].test.from_ms
    for fold in weeks.validations:
        assert fold.test.to_ms + 7 * DAY_MS <= begin
        assert fold.train.from_ms >= START_MS


@pytest.mark.parametrize("days", [7, 28, 1000])
def test_labels_learnt_from_are_known_when_the_week_begins(weeks: Weeks, days: int) -> None:
    (fold,) = weeks.tests
    times = weeks.payments.event_ms[weeks.train_rows(fold, days)]
    assert (times + 7 * DAY_MS <= fold.test.from_ms).all()
    assert times.max() - times.min() < days * DAY_MS


def test_known_cards_are_out_and_only_they(weeks: Weeks) -> None:
    (fold,) = weeks.tests
    payments, kept = weeks.payments, weeks.test_rows(fold)
    asked = fold.test.rows(payments.event_ms)
    for row in asked[:: len(asked) // 50]:
        past = (payments.event_ms >= fold.train.from_ms) & (payments.card == payments.card[row])
        midnight = payments.event_ms[row] // DAY_MS * DAY_MS
        known = past & (payments.event_ms + 7 * DAY_MS <= midnight)
        assert (row in kept) != payments.label[known].any()
    assert 0 < len(kept) < len(asked)


def test_the_reference_misses_only_terminals_nobody_has_complained_about(weeks: Weeks) -> None:
    payments = weeks.payments
    rows = weeks.test_rows(weeks.tests[0])
    scores = reference_scores(payments, rows)
    assert (payments.label[rows][scores == 1] == 1).all()
    missed = rows[(payments.label[rows] == 1) & (scores == 0)]
    assert len(missed) and (payments.scenario[missed] == TERMINAL).all()
    for row in missed:
        here = (payments.terminal == payments.terminal[row]) & (payments.scenario == TERMINAL)
        age_ms = payments.event_ms[row] - payments.event_ms[here]
        assert not ((age_ms > 7 * DAY_MS + DAY_MS // 24) & (age_ms < 27 * DAY_MS)).any()
    found = rows[scores == 1]
    assert (payments.scenario[found] == TERMINAL).any()
    assert np.array_equal(scores, reference_scores(payments, rows))
