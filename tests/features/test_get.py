"""What `features get` computes is what a correct stream stored, and what it cannot know it says."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from flink_jobs.score_payments import JOB
from swipestream.cli import main
from swipestream.features.asking import Asked, answers, stored_payment
from swipestream.settings import Settings
from tests.verify.parity.stream_by_hand import Row

Database = tuple[Settings, list[Row]]


@pytest.fixture
def get(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    settings, _ = database
    monkeypatch.setenv("DATABASE_URL", settings.postgres_url)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["features", "get", *arguments])

    yield run


def stored_features(postgres: psycopg.Connection, row: Row) -> dict[str, Any]:
    names = ", ".join(JOB.model_features)
    found = postgres.execute(
        f"SELECT {names} FROM scored_payments WHERE transaction_id = %s AND card_id = %s",  # type: ignore[arg-type]
        [row["transaction_id"], row["card_id"]],
    ).fetchone()
    assert found is not None
    return dict(zip(JOB.model_features, found, strict=True))


def test_every_stored_payment_is_computed_as_the_stream_did(
    database: Database, tmp_path: Path
) -> None:
    settings, rows = database
    assert sum(row["came_behind_ms"] > 0 for row in rows) > 10
    with psycopg.connect(settings.postgres_url, autocommit=True) as postgres:
        asked = [
            stored_payment(settings, postgres, row["card_id"], row["transaction_id"])
            for row in rows
        ]
        found = answers(settings, postgres, asked, tmp_path)
        for row, answer in zip(rows, found, strict=True):
            assert answer.values == pytest.approx(stored_features(postgres, row), nan_ok=True)
            assert not answer.open_features


def test_a_payment_that_is_named_in_full_is_the_stored_one(
    database: Database, tmp_path: Path, get: Any
) -> None:
    settings, rows = database
    row = max((row for row in rows if row["card_id"] == "card1"), key=lambda row: row["event_ms"])
    moment = datetime.fromtimestamp(row["event_ms"] / 1000, UTC).isoformat()
    arguments = ["--card", "card1", "--as-of", moment, "--merchant", row["merchant_id"]]
    arguments += ["--amount-cents", str(row["amount_cents"]), "--channel", row["channel"]]
    if row["device_id"]:
        arguments += ["--device", row["device_id"]]
    if row["latitude"] is not None:
        arguments += ["--place", f"{row['latitude']},{row['longitude']}"]
    result = get(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    with psycopg.connect(settings.postgres_url) as postgres:
        stored = stored_features(postgres, row)
    named = {name: value for name, value in stored.items() if name not in found["open"]}
    assert {name: found["features"][name] for name in named} == pytest.approx(named)
    # Whether there is a device or a place cannot be left out and named at once.
    assert set(found["open"]) <= {
        *("is_usual_device", "km_from_home", "km_from_previous", "kmh_from_previous"),
    }


def test_what_was_not_named_leaves_open_what_depends_on_it(get: Any) -> None:
    found = json.loads(get("--card", "card1", "--as-of", "2020-01-20", "--json").stdout)
    features = set(found["open"])
    assert {"amount_cents", "amount_to_card_mean_7d", "channel", "is_foreign"} <= features
    assert not features & {
        *("card_txn_count_7d", "card_amount_cents_24h", "seconds_since_previous"),
        *("account_age_days", "local_hour", "is_night"),
    }
    assert found["features"]["account_age_days"] > 20
    assert found["features"]["card_txn_count_7d"] is not None
    assert found["history_count"] > 0


def test_an_unknown_card_is_an_empty_history_and_said(get: Any) -> None:
    result = get("--card", "nobodys", "--merchant", "m1")
    assert result.exit_code == 0
    assert "an empty history" in result.stderr
    found = json.loads(get("--card", "nobodys", "--merchant", "m1", "--json").stdout)
    assert found["features"]["card_txn_count_7d"] == 0
    assert found["features"]["merchant_category"] == "grocery"
    assert found["features"]["account_age_days"] is None


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--as-of", "2019-12-01"], "the oldest stored payment is of 20"),
        (["--as-of", "2199-12-31"], "is in the future"),
        (["--payment", "p1-x"], "card card1 has no stored payment p1-x"),
        (["--place", "91,0"], "is not a place"),
        (["--place", "here"], "is not a place"),
        (["--payment", "p1-1", "--merchant", "m1"], "name nothing else"),
        (["--channel", "post"], "is not one of"),
    ],
)
def test_what_makes_no_sense_is_refused(get: Any, arguments: list[str], error: str) -> None:
    result = get("--card", "card1", *arguments)
    assert result.exit_code != 0
    assert error in result.output
    assert "Traceback" not in result.output


def test_a_card_number_is_refused_and_not_repeated(get: Any) -> None:
    result = get("--card", "4" + "1" * 15)
    assert result.exit_code == 1
    assert "the card is a card number" in result.output
    assert "4111" not in result.output


def test_several_are_answered_in_their_order(database: Database, tmp_path: Path) -> None:
    settings, rows = database
    asked = [Asked("card2", row["event_ms"]) for row in rows[:3]] + [Asked("nobodys", 1)]
    with psycopg.connect(settings.postgres_url, autocommit=True) as postgres:
        together = answers(settings, postgres, asked, tmp_path)
        folder = tmp_path / "alone"
        folder.mkdir()
        alone = answers(settings, postgres, asked[1:2], folder)
    assert together[1] == alone[0]
    assert together[3].history_count == 0
