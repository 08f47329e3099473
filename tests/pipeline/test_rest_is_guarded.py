"""Flink's REST endpoint lets in callers with the password, and no page of another site."""

import json
from typing import Any

import pytest

from swipestream.jobs import cluster_jobs
from swipestream.stack import flink
from tests.pipeline.conftest import Pipeline
from tests.pipeline.strangers import FOREIGN, FORM, UPLOAD, ask, requests

pytestmark = pytest.mark.stack


def check_it_goes_on(pipeline: Pipeline, before: cluster_jobs.FlinkJob) -> None:
    payment = pipeline.payment()
    pipeline.send(payment)
    pipeline.scored(payment)
    assert pipeline.job().job_id == before.job_id


@pytest.mark.parametrize("login", ["", "swipestream:", "swipestream:guess", ":"])
def test_without_the_password_there_is_nothing(pipeline: Pipeline, login: str) -> None:
    before = pipeline.job()
    for method, path, headers, body in requests(before.job_id):
        status, answered, content = ask(pipeline.settings, method, path, headers, body, login=login)
        assert status == 401, (method, path)
        assert content == b"user and password are needed\n"
        assert not [name for name in answered if name.startswith("Access-Control")]
    check_it_goes_on(pipeline, before)


@pytest.mark.parametrize("foreign", FOREIGN, ids=lambda headers: "-".join(headers.values()))
def test_another_sites_page_gets_nothing_though_the_browser_knows_the_password(
    pipeline: Pipeline, foreign: dict[str, str]
) -> None:
    before = pipeline.job()
    for method, path, headers, body in requests(before.job_id):
        status, answered, _ = ask(pipeline.settings, method, path, headers | foreign, body)
        assert status == 403, (method, path)
        assert not [name for name in answered if name.startswith("Access-Control")]
    check_it_goes_on(pipeline, before)


def test_no_get_ends_the_job(pipeline: Pipeline) -> None:
    before = pipeline.job()
    for path in (f"/jobs/{before.job_id}/yarn-cancel", f"/jobs/{before.job_id}/yarn%2Dcancel"):
        assert ask(pipeline.settings, "GET", path, {})[0] == 403
    check_it_goes_on(pipeline, before)


def test_a_refused_upload_is_not_written_down(pipeline: Pipeline) -> None:
    scratch = flink.scratch_dir(pipeline.settings)
    before = sorted(scratch.rglob("*plan.bin*"))
    ask(pipeline.settings, "POST", "/v1/jobs", {"Content-Type": FORM}, UPLOAD, login="")
    assert sorted(scratch.rglob("*plan.bin*")) == before


def test_the_operators_browser_shows_the_job(pipeline: Pipeline) -> None:
    """As a browser asks: an address that was typed, then what that page loads."""
    status, _, page = ask(pipeline.settings, "GET", "/", {"Sec-Fetch-Site": "none"})
    assert (status, b"<html" in page.lower()) == (200, True)
    own = {
        "Origin": f"http://{pipeline.settings.flink_address}",
        "Sec-Fetch-Site": "same-origin",
    }
    status, answered, content = ask(pipeline.settings, "GET", "/jobs/overview", own)
    assert status == 200
    assert answered.get("Access-Control-Allow-Origin") in (None, own["Origin"])
    listed: dict[str, Any] = json.loads(content)
    assert pipeline.job().job_id in [job["jid"] for job in listed["jobs"]]
    status, _, content = ask(pipeline.settings, "GET", "/config", own)
    features = json.loads(content)["features"]
    assert (features["web-submit"], features["web-cancel"]) == (False, False)
