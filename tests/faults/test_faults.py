"""Whatever is killed, stopped, paused, filled or corrupted: no payment is lost, none is wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from swipestream.stack.orphaned_workers import orphaned_workers
from swipestream.verify.parity import run as parity
from swipestream.verify.reconcile import run as reconciling
from tests.faults.faults import Fault
from tests.faults.ground import Ground
from tests.faults.report import write
from tests.faults.traffic import DISORDER, Traffic
from tests.faults.watch import ON_THEIR_WAY_SECONDS, Result, suffer

pytestmark = [pytest.mark.stack, pytest.mark.disruptive, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def began_at() -> datetime:
    """With room for the payments that are dated back on purpose."""
    return datetime.now(UTC) - timedelta(seconds=DISORDER.late_seconds[1] + 60)


def test_it_heals_and_nothing_is_lost(
    fault: Fault,
    ground: Ground,
    traffic: Traffic,
    rate: float,
    results: list[Result],
    began_at: datetime,
) -> None:
    result = suffer(fault, ground, traffic)
    results.append(result)
    # After each, so that what was measured outlives an interrupted run.
    write(results, rate)
    assert result.is_clean, result


def test_all_of_it_together_is_right(ground: Ground, traffic: Traffic, began_at: datetime) -> None:
    """Those payments of every fault, too, whose own times are before it."""
    ledger = reconciling.reconcile(ground.settings, began_at, patience_seconds=ON_THEIR_WAY_SECONDS)
    assert ledger.is_complete, ledger
    report = parity.run(ground.settings, began_at, patience_seconds=ON_THEIR_WAY_SECONDS)
    assert report.is_clean, report.differences
    ground.wait(
        lambda: not orphaned_workers(ground.settings), "workers of dead TaskManagers are gone"
    )
