"""`features export`: the stored values of a span of time, in a file that appears whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from click.testing import CliRunner, Result

from flink_jobs.score_payments import JOB
from swipestream.cli import main
from swipestream.settings import Settings
from tests.verify.parity.stream_by_hand import Row

LABEL = """
INSERT INTO labels (transaction_id, is_fraud, event_time, labelled_at, source)
VALUES (%s, %s, %s, %s, %s)
"""


@pytest.fixture
def export(
    database: tuple[Settings, list[Row]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Any]:
    settings, _ = database
    monkeypatch.setenv("DATABASE_URL", settings.postgres_url)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["features", "export", *arguments])

    yield run


def rows_of(query: str) -> list[tuple[Any, ...]]:
    """What DuckDB reads from files."""
    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("name", ["set.parquet", "set.csv"])
def test_the_rows_are_the_stored_ones(
    database: tuple[Settings, list[Row]], export: Any, name: str
) -> None:
    settings, _ = database
    result = export("--from", "2020-01-05", "--to", "2020-01-10", "--out", name)
    assert result.exit_code == 0, result.output
    names = ", ".join(("transaction_id", "card_id", *JOB.model_features))
    window = "event_time >= '2020-01-05' AND event_time < '2020-01-10'"
    with psycopg.connect(settings.postgres_url) as postgres:
        stored = postgres.execute(
            f"SELECT {names} FROM scored_payments WHERE {window} "  # type: ignore[arg-type]
            "ORDER BY event_time, transaction_id, card_id"
        ).fetchall()
    assert len(stored) > 20
    assert f"{len(stored)} payments written to {name}" in result.stdout
    assert rows_of(f"SELECT {names} FROM '{name}'") == stored
    assert [path.name for path in Path().iterdir()] == [name]


def test_the_newest_label_counts(database: tuple[Settings, list[Row]], export: Any) -> None:
    settings, rows = database
    number = next(row["transaction_id"] for row in rows if "2020-01-03" in str(row["event_time"]))
    moment = "2020-01-03"
    with psycopg.connect(settings.postgres_url, autocommit=True) as postgres:
        for is_fraud, at, source in ((True, "2020-01-09", "a"), (False, "2020-01-12", "b")):
            postgres.execute(LABEL, [number, is_fraud, moment, at, source])
    arguments = ["--from", "2020-01-03", "--to", "2020-01-04", "--labels"]
    assert export(*arguments, "--out", "set.parquet").exit_code == 0
    found = rows_of(
        "SELECT is_fraud, label_source, COUNT(*) FROM 'set.parquet' "
        f"WHERE transaction_id = '{number}' GROUP BY ALL"
    )
    assert found == [(False, "b", 1)]
    others = rows_of(
        f"SELECT DISTINCT is_fraud FROM 'set.parquet' WHERE transaction_id <> '{number}'"
    )
    assert others == [(None,)]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--to", "2020-01-01", "--out", "set.parquet"], "is not before --to 2020-01-01"),
        (["--out", "set.xlsx"], "set.xlsx is neither .parquet nor .csv"),
        (["--out", "missing/set.csv"], "missing is not a folder"),
        (["--to", "2020-02-02", "--out", "set.csv"], "no payment is stored from"),
    ],
)
def test_what_makes_no_file_is_refused(export: Any, arguments: list[str], error: str) -> None:
    result = export("--from", "2020-02-01T23:59", *arguments)
    if error.startswith("no payment"):
        result = export("--from", "2019-01-01", "--to", "2019-02-01", "--out", "set.csv")
    assert result.exit_code == 1
    assert error in result.output
    assert list(Path().iterdir()) == []


def test_a_file_that_exists_is_kept(export: Any) -> None:
    Path("set.csv").write_text("mine")
    result = export("--from", "2020-01-05", "--out", "set.csv")
    assert result.exit_code == 1
    assert "set.csv exists" in result.output
    assert Path("set.csv").read_text() == "mine"
