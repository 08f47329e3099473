"""`swipestream features`: what is listed and shown, with and without a champion."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from flink_jobs.score_payments import JOB
from swipestream.cli import main
from swipestream.features.registered import spread
from tests.udfs.tiny_bundle import publish_tiny_bundle


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SWIPESTREAM_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["features", *arguments])


def test_every_feature_is_listed_in_the_models_order(home: Path) -> None:
    found = run("list", "--json")
    listed = [json.loads(line) for line in found.stdout.splitlines()]
    assert [item["name"] for item in listed] == list(JOB.model_features)
    assert all(item["unit"] and item["meaning"] and item["owner"] for item in listed)
    assert all((JOB.root.parent / item["file"]).is_file() for item in listed)


def test_only_those_of_an_entity(home: Path) -> None:
    found = run("list", "--entity", "merchant")
    names = [line.split()[0] for line in found.stdout.splitlines()[1:] if line[:1].strip()]
    assert "merchant_category" in names and "channel" not in names


def test_one_is_shown_with_its_sql(home: Path) -> None:
    found = run("show", "card_txn_count_24h")
    for text in ("24 hours", "sql/payments/history/card_activity.sql", "COUNT(*) OVER last_24h"):
        assert text in found.stdout
    assert "importance    unknown: there is no champion" in found.stdout


def test_a_name_that_is_wrong_has_a_hint(home: Path) -> None:
    found = run("show", "card_txn_count_24")
    assert found.exit_code == 1
    assert "there is no feature card_txn_count_24" in found.output
    assert "did you mean card_txn_count_24h?" in found.output
    assert "`swipestream features list` names them" in run("show", "x").output


def test_what_the_champion_makes_of_a_feature(home: Path) -> None:
    features = [
        {"name": name, "unit": "-", "kind": "numeric", "importance": importance}
        for name, importance in (("amount_cents", 0.25), ("km_from_home", 0.7), ("channel", 0.05))
    ]
    features[-1]["kind"] = "categorical"
    bins = {"unknown": 0.1, "edges": [1000.0, 50000.0], "shares": [0.5, 0.3, 0.1]}
    more = {"features": features, "feature_bins": {"amount_cents": bins}}
    version = publish_tiny_bundle(home / "models", more=more)
    shown = run("show", "amount_cents").stdout
    assert f"champion      {version}" in shown
    assert "25.0% of the gain of all splits, rank 2 of 3" in shown
    for line in (r"up to 1,000 +50\.0%", r"up to 50,000 +30\.0%", r"above 50,000 +10\.0%"):
        assert re.search(line, shown)
    assert re.search(r"unknown +10\.0%", shown)
    listed = [json.loads(line) for line in run("list", "--json").stdout.splitlines()]
    assert {item["name"]: item["importance"] for item in listed}["km_from_home"] == 0.7
    # The bundle does not have every feature of the SQL.
    assert "unknown: the champion does not use it" in run("show", "is_night").stdout


def test_a_champion_that_cannot_be_read_is_said(home: Path) -> None:
    version = publish_tiny_bundle(home / "models")
    assert f"{version} was trained before bundles said it" in run("list").stderr
    (home / "models" / version / "bundle.json").write_text("{}")
    assert "bundle.json" in run("list").stderr


@pytest.mark.parametrize(
    ("bins", "names"),
    [
        ({"unknown": 0.0, "edges": [], "shares": [1.0]}, ["any value", "unknown"]),
        ({"unknown": 0.0, "shares": {"atm": 0.1, "pos": 0.9}}, ["pos", "atm", "unknown"]),
    ],
)
def test_bins_are_named(bins: dict[str, object], names: list[str]) -> None:
    assert [name for name, _ in spread(bins)] == names
