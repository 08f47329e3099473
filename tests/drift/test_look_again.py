"""A look that fails is explained, and not repeated every ten seconds."""

import dataclasses
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from swipestream.drift.look import Look, UnwatchableError, look
from swipestream.followers import model_watch
from swipestream.followers.pulse import Pulse, StoppedError
from swipestream.settings import Settings
from tests.drift.conftest import Database


class ThreeRounds(Pulse):
    """Does not wait between rounds, and ends after the third."""

    rounds = 0

    def wait(self, seconds: float) -> None:
        self.rounds += 1
        if self.rounds == 3:
            raise StoppedError


def test_a_look_that_fails_is_not_repeated_in_each_round(
    drift_settings: Settings,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    looks = []

    def counted(settings: Settings, connection: psycopg.Connection[Any]) -> Look:
        looks.append(settings)
        return look(settings, connection)

    monkeypatch.setattr(model_watch, "look", counted)
    monkeypatch.setattr(model_watch, "FIRST_LOOK_SECONDS", 0.0)
    settings = dataclasses.replace(drift_settings, model_dir=str(tmp_path))
    database.execute("ALTER TABLE model_feature_bins RENAME TO bins_elsewhere")
    try:
        with pytest.raises(StoppedError):
            model_watch.run(settings, ThreeRounds(tmp_path, "model-watch", threading.Event()))
    finally:
        database.execute("ALTER TABLE bins_elsewhere RENAME TO model_feature_bins")
    assert len(looks) == 1
    assert "the database lacks something" in caplog.text


def test_a_database_without_views_is_told_with_the_next_step(
    drift_settings: Settings, database: Database
) -> None:
    database.execute("ALTER SCHEMA dashboards RENAME TO views_elsewhere")
    try:
        with pytest.raises(UnwatchableError, match='"dashboards" does not exist') as caught:
            look(drift_settings, database)
    finally:
        database.execute("ALTER SCHEMA views_elsewhere RENAME TO dashboards")
    assert "swipestream up" in caught.value.hint
