"""The pipeline record stores the job's state, or that there is no job."""

import dataclasses

import psycopg
import pytest

from swipestream.followers import pipeline_record
from swipestream.followers.pipeline_record import NO_JOB, Sample, Sampler, numbers
from swipestream.settings import Settings
from swipestream.stack.ports import free_ports
from tests.eventually import eventually
from tests.pipeline.conftest import Pipeline


def test_a_cluster_that_is_away_is_a_sample_too(environment: dict[str, str]) -> None:
    (port,) = free_ports(1)
    settings = dataclasses.replace(Settings.load(), flink_rest=f"127.0.0.1:{port}")
    assert Sampler(settings).sample() == Sample(NO_JOB)


def test_metrics_that_are_not_known_yet_are_left_out() -> None:
    metrics = [{"id": "a", "value": "3"}, {"id": "b"}, {"id": "c", "value": "NaN?"}]
    assert numbers(metrics) == [3.0]


@pytest.mark.stack
def test_a_running_job_is_noted(stack: Settings, pipeline: Pipeline) -> None:
    payment = pipeline.payment()
    pipeline.send(payment)
    pipeline.scored(payment)
    sampler = Sampler(stack)
    sample = eventually(
        sampler.sample,
        lambda sample: (
            sample.checkpoint_age_seconds is not None and sample.waiting_count is not None
        ),
    )
    assert sample.job_state == "RUNNING"
    assert sample.restart_count is not None
    assert sample.checkpoint_age_seconds is not None
    assert 0 <= sample.checkpoint_age_seconds < 600
    with psycopg.connect(stack.postgres_url) as connection:
        pipeline_record.step(sampler, connection, with_tidying=True)
        row = connection.execute(
            "SELECT job_state, checkpoint_age_seconds FROM dashboards.pipeline_state "
            "ORDER BY sampled_at DESC LIMIT 1"
        ).fetchone()
    assert row is not None and row[0] == "RUNNING" and row[1] is not None
