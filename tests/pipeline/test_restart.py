"""Processes that die mid-stream lose nothing."""

import os
import signal

import pytest

from flink_jobs.score_payments import JOB
from swipestream.jobs import cluster_jobs, wanted_jobs
from swipestream.operate.job_health import check_jobs
from swipestream.stack import flink
from swipestream.stack.program import NotReadyError
from swipestream.stack.supervision import Supervisor
from tests.eventually import eventually
from tests.pipeline.conftest import Pipeline

pytestmark = [pytest.mark.stack, pytest.mark.disruptive]

PAYMENTS = 2_000


def kill(pipeline: Pipeline, program: str) -> None:
    os.kill(Supervisor(pipeline.settings).states()[program].pid, signal.SIGKILL)


def kept(pipeline: Pipeline) -> wanted_jobs.WantedJob:
    """What is remembered of the scoring job."""
    job = wanted_jobs.read(pipeline.settings, JOB.name)
    assert job is not None
    return job


def listed(pipeline: Pipeline) -> list[cluster_jobs.FlinkJob]:
    """What the cluster runs of the scoring job; nothing while it does not answer."""
    try:
        return [job for job in cluster_jobs.jobs(pipeline.settings) if job.name == JOB.name]
    except NotReadyError:
        return []


def test_every_payment_is_stored_once_after_kill_9(pipeline: Pipeline) -> None:
    payments = [pipeline.payment(card_id=f"card-restart-{n % 40}") for n in range(PAYMENTS)]
    half = PAYMENTS // 2
    pipeline.send(*payments[:half])
    pipeline.scored(payments[0])
    kill(pipeline, "flink-taskmanager")
    pipeline.send(*payments[half:])
    pipeline.scored(*payments)
    counts = eventually(
        lambda: pipeline.rows(
            "SELECT count(*) AS stored, count(DISTINCT transaction_id) AS payments, "
            "count(score) AS scored FROM scored_payments WHERE card_id LIKE 'card-restart-%%'"
        ),
        lambda rows: rows[0]["stored"] >= PAYMENTS,
    )
    assert counts == [{"stored": PAYMENTS, "payments": PAYMENTS, "scored": PAYMENTS}]


def test_a_job_comes_back_without_hands_even_past_a_corrupt_checkpoint(pipeline: Pipeline) -> None:
    first = pipeline.payment(card_id="card-forgotten")
    pipeline.send(first)
    pipeline.scored(first)
    before = kept(pipeline)
    assert before.is_wanted
    eventually(
        lambda: wanted_jobs.complete_checkpoints(pipeline.settings, before.job_id),
        lambda found: len(found) >= 2,
    )
    kill(pipeline, "flink-jobmanager")
    # It may have got one further before it died.
    newest = wanted_jobs.complete_checkpoints(pipeline.settings, before.job_id)[0]
    metadata = newest / "_metadata"
    metadata.write_bytes(metadata.read_bytes()[:-100])
    second = pipeline.payment(card_id="card-forgotten")
    pipeline.send(second)
    bad = wanted_jobs.address(newest)
    eventually(lambda: kept(pipeline), lambda job: bad in job.bad_checkpoints)
    # The old tasks go on for a while without their JobManager; this one is scored by the new ones.
    eventually(
        lambda: listed(pipeline),
        lambda found: [job.tasks_running == job.tasks_total for job in found] == [True],
    )
    third = pipeline.payment(card_id="card-forgotten")
    pipeline.send(third)
    rows = pipeline.scored(first, second, third)
    assert [row["card_txn_count_5m"] for row in rows] == [0, 1, 2]
    assert kept(pipeline).job_id != before.job_id


def test_a_job_cancelled_behind_its_back_comes_back(pipeline: Pipeline) -> None:
    first = pipeline.payment(card_id="card-cancelled")
    pipeline.send(first)
    pipeline.scored(first)
    before = kept(pipeline)
    eventually(lambda: wanted_jobs.complete_checkpoints(pipeline.settings, before.job_id), bool)
    # What Flink's own client and its page do.
    flink.open_rest(pipeline.settings, f"/jobs/{before.job_id}?mode=cancel", method="PATCH").close()
    second = pipeline.payment(card_id="card-cancelled")
    pipeline.send(second)
    rows = pipeline.scored(first, second)
    assert [row["card_txn_count_5m"] for row in rows] == [0, 1]
    assert kept(pipeline).job_id != before.job_id
    told = [fact for level, _, fact, _ in check_jobs(pipeline.settings) if level == "warn"]
    assert ["stopped without `swipestream cancel`" in fact for fact in told] == [True]
