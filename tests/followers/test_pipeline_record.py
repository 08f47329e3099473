"""The pipeline record stores the job's state, or that there is no job."""

import dataclasses
from types import ModuleType

import psycopg
import pytest

from swipestream.cases import program as desk
from swipestream.decisions import program as decision_api
from swipestream.followers import pipeline_record
from swipestream.followers.pipeline_record import ANSWERS, NO_JOB, SILENT, Sample, Sampler, numbers
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
        pipeline_record.step(stack, sampler, connection, with_tidying=True)
        row = connection.execute(
            "SELECT job_state, checkpoint_age_seconds FROM dashboards.pipeline_state "
            "ORDER BY sampled_at DESC LIMIT 1"
        ).fetchone()
        noted = connection.execute(
            "SELECT job_id, api_state FROM dashboards.pipeline_samples "
            "ORDER BY sampled_at DESC LIMIT 1"
        ).fetchone()
    assert row is not None and row[0] == "RUNNING" and row[1] is not None
    assert noted == (pipeline.job().job_id, None)


@pytest.mark.parametrize("program", [decision_api, desk], ids=lambda one: one.NAME)
def test_what_is_wanted_and_does_not_answer_is_noted(
    environment: dict[str, str], program: ModuleType
) -> None:
    ports = free_ports(2)
    settings = dataclasses.replace(Settings.load(), api_port=ports[0], desk_port=ports[1])
    nothing = {"api_state": None, "desk_state": None, "desk_address": None}
    assert pipeline_record.others(settings) == nothing
    program.want(settings, True)
    try:
        noted = pipeline_record.others(settings)
    finally:
        program.want(settings, False)
    name = "api_state" if program is decision_api else "desk_state"
    assert noted == nothing | {name: SILENT}


def test_a_desk_that_answers_has_an_address(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = dataclasses.replace(Settings.load(), desk_url="https://desk.example/")
    monkeypatch.setattr(desk, "is_wanted", lambda settings: True)
    monkeypatch.setattr(desk, "check", lambda settings: None)
    noted = pipeline_record.others(settings)
    assert (noted["desk_state"], noted["desk_address"]) == (ANSWERS, "https://desk.example")
