"""A week is decided by what was known when it began: nothing later changes its model."""

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")

import pandas as pd

from tests.training.small_world import DAY_MS, END_MS
from training.backtest.history import History
from training.backtest.run import Backtest, Plan, backtest
from training.backtest.walking import weeks
from training.data.world import open_world
from training.errors import TooFewLabelsError

# Tuesday; the small world ends there.
LAST_MS = END_MS
WEEK_MS = 7 * DAY_MS


@pytest.fixture(scope="module")
def walked(small_world: Path) -> Backtest:
    return backtest(Plan(open_world(small_world), "small", None, until_ms=LAST_MS))


def versions(found: Backtest) -> dict[int, str]:
    return {model.week_ms: model.scorer.version for model in found.week_models}


def test_each_week_has_a_model_that_knows_more(walked: Backtest) -> None:
    models = walked.week_models
    assert len(models) >= 2
    assert [model.week_ms for model in models[1:]] == [model.to_ms for model in models[:-1]]
    assert models[0].payments < models[-1].payments
    assert all(model.frauds >= 60 for model in models)
    assert len(set(versions(walked).values())) == len(models)
    assert walked.span.from_ms == models[0].week_ms
    assert walked.policies is None
    figures = walked.figures
    assert figures.total.payments == sum(week.payments for week in figures.weeks)
    # Better than chance by far, though the history is short.
    assert figures.ranked is not None and figures.ranked.average_precision > 0.3


def test_what_comes_later_changes_no_model(
    walked: Backtest, small_world: Path, tmp_path: Path
) -> None:
    own = Path(shutil.copytree(small_world, tmp_path / "world"))
    chosen = walked.week_models[1].week_ms
    labels = pd.read_parquet(own / "labels.parquet")
    later = labels["labelled_ms"] >= chosen
    assert later.any() and not later.all()
    # Later labels are taken back, and what is paid later is paid at another merchant.
    labels[~later].to_parquet(own / "labels.parquet")
    path = own / "payments" / "all.parquet"
    payments = pd.read_parquet(path)
    is_later = payments["event_ms"] >= chosen
    payments.loc[is_later, "merchant_id"] = "m000001"
    payments.loc[is_later, "amount_cents"] = 77_777
    payments.to_parquet(path)
    # One week more, in which the change does matter.
    until_ms = chosen + 2 * WEEK_MS
    other = versions(backtest(Plan(open_world(own), "changed", None, until_ms=until_ms)))
    before = versions(walked)
    known = [week for week in before if week <= chosen]
    assert len(known) == 2
    assert {week: other[week] for week in known} == {week: before[week] for week in known}
    assert other[chosen + WEEK_MS] != before[chosen + WEEK_MS]


def test_a_label_that_came_in_time_does_change_it(
    walked: Backtest, small_world: Path, tmp_path: Path
) -> None:
    own = Path(shutil.copytree(small_world, tmp_path / "world"))
    labels = pd.read_parquet(own / "labels.parquet")
    first = walked.week_models[0].week_ms
    known = labels.index[labels["labelled_ms"] < first - 30 * DAY_MS]
    labels.drop(known[:3]).to_parquet(own / "labels.parquet")
    other = versions(backtest(Plan(open_world(own), "changed", None, until_ms=first + WEEK_MS)))
    assert other[first] != versions(walked)[first]


def test_weeks_begin_on_monday() -> None:
    # 2029-12-31 is a Monday.
    monday = 1_893_369_600_000
    assert weeks(monday - DAY_MS, monday + WEEK_MS + 5) == [
        (monday - DAY_MS, monday),
        (monday, monday + WEEK_MS),
        (monday + WEEK_MS, monday + WEEK_MS + 5),
    ]


def test_the_delay_of_labels_is_measured_as_of_then(small_world: Path, tmp_path: Path) -> None:
    found = History(open_world(small_world), tmp_path)
    found.read_labels(21)
    # Labels come evenly within half a day to twelve days.
    assert found.label_delay_days(END_MS) in (11, 12)
    # By then fewer than a hundred were old enough.
    assert found.label_delay_days(END_MS - 30 * DAY_MS) == 21


def test_too_short_a_history_is_said(small_world: Path) -> None:
    first_ms = END_MS - 60 * DAY_MS
    plan: Any = Plan(
        open_world(small_world), "small", None, since_ms=first_ms, until_ms=first_ms + 20 * DAY_MS
    )
    with pytest.raises(TooFewLabelsError, match=r"no week can be decided .* has 0 known frauds"):
        backtest(plan)


def test_a_fixed_policy_goes_for_every_week(walked: Backtest, small_world: Path) -> None:
    policy = [
        {"channel": channel, "review_score": 1.0, "block_score": 1.0}
        for channel in ("pos", "online", "atm")
    ]
    plan = Plan(
        open_world(small_world),
        "small",
        None,
        policy=policy,
        since_ms=walked.week_models[-1].week_ms,
        until_ms=LAST_MS,
    )
    found = backtest(dataclasses.replace(plan))
    assert found.figures.total.alerts == 0
    assert found.policies == policy
