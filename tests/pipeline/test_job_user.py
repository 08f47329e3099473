"""The job works with the stream's rights, and its passwords are nowhere to be seen."""

import json

import psutil
import pytest

from swipestream.settings import read_env_file
from swipestream.stack import flink
from tests.pipeline.conftest import Pipeline

pytestmark = pytest.mark.stack


def test_the_job_writes_as_the_stream(pipeline: Pipeline) -> None:
    payment = pipeline.payment()
    pipeline.send(payment)
    pipeline.scored(payment)
    users = pipeline.rows(
        "SELECT usename, COUNT(*) AS connections FROM pg_stat_activity "
        "WHERE application_name IN ('swipestream sink', 'swipestream lookup') GROUP BY usename"
    )
    assert [row["usename"] for row in users] == ["swipestream_stream"]


def test_no_secret_is_shown(pipeline: Pipeline) -> None:
    payment = pipeline.payment()
    pipeline.send(payment)
    pipeline.scored(payment)
    secrets = read_env_file(pipeline.settings.secrets_file)
    job = pipeline.job().job_id
    shown = {
        path: json.dumps(flink.rest(pipeline.settings, path))
        for path in (
            "/jobmanager/config",
            "/jobmanager/environment",
            f"/jobs/{job}",
            f"/jobs/{job}/config",
            f"/jobs/{job}/plan",
            f"/jobs/{job}/exceptions",
            f"/jobs/{job}/checkpoints/config",
        )
    }
    home = pipeline.settings.state_dir
    for folder in ("logs", "flink/checkpoints", "flink/conf", "kafka", "run"):
        for path in (home / folder).rglob("*"):
            if path.is_file() and "data" not in path.parts:
                shown[str(path)] = path.read_bytes().decode("latin-1")
    for process in psutil.process_iter():
        try:
            shown[f"ps {process.pid}"] = " ".join(process.cmdline())
        except psutil.Error:
            continue
    found = {
        (name, where)
        for name, secret in secrets.items()
        for where, text in shown.items()
        if secret in text
    }
    assert found == set()
