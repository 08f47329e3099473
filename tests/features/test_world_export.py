"""`features export --to-world`: what a backtest computes of it is what the stream had stored."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from click.testing import CliRunner, Result

from flink_jobs.score_payments import JOB
from swipestream.cli import main
from swipestream.models.training_process import TRAINING_PYTHON
from swipestream.settings import Settings
from tests.udfs.tiny_bundle import publish_tiny_bundle, tiny_score
from tests.verify.parity.stream_by_hand import Row

KEYS = ("transaction_id", "card_id")


@pytest.fixture
def run(
    database: tuple[Settings, list[Row]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Any]:
    settings, _ = database
    monkeypatch.setenv("DATABASE_URL", settings.postgres_url)
    monkeypatch.setenv("MODEL_DIR", str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(main, list(map(str, arguments)))

    yield invoke


def rows_of(query: str) -> list[tuple[Any, ...]]:
    """What DuckDB reads from files."""
    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()


def test_payments_are_written_as_they_arrived(
    database: tuple[Settings, list[Row]], run: Any
) -> None:
    _, rows = database
    result = run("features", "export", "--from", "2019-01-01", "--to-world", "stored")
    assert result.exit_code == 0, result.output
    assert f"{len(rows)} payments written to stored" in result.stdout
    arrived = sorted(rows, key=lambda r: (r["arrived_at"], r["kafka_partition"], r["kafka_offset"]))
    expected = [(row["transaction_id"], row["card_id"], row["amount_cents"]) for row in arrived]
    names = "transaction_id, card_id, amount_cents"
    assert rows_of(f"SELECT {names} FROM 'stored/payments.parquet'") == expected
    columns = [row[0] for row in rows_of("DESCRIBE FROM 'stored/customers.parquet'")]
    assert "home_country" in columns and "name" not in columns
    assert json.loads(Path("stored/world.json").read_text())["order"] == "arrival"


@pytest.mark.skipif(not TRAINING_PYTHON.exists(), reason="needs the training environment")
def test_a_backtest_computes_the_stored_features(
    database: tuple[Settings, list[Row]], run: Any, tmp_path: Path
) -> None:
    settings, rows = database
    publish_tiny_bundle(tmp_path / "models", JOB.model_features, ("channel", "merchant_category"))
    assert run("features", "export", "--from", "2019-01-01", "--to-world", "stored").exit_code == 0
    result = run("backtest", "stored", "--rows", "rows.parquet")
    assert result.exit_code == 0, result.output
    names = ", ".join((*KEYS, *JOB.model_features))
    with psycopg.connect(settings.postgres_url) as postgres:
        stored = {
            row[:2]: row[2:]
            for row in postgres.execute(f"SELECT {names} FROM scored_payments")  # type: ignore[arg-type]
        }
    computed = {row[:2]: row[2:] for row in rows_of(f"SELECT {names} FROM 'rows.parquet'")}
    assert len(rows) == len(stored) > 300
    assert computed.keys() == stored.keys()
    # Some came behind others, and each has the history that had arrived by then.
    assert any(row["came_behind_ms"] for row in rows)
    for key, values in stored.items():
        assert computed[key] == pytest.approx(values, nan_ok=True), key
    scores = rows_of("SELECT amount_cents, channel, score FROM 'rows.parquet'")
    assert all(
        score == pytest.approx(tiny_score(amount, channel), abs=1e-6)
        for amount, channel, score in scores
    )


@pytest.mark.parametrize(
    ("arguments", "status", "fact"),
    [
        (["--from", "2020-01-05"], 2, "name a file with --out, or a folder with --to-world"),
        (["--from", "2020-01-05", "--out", "a.csv", "--to-world", "b"], 2, "name a file with"),
        (["--from", "2019-01-01", "--to", "2019-02-01", "--to-world", "b"], 1, "no payment is"),
        (["--from", "2020-01-05", "--to", "2020-01-01", "--to-world", "b"], 1, "is not before"),
        (["--from", "2020-01-05", "--to-world", "."], 1, "exists"),
    ],
)
def test_what_makes_no_world_is_refused(
    arguments: list[str], status: int, fact: str, run: Any
) -> None:
    result = run("features", "export", *arguments)
    assert result.exit_code == status
    assert fact in result.output
    assert not Path("b").exists()
