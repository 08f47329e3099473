"""A candidate that is to be promoted by itself is not replaced by the next one before its time."""

import dataclasses
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from flink_jobs.score_payments import JOB
from swipestream.database.queries import query
from swipestream.followers import retraining
from swipestream.followers.pulse import Pulse, StoppedError
from swipestream.models.audit import CHALLENGE, changing
from swipestream.retraining.errors import LaterError, RetrainingError
from swipestream.retraining.promotion import still_waits
from swipestream.retraining.run import Conditions, record_candidate, retrain
from swipestream.settings import Settings
from tests.rules.conftest import server, settings
from tests.udfs.tiny_bundle import publish_tiny_bundle
from udfs.model_bundle import CHALLENGER, CHAMPION, write_pointer

__all__ = ["server", "settings"]
NIGHTLY = Conditions(is_scheduled=True)
HOUR = 3600.0


@pytest.fixture
def candidate(settings: Settings) -> str:
    """Put forward a moment ago."""
    folder = settings.models_dir
    champion, found = (
        publish_tiny_bundle(folder, JOB.model_features, shift=shift, promote=False)
        for shift in (0.0, 0.25)
    )
    write_pointer(folder, CHAMPION, champion)
    write_pointer(folder, CHALLENGER, found)
    with changing(settings) as audit:
        audit.add(CHALLENGE, None, found, "retrain", "drift of amount_cents")
    return found


def test_the_schedule_waits_until_the_candidates_time_is_over(
    settings: Settings, candidate: str
) -> None:
    automatic = dataclasses.replace(settings, auto_promote_after_hours=24)
    with pytest.raises(LaterError, match=f"{candidate} is in the shadow for 0.0 h of 24") as caught:
        retrain(automatic, NIGHTLY, "schedule", print)
    assert "swipestream model withdraw" in caught.value.hint
    with psycopg.connect(settings.postgres_url) as connection:
        assert connection.execute("SELECT COUNT(*) FROM retrainings").fetchone() == (0,)


def test_its_time_ends_and_one_that_was_named_by_hand_has_none(
    settings: Settings, candidate: str
) -> None:
    assert still_waits(settings, HOUR) and not still_waits(settings, 1e-6)
    by_hand = publish_tiny_bundle(settings.models_dir, JOB.model_features, shift=0.5, promote=False)
    write_pointer(settings.models_dir, CHALLENGER, by_hand)
    assert not still_waits(settings, HOUR)
    (settings.models_dir / CHALLENGER).unlink()
    assert not still_waits(settings, HOUR)


def test_a_candidate_that_cannot_be_recorded_is_told_with_the_next_step(
    settings: Settings,
) -> None:
    begun = {"actor": "anna", "is_scheduled": False, "why": "asked for by anna"}
    with psycopg.connect(settings.postgres_url, autocommit=True) as connection:
        connection.execute(query("begin_retraining"), begun)
        with pytest.raises(RetrainingError, match="m-lost is trained and not recorded") as caught:
            record_candidate(settings, connection, 1, "m-lost", ("anna", "asked for by anna"))
        row = connection.execute(
            "SELECT model_version, outcome, finished_at IS NOT NULL FROM retrainings"
        ).fetchone()
    assert "then run `swipestream model record m-lost`" in caught.value.hint
    assert row and (row[0], row[2]) == ("m-lost", True)
    assert row[1].startswith("trained, not recorded: ")


class OneRound(Pulse):
    """Ends after the first round."""

    def wait(self, seconds: float) -> None:
        raise StoppedError


def test_it_is_looked_at_before_the_next_one_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def begin(settings: Settings, words: Sequence[str], pulse: Pulse) -> int:
        begun.append(words[1])
        return 0

    def is_due(due: retraining.Due, now: datetime) -> bool:
        return True

    monkeypatch.setattr(retraining, "run_command", begin)
    monkeypatch.setattr(retraining.Due, "is_due", is_due)
    settings = Settings(
        home=str(tmp_path), retrain_schedule="30 3 * * *", auto_promote_after_hours=24
    )
    with pytest.raises(StoppedError):
        retraining.run(settings, OneRound(tmp_path, "retraining", threading.Event()))
    assert begun == ["--only-promote", "--scheduled"]
