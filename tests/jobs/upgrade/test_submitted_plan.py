"""Each submission of a job is remembered, and found again for the job that runs."""

import json
from pathlib import Path

import pytest

from swipestream.jobs import submitted_plan, wanted_jobs
from swipestream.jobs.submitted_plan import KEPT, SubmittedPlan
from swipestream.jobs.wanted_jobs import WantedJob
from swipestream.settings import Settings

NAME = "score_payments"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=str(tmp_path))


def submit(settings: Settings, job_id: str, write_from: str = "0") -> SubmittedPlan:
    submitted_plan.new_plan_file(settings, NAME).write_text(json.dumps({"version": job_id}))
    submitted_plan.keep(settings, NAME, job_id, write_from)
    return SubmittedPlan(job_id, write_from, {"version": job_id})


def test_a_job_is_found_by_its_id_and_the_last_one_as_the_newest(settings: Settings) -> None:
    first, second = submit(settings, "a1"), submit(settings, "b2", "12,13")
    assert submitted_plan.of_job(settings, NAME, "a1") == first
    assert submitted_plan.newest(settings, NAME) == second


def test_a_job_that_was_brought_back_is_found_by_an_earlier_id(settings: Settings) -> None:
    first = submit(settings, "a1")
    wanted_jobs.write(settings, WantedJob(NAME, "c3", lineage=("b2", "a1")))
    assert submitted_plan.of_job(settings, NAME, "c3") == first
    assert submitted_plan.of_job(settings, NAME, "d4") is None


def test_nothing_is_known_of_a_job_from_elsewhere(settings: Settings) -> None:
    assert submitted_plan.newest(settings, NAME) is None
    submit(settings, "a1")
    assert submitted_plan.of_job(settings, NAME, "z9") is None


def test_old_submissions_are_forgotten(settings: Settings) -> None:
    for number in range(KEPT + 3):
        submit(settings, f"j{number}")
    assert submitted_plan.of_job(settings, NAME, "j2") is None
    assert submitted_plan.of_job(settings, NAME, "j3") is not None
