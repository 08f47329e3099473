"""Separate models and a separate database for each test, on the session's Postgres."""

import dataclasses
import json
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from flink_jobs.score_payments import JOB
from swipestream.database.migrations import migrate
from swipestream.models import mlflow_record
from swipestream.models.gate_verdict import GATE_FILE
from swipestream.settings import Settings
from swipestream.stack.postgres import admin_url
from tests.udfs.tiny_bundle import publish_tiny_bundle

CATEGORICAL = ("channel", "merchant_category")
NAMES = (f"registry_{os.getpid()}_{number}" for number in count())


@pytest.fixture(scope="session")
def migrated(stack: Settings) -> Iterator[str]:
    """The name of a migrated database that tests copy."""
    name = next(NAMES)
    create(stack, name)
    migrate(url_of(stack, name))
    yield name
    drop(stack, name)


@pytest.fixture
def settings(
    stack: Settings, migrated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """An empty models folder and an empty database; MLflow is not installed."""
    monkeypatch.setattr(mlflow_record, "REGISTRY_PYTHON", tmp_path / "no-python")
    name = next(NAMES)
    create(stack, name, template=migrated)
    # For commands that are run as such.
    monkeypatch.setenv("DATABASE_URL", url_of(stack, name))
    monkeypatch.setenv("SWIPESTREAM_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    yield dataclasses.replace(stack, home=str(tmp_path), database_url=url_of(stack, name))
    drop(stack, name)


@pytest.fixture
def train(settings: Settings) -> Callable[..., str]:
    """Publishes a model that fits the SQL, with a verdict of the gate; returns its version."""
    shifts = count()

    def publish(verdict: str | None = "passed", against: str | None = None, **changes: Any) -> str:
        arguments: dict[str, Any] = {
            "categorical": CATEGORICAL,
            "shift": next(shifts) / 4,
            "promote": False,
        }
        features = changes.pop("features", JOB.model_features)
        version = publish_tiny_bundle(settings.models_dir, features, **(arguments | changes))
        if verdict is not None:
            judge(settings, version, verdict, against)
        return version

    return publish


def judge(
    settings: Settings, version: str, verdict: str, against: str | None = None, **figures: Any
) -> None:
    """Write a verdict of the gate beside a bundle."""
    content = {
        "verdict": verdict,
        "reasons": ["no better than the noise"] if verdict == "refused" else [],
        "figures": {"candidate": 0.7, "difference": float("nan")} | figures,
        "against": against,
    }
    (settings.models_dir / version / GATE_FILE).write_text(json.dumps(content))


def url_of(stack: Settings, name: str) -> str:
    """A database's address for the owner of its tables."""
    return stack.postgres_url.rpartition("/")[0] + f"/{name}"


def create(stack: Settings, name: str, template: str = "template1") -> None:
    """Make a database."""
    statement = sql.SQL("CREATE DATABASE {} OWNER swipestream TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template)
    )
    with psycopg.connect(admin_url(stack), autocommit=True) as admin:
        admin.execute(statement)


def drop(stack: Settings, name: str) -> None:
    """Remove a database and end all connections to it."""
    with psycopg.connect(admin_url(stack), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
