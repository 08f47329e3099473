"""A changed job goes live while payments flow: with its state, and by a rebuild."""

import dataclasses
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flink_jobs.job import SQL_ROOT
from flink_jobs.score_payments import JOB
from swipestream.console.progress import StepDisplay
from swipestream.errors import JobError
from swipestream.jobs import cluster_jobs, ending, recorded_plan, saved_states
from swipestream.jobs.upgrade import savepoints
from swipestream.jobs.upgrade.rehearsal import rehearsal
from swipestream.jobs.upgrade.run import Upgrade, run
from swipestream.settings import Settings
from swipestream.verify.parity.run import run as parity
from swipestream.verify.reconcile.run import reconcile
from tests.eventually import eventually
from tests.pipeline.conftest import Pipeline

pytestmark = pytest.mark.stack

CARDS = 15
# A decision nobody reaches here: what comes after the windows.
DECISION = (
    "decide/payments_decided",
    "WHEN policy_version IS NULL THEN 'review'",
    "WHEN policy_version IS NULL THEN 'block'",
)
# One window more over a column that cards keep already, and the same counts.
LARGEST = (
    "history/card_activity",
    "CAST(COUNT(*) OVER last_24h - 1 AS INT) AS",
    "CAST(CASE WHEN MAX(amount_cents) OVER last_24h >= 0 "
    "THEN COUNT(*) OVER last_24h - 1 END AS INT) AS",
)
# The same over a column that they do not keep.
DEVICES = (
    "history/card_activity",
    "CAST(COUNT(*) OVER last_24h - 1 AS INT) AS",
    "CAST(CASE WHEN COUNT(device_id) OVER last_24h >= 0 "
    "THEN COUNT(*) OVER last_24h - 1 END AS INT) AS",
)


def changed_sql(folder: Path, *changes: tuple[str, str, str]) -> str:
    """A copy of sql/ with some text replaced."""
    shutil.copytree(SQL_ROOT, folder / "sql")
    for file, old, new in changes:
        path = folder / "sql" / JOB.folder / f"{file}.sql"
        text = path.read_text("utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), "utf-8")
    return str(folder / "sql")


class Traffic:
    """Sends payments of a few cards, some of them out of order, some of them twice."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.sent: list[dict[str, Any]] = []
        self.began_at = datetime.now(UTC)
        self._pipeline = pipeline
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def __enter__(self) -> "Traffic":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _send(self) -> None:
        while not self._end.wait(0.04):
            number = len(self.sent)
            payment = self._pipeline.payment(
                card_id=f"card-upgrade-{number % CARDS}", merchant_id=f"m-{number % 7}"
            )
            if number % 20 == 7:
                payment["event_ms"] -= 2_000
            self._pipeline.send(*[payment] * (2 if number % 50 == 3 else 1))
            self.sent.append(payment)


@pytest.fixture(scope="module")
def traffic(pipeline: Pipeline) -> Iterator[Traffic]:
    with Traffic(pipeline) as running:
        yield running


def stored(pipeline: Pipeline) -> dict[str, tuple[Any, ...]]:
    """The stored rows of each payment, and when they were stored."""
    rows = pipeline.rows(
        "SELECT transaction_id, pipeline_version, stored_at, scored_at FROM scored_payments "
        "WHERE card_id LIKE 'card-upgrade-%%'"
    )
    return {row.pop("transaction_id"): tuple(row.values()) for row in rows}


def version_of_newest(pipeline: Pipeline, traffic: Traffic) -> str:
    """The version that scored the payment sent last."""
    return str(pipeline.scored(traffic.sent[-1])[0]["pipeline_version"])


def version(sql_dir: str) -> str:
    return dataclasses.replace(JOB, root=Path(sql_dir)).version


def no(reasons: list[str]) -> bool:
    return False


def check_plan(settings: Settings) -> None:
    """The kept plan, by which the keeper brings a lost job back, is the running job's."""
    (job,) = cluster_jobs.running(settings, JOB.name)
    plan = recorded_plan.plan_file(settings, JOB.name).read_bytes()
    recorded_plan.changed(plan, "0" * 32, "file:/nowhere", expected_id=job.job_id)


def test_a_version_that_fits_goes_on_with_the_state(
    stack: Settings,
    pipeline: Pipeline,
    traffic: Traffic,
    tmp_path: Path,
) -> None:
    changed = dataclasses.replace(stack, sql_dir=changed_sql(tmp_path, DECISION))
    eventually(lambda: len(stored(pipeline)), lambda count: count > 20)
    (before,) = cluster_jobs.running(stack, JOB.name)
    run(Upgrade(changed, JOB.name, StepDisplay()), is_rebuild=False, confirm=no)
    assert version_of_newest(pipeline, traffic) == version(changed.sql_dir)
    # The one it was stopped with; that of the rehearsal is deleted.
    assert len(saved_states.savepoints(stack, before.job_id)) == 1
    check_plan(stack)


def test_a_new_window_over_kept_columns_goes_on_with_the_state(
    stack: Settings,
    pipeline: Pipeline,
    traffic: Traffic,
    tmp_path: Path,
) -> None:
    changed = dataclasses.replace(stack, sql_dir=changed_sql(tmp_path, LARGEST))
    run(Upgrade(changed, JOB.name, StepDisplay()), is_rebuild=False, confirm=no)
    assert version_of_newest(pipeline, traffic) == version(changed.sql_dir)


def test_a_version_that_does_not_fit_is_rebuilt(
    stack: Settings,
    pipeline: Pipeline,
    traffic: Traffic,
    tmp_path: Path,
) -> None:
    changed = dataclasses.replace(stack, sql_dir=changed_sql(tmp_path, DEVICES))
    before = pipeline.job().job_id
    with pytest.raises(JobError, match="does not fit: card_activity changed"):
        run(Upgrade(changed, JOB.name, StepDisplay()), is_rebuild=False, confirm=no)
    assert pipeline.job().job_id == before
    # The second net: without the comparison, Flink itself would have refused.
    savepoint = savepoints.take(changed, before)
    with rehearsal(changed, JOB.name, savepoint) as trial:
        assert trial.failure()
    savepoints.delete(changed, savepoint)
    assert pipeline.job().job_id == before

    written = stored(pipeline)
    run(Upgrade(changed, JOB.name, StepDisplay()), is_rebuild=True, confirm=no)
    assert version_of_newest(pipeline, traffic) == version(changed.sql_dir)
    after = stored(pipeline)
    assert {name: after[name] for name in written} == written
    check_plan(stack)


def test_a_job_that_is_gone_is_rebuilt(
    stack: Settings,
    pipeline: Pipeline,
    traffic: Traffic,
) -> None:
    ending.cancel(stack, pipeline.job().job_id)
    with pytest.raises(JobError, match="is not running"):
        run(Upgrade(stack, JOB.name, StepDisplay()), is_rebuild=False, confirm=no)
    run(Upgrade(stack, JOB.name, StepDisplay()), is_rebuild=True, confirm=no)
    assert version_of_newest(pipeline, traffic) == JOB.version


def test_nothing_was_lost_doubled_or_computed_otherwise(
    stack: Settings,
    pipeline: Pipeline,
    traffic: Traffic,
) -> None:
    traffic.__exit__()
    pipeline.scored(*traffic.sent)
    begin = traffic.began_at - timedelta(seconds=5)
    report = parity(stack, since=begin)
    assert report.is_clean, report.differences
    assert report.payments >= len(traffic.sent)
    account = reconcile(stack, since=begin)
    assert account.is_complete
    assert account.counts["duplicate"] == len(range(3, len(traffic.sent), 50))
