"""Precision and recall as the summary reports them."""

import pytest

from simulator.disorder import Account
from swipestream.demo.outcomes import Outcomes
from swipestream.demo.run import Report, telling
from swipestream.demo.truth import judge


def test_precision_and_recall() -> None:
    found = judge(["f1", "f2", "g1", "g2"], ["f1", "f2", "f3"])
    assert [found.precision, found.recall] == pytest.approx([0.5, 2 / 3])


def test_nothing_to_judge() -> None:
    found = judge([], [])
    assert (found.precision, found.recall) == (None, None)


def report(sent: int, lost: tuple[tuple[int, int], ...] = ()) -> Report:
    outcomes = Outcomes(scored=4, duplicates=3, conflicts=2, rejected=1)
    return Report(1.0, sent, Account(), outcomes, judge([], []), lost, (), {})


def test_complete_only_if_every_message_has_one_outcome() -> None:
    assert report(10).is_complete
    assert not report(11).is_complete
    assert not report(9).is_complete
    assert not report(10, lost=((0, 7),)).is_complete


def test_alerts_shown_are_of_different_channels() -> None:
    alerts: list[dict[str, object]] = [
        {"transaction_id": f"{channel}{n}", "channel": channel}
        for channel in ("pos", "online")
        for n in range(4)
    ]
    alerts.append({"transaction_id": "atm", "channel": "atm"})
    shown = [alert["transaction_id"] for alert in telling(alerts)]
    assert shown == ["online0", "online1", "pos0", "pos1", "atm"]
