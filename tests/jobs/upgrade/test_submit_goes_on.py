"""Submit resumes where the job ended, and decides nothing twice unless asked to."""

import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from flink_jobs.plan_fit import MISFIT
from flink_jobs.score_payments import JOB
from swipestream.cli import main
from swipestream.followers.job_keeper import JobKeeper
from swipestream.jobs import cluster_jobs, ending, recorded_plan, wanted_jobs
from swipestream.models.decision_policy import CHANNELS, change
from swipestream.operate.job_health import check_jobs
from swipestream.settings import Settings
from swipestream.stack import flink
from tests.eventually import eventually
from tests.jobs.upgrade.test_upgrade import DEVICES, changed_sql
from tests.pipeline.conftest import Pipeline

pytestmark = pytest.mark.stack


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def decided(pipeline: Pipeline, card: str) -> list[dict[str, Any]]:
    """The decisions about a card's payments, by which policy, and when."""
    return pipeline.rows(
        "SELECT transaction_id, decision, policy_version, scored_at FROM scored_payments "
        "WHERE card_id = %s ORDER BY transaction_id",
        card,
    )


@pytest.fixture
def everything_is_reviewed(stack: Settings, pipeline: Pipeline) -> Any:
    """A function that changes the policy, which is restored at the end."""
    before = pipeline.rows("SELECT channel, review_score, block_score FROM decision_policies")

    def tighten() -> None:
        with psycopg.connect(stack.postgres_url) as connection:
            change(connection, CHANNELS, {"review_score": 0.001})

    yield tighten
    with psycopg.connect(stack.postgres_url) as connection:
        for row in before:
            change(connection, (row.pop("channel"),), row)


def test_after_cancel_it_goes_on_and_no_row_changes(
    pipeline: Pipeline, everything_is_reviewed: Any
) -> None:
    payments = [pipeline.payment(card_id="card-goes-on") for _ in range(30)]
    pipeline.send_all(payments)
    pipeline.scored(*payments)
    before = decided(pipeline, "card-goes-on")
    everything_is_reviewed()
    cancelled = command("cancel", JOB.name)
    assert cancelled.exit_code == 0, cancelled.output
    assert "its state: file:/" in cancelled.output
    # At once, before the new job has made a checkpoint.
    submitted = command("submit", JOB.name)
    assert submitted.exit_code == 0, submitted.output
    assert f"{JOB.name} resumes from file:/" in submitted.output
    after = pipeline.payment(card_id="card-goes-on")
    pipeline.send(after)
    (row,) = pipeline.scored(after)
    # With the memory it had.
    assert row["card_txn_count_5m"] == 30
    rows = {row["transaction_id"]: row for row in decided(pipeline, "card-goes-on")}
    assert [rows[row["transaction_id"]] for row in before] == before
    names = [row["transaction_id"] for row in before]
    assert not pipeline.rows("SELECT * FROM alerts WHERE transaction_id = ANY(%s)", names)


def test_a_state_that_does_not_fit_is_refused(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("cancel", JOB.name).exit_code == 0
    with monkeypatch.context() as patch:
        patch.setenv("SQL_DIR", changed_sql(tmp_path, DEVICES))
        refused = command("submit", JOB.name)
        assert refused.exit_code == 1
        assert "the state it left does not fit: card_activity changed" in refused.output
        assert f"hint: `swipestream upgrade {JOB.name} --rebuild`" in refused.output
        assert cluster_jobs.running(pipeline.settings, JOB.name) == []
    assert command("submit", JOB.name).exit_code == 0


def test_the_keeper_leaves_a_state_that_does_not_fit_to_a_person(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = pipeline.settings
    job = wanted_jobs.read(settings, JOB.name)
    assert job is not None
    eventually(
        lambda: wanted_jobs.complete_checkpoints(settings, job.job_id),
        what="a checkpoint is made",
        seconds=60,
        pause_seconds=0.5,
    )
    # So that the stack's own keeper does nothing meanwhile.
    with wanted_jobs.locked(settings):
        ending.cancel(settings, job.job_id)
        # As if the cluster had lost it, and its plan could not be used.
        wanted_jobs.write(settings, job)
        recorded_plan.plan_file(settings, JOB.name).unlink()
        with monkeypatch.context() as patch:
            patch.setenv("SQL_DIR", changed_sql(tmp_path, DEVICES))
            keeper = JobKeeper(Settings.load())
            keeper.step()
        left = wanted_jobs.read(settings, JOB.name)
        assert left is not None and left.job_id == job.job_id
        assert left.problem == f"{MISFIT}: card_activity changed"
        keeper.step()
        assert cluster_jobs.running(settings, JOB.name) == []
    (found,) = (found for found in check_jobs(settings) if "ended:" in found[2])
    assert found[:2] == ("FAIL", f"job {JOB.name}")
    assert command("submit", JOB.name).exit_code == 0


def test_without_a_state_it_asks_before_it_decides_again(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    payment = pipeline.payment()
    pipeline.send(payment)
    pipeline.scored(payment)
    (count,) = pipeline.rows("SELECT count(*) FROM scored_payments")
    assert command("cancel", JOB.name).exit_code == 0
    home = flink.folder(pipeline.settings)
    for name in ("checkpoints", "savepoints"):
        shutil.move(home / name, tmp_path / name)
        (home / name).mkdir()
    refused = command("submit", JOB.name)
    assert refused.exit_code == 1
    assert f"decide {count['count']:,} stored payments again" in refused.output
    assert "--from-beginning" in refused.output
    assert cluster_jobs.running(pipeline.settings, JOB.name) == []
    for name in ("checkpoints", "savepoints"):
        (home / name).rmdir()
        shutil.move(tmp_path / name, home / name)
    assert command("submit", JOB.name).exit_code == 0
