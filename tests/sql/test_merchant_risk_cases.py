"""The snapshots' cases hold in DuckDB, which trains, and in Postgres, which the stream asks."""

from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from swipestream.followers.merchant_risk import SNAPSHOTS, text_of
from swipestream.settings import Settings
from tests.sql.cases import CASES_ROOT, Row, differences, hold, milliseconds, read_rows

CASES = sorted(path.parent for path in (CASES_ROOT / "merchant_risk").glob("*/expect.jsonl"))
INPUTS = {
    "hourly_payments": {"merchant_id": "text", "hour_ms": "bigint", "payment_count": "bigint"},
    "label_events": {
        "merchant_id": "text",
        "transaction_id": "text",
        "card_id": "text",
        "event_ms": "bigint",
        "is_fraud": "boolean",
        "labelled_ms": "bigint",
        "amount_to_card_usual": "double precision",
    },
    "risk_range": {"from_ms": "bigint", "to_ms": "bigint"},
}
# A case that names no range is about all of time.
ALL_HOURS = [{"from_ms": 0, "to_ms": 8_000_000_000_000_000}]


def rows_of(case: Path, relation: str) -> list[Row]:
    """A file's rows; a text in a column of milliseconds is a time."""
    path = case / f"{relation}.jsonl"
    rows = read_rows(path) if path.exists() else ALL_HOURS if relation == "risk_range" else []
    return [
        {
            name: milliseconds(value) if name.endswith("_ms") and isinstance(value, str) else value
            for name, value in row.items()
        }
        for row in rows
    ]


def statements(case: Path) -> str:
    """One statement: a case's rows as the query's inputs, then the query as it is."""

    def literal(value: Any) -> str:
        return "NULL" if value is None else f"'{value}'" if isinstance(value, str) else str(value)

    inputs = []
    for relation, columns in INPUTS.items():
        rows = [
            "SELECT " + ", ".join(f"CAST({literal(row.get(name))} AS {kind}) AS {name}"
                                  for name, kind in columns.items())
            for row in rows_of(case, relation)
        ]  # fmt: skip
        nothing = "SELECT " + ", ".join(f"CAST(NULL AS {k}) AS {n}" for n, k in columns.items())
        inputs.append(f"{relation} AS ({' UNION ALL '.join(rows) or nothing + ' WHERE FALSE'})")
    return f"WITH {', '.join(inputs)}, snapshots AS ({text_of(SNAPSHOTS)}) SELECT * FROM snapshots"


def check(case: Path, names: list[str], rows: list[tuple[Any, ...]]) -> None:
    found = differences(
        rows_of(case, "expect"), [dict(zip(names, row, strict=True)) for row in rows]
    )
    hold(case.name, found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_holds_in_duckdb(case: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET integer_division = true")
        result = connection.execute(statements(case))
        check(case, [column[0] for column in result.description or ()], result.fetchall())


@pytest.mark.stack
def test_cases_hold_in_postgres(stack: Settings) -> None:
    with psycopg.connect(stack.postgres_url) as connection:
        for case in CASES:
            cursor = connection.execute(statements(case).encode())
            check(case, [column.name for column in cursor.description or ()], cursor.fetchall())
