"""Why to train again, and what does not count."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flink_jobs.score_payments import JOB
from swipestream.drift.firing import Firing
from swipestream.drift.look import Look
from swipestream.drift.readings import BinNames, Reading
from swipestream.retraining.reasons import DAY_SECONDS, reason
from tests.udfs.tiny_bundle import publish_tiny_bundle
from udfs.model_bundle import ModelBundle, read_bundle

# The tiny bundle was made at the beginning of 2030.
NOW = datetime(2030, 1, 9, tzinfo=UTC)
READING = Reading(
    datetime(2030, 1, 8), 86_400, "feature", "amount_cents", "drift", "m", 0.3, 0.0, None, 0.1,
    20_000, True, True,
)  # fmt: skip


@pytest.fixture
def bundle(tmp_path: Path) -> ModelBundle:
    version = publish_tiny_bundle(tmp_path, JOB.model_features, ("channel", "merchant_category"))
    return read_bundle(tmp_path / version)


def look(*fired: Reading) -> Look:
    """What was found with these firing."""
    begin = datetime(2030, 1, 7)
    firings = {
        reading.key: [Firing(begin, begin + timedelta(days=2), reading)] for reading in fired
    }
    names: Sequence[str] = [reading.subject for reading in fired]
    return Look("m", "", dict.fromkeys(names, 0.1), {}, firings, BinNames({}))


def test_an_old_champion_is_a_reason(bundle: ModelBundle) -> None:
    assert reason(bundle, look(), 7 * DAY_SECONDS, False, NOW) == "the champion is 8.0 days old"
    assert reason(bundle, look(), 9 * DAY_SECONDS, False, NOW) == ""


def test_drift_is_a_reason_where_it_is_asked_for(bundle: ModelBundle) -> None:
    assert reason(bundle, look(READING), None, True, NOW) == "drift of amount_cents"
    assert reason(bundle, look(READING), 9 * DAY_SECONDS, False, NOW) == ""


def test_two_reasons_are_one_retraining(bundle: ModelBundle) -> None:
    assert reason(bundle, look(READING), 7 * DAY_SECONDS, True, NOW) == (
        "the champion is 8.0 days old; drift of amount_cents"
    )


def test_a_lookup_that_returns_nothing_is_no_reason(bundle: ModelBundle) -> None:
    broken = replace(READING, kind="data quality", subject="account_age_days")
    assert reason(bundle, look(broken), None, True, NOW) == ""


def test_what_is_over_is_no_reason(bundle: ModelBundle) -> None:
    found = look(READING)
    (firing,) = found.firings[READING.key]
    ended = {READING.key: [replace(firing, ended_at=datetime(2030, 1, 9))]}
    assert reason(bundle, replace(found, firings=ended), None, True, NOW) == ""


def test_without_a_champion_there_is_always_a_reason() -> None:
    assert reason(None, look(), 7 * DAY_SECONDS, False, NOW) == "there is no champion"
