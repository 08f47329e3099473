"""`swipestream drift` says what fires, what does not, and what it cannot tell."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from flink_jobs.score_payments import JOB
from swipestream.cli import main
from swipestream.drift.attacks import AttackWatch
from swipestream.settings import Settings
from tests.drift.conftest import Database, days_ago, midnight
from tests.drift.stored_payments import store
from tests.drift.test_attacks import now, small
from tests.udfs.tiny_bundle import publish_tiny_bundle

TEXTS = ("channel", "merchant_category")
BINS: dict[str, Any] = {
    name: {"unknown": 1.0, "edges": [], "shares": [0.0]} for name in JOB.model_features
} | {
    "amount_cents": {"unknown": 0.0, "edges": [3000.0], "shares": [0.9, 0.1]},
    "channel": {"unknown": 0.0, "shares": {"online": 1.0}},
    "merchant_category": {"unknown": 0.0, "shares": {"grocery": 1.0}},
}
SCORES = {"unknown": 0.0, "edges": [0.5], "shares": [0.99, 0.01]}


@pytest.fixture
def home(
    drift_settings: Settings, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """An empty models folder, and the database for commands."""
    monkeypatch.setenv("DATABASE_URL", drift_settings.postgres_url)
    monkeypatch.setenv("SWIPESTREAM_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    yield tmp_path


def champion(home: Path, **more: Any) -> str:
    return publish_tiny_bundle(home / "models", JOB.model_features, TEXTS, more=more)


def run(*options: str) -> Result:
    return CliRunner().invoke(main, ["drift", *options])


def fill(database: Database, version: str, amounts: list[int]) -> None:
    """A thousand payments on each of the last days; one in ten is large, as in training."""
    for days, amount in enumerate(reversed(amounts), start=1):
        at = days_ago(days)
        store(
            database,
            (
                {
                    "event_time": at + timedelta(seconds=80 * number),
                    "amount_cents": amount if number % 10 else 9000,
                    "model_version": version, "transaction_id": f"{days}-{number}",
                }
                for number in range(1000)
            ),
        )  # fmt: skip


def test_what_fires_is_named_and_the_status_is_1(home: Path, database: Database) -> None:
    version = champion(home, feature_bins=BINS, score_bins=SCORES)
    fill(database, version, [2500, 2500, 9000, 9000])
    result = run()
    assert result.exit_code == 1, result.output
    assert f"since {days_ago(2):%Y-%m-%d} 00:00  amount_cents: stability index" in result.output
    assert "most of all up to 3,000: 90.0% to 0.0%" in result.output
    told = json.loads(run("--json").output)
    assert told["fires"] and told["champion"] == version
    signals = {(one["signal"], one["subject"] or ""): one for one in told["signals"]}
    moved = signals["feature", "amount_cents"]
    assert moved["since"] == days_ago(2).isoformat()
    assert moved["payments"] == 1000
    assert signals["feature", "channel"]["state"] == "as usual"
    assert signals["scores", ""]["state"] == "as usual"
    # Nobody has labeled anything, and no sample is drawn.
    assert signals["precision", ""]["state"] == "not enough to tell"
    assert told["control_sample"] is None


def test_without_drift_the_status_is_0(home: Path, database: Database) -> None:
    version = champion(home, feature_bins=BINS, score_bins=SCORES)
    fill(database, version, [2500, 2500])
    result = run()
    assert result.exit_code == 0, result.output
    assert "nothing fires" in result.output


def test_few_payments_are_not_enough_to_tell(home: Path, database: Database) -> None:
    version = champion(home, feature_bins=BINS, score_bins=SCORES)
    fill(database, version, [9000, 9000])
    database.execute("DELETE FROM scored_payments WHERE RIGHT(transaction_id, 1) <> '0'")
    result = run("--json")
    assert result.exit_code == 0
    told = {(one["signal"], one["subject"]): one for one in json.loads(result.output)["signals"]}
    assert told["feature", "amount_cents"]["state"] == "not enough to tell"
    assert told["feature", "amount_cents"]["payments"] == 100


def test_a_bundle_without_bins_is_told(home: Path, database: Database) -> None:
    version = champion(home)
    result = run()
    assert result.exit_code == 0, result.output
    assert f"{version} was trained before bundles had bins: train again" in result.output
    assert "not enough to tell" in result.output


def test_without_a_champion_there_is_still_a_table(home: Path, database: Database) -> None:
    result = run()
    assert result.exit_code == 0, result.output
    assert "there is no champion: run `swipestream train`" in result.output
    assert "alert rate" in result.output


def test_an_attack_that_lasts_fires(home: Path, database: Database) -> None:
    store(database, small(40, now()))
    AttackWatch().look(database, now())
    result = run()
    assert result.exit_code == 1
    assert "m1: small online payments of 40 cards within 5 minutes" in result.output


def test_a_jump_of_the_alert_rate_fires_after_two_hours(home: Path, database: Database) -> None:
    begin = midnight() - timedelta(hours=40)
    for hour in range(40):
        rate = 0.10 if hour >= 38 else 0.01
        database.execute(
            "INSERT INTO dashboards.payment_sums VALUES "
            "(%s, 'EUR', 'pos', 'x', 'x', 'x', 1000, 0, %s, 0, 0)",
            [begin + timedelta(hours=hour), round(1000 * rate)],
        )
    database.execute(
        "INSERT INTO dashboards.roll_up_frontier (stored_up_to, fine_from) VALUES (NOW(), %s)",
        [midnight() - timedelta(days=3)],
    )
    result = run()
    assert result.exit_code == 1, result.output
    assert "alert rate: 10.00%, usual is 1.00%" in result.output


def test_a_database_of_an_earlier_version_is_told(home: Path, database: Database) -> None:
    database.execute("ALTER TABLE model_feature_bins RENAME TO gone")
    try:
        champion(home, feature_bins=BINS)
        result = run()
    finally:
        database.execute("ALTER TABLE gone RENAME TO model_feature_bins")
    assert result.exit_code == 1
    assert result.output.startswith("error: the database lacks something: ")
    assert "Traceback" not in result.output
