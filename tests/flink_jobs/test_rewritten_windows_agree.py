"""
A view's windows in DuckDB, as written, and in Flink, rewritten, give the same for every payment.

The views are made up: every function of every kind of column, with and without FILTER, over windows
of each kind, behind guards where they need one. Payments are in order, no two of a card at the same
time, with gaps from a millisecond to more than a card keeps, and with NULLs.
"""

import json
import os
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flink_jobs.score_payments import JOB
from flink_jobs.window_rewrite import flink_text
from swipestream.settings import Settings
from swipestream.stack.functions_jar import ensure_flink_jars, flink_jars
from swipestream.stack.java import java_home

SEED = 20
CARDS, PAYMENTS = 6, 600
EXPRESSIONS_A_VIEW = 60
EPOCH = datetime(1970, 1, 1)
START_MS = 1_900_000_000_000
HOUR_MS = 3_600_000
WEEK_MS = 168 * HOUR_MS
HISTORY = JOB.histories["history/card_activity"]
COLUMNS = {
    "transaction_id": "VARCHAR",
    "card_id": "VARCHAR",
    "merchant_id": "VARCHAR",
    "device_id": "VARCHAR",
    "channel": "VARCHAR",
    "amount_cents": "BIGINT",
    "item_count": "INT",
    "latitude": "DOUBLE",
    "is_abroad": "BOOLEAN",
    "event_ms": "BIGINT",
    "event_time": "TIMESTAMP(3)",
    "kafka_offset": "BIGINT",
    "reason": "VARCHAR",
}
NUMBERS = (
    "amount_cents",
    "item_count",
    "latitude",
    "event_ms",
    "amount_cents * 2 - item_count",
    "CAST(amount_cents AS DOUBLE) / 7",
    "CASE WHEN channel = 'online' THEN amount_cents END",
)
WORDS = ("merchant_id", "device_id", "channel || merchant_id")
CONDITIONS = (
    "is_abroad",
    "channel = 'online'",
    "amount_cents > 500 OR latitude < 0",
    "NOT is_abroad",
)
CALLS = (
    "COUNT(*)",
    *(f"COUNT({column})" for column in (*WORDS, "latitude", "is_abroad")),
    *(f"COUNT(DISTINCT {column})" for column in (*WORDS, *NUMBERS, "is_abroad")),
    *(
        f"{function}({column})"
        for function, column in product(("SUM", "AVG", "MIN", "MAX"), NUMBERS)
    ),
    # Of times, whose spread is small beside their size, DuckDB itself loses digits.
    *(f"STDDEV({column})" for column in NUMBERS if column != "event_ms"),
)
PICKS = tuple(
    f"{function}({column})"
    for function, column in product(("FIRST_VALUE", "LAST_VALUE"), (*NUMBERS, "is_abroad"))
)
WINDOWS = """WINDOW
    so_far AS (PARTITION BY card_id ORDER BY kafka_offset),
    payments AS (PARTITION BY card_id ORDER BY event_ms, kafka_offset),
    last_5 AS (
        PARTITION BY card_id ORDER BY event_ms, kafka_offset
        ROWS BETWEEN 4 PRECEDING AND CURRENT ROW
    ),
    last_7d AS (
        PARTITION BY card_id ORDER BY event_time
        RANGE BETWEEN INTERVAL '7' DAY PRECEDING AND CURRENT ROW
    ),
    last_hour AS (
        PARTITION BY card_id ORDER BY event_ms
        RANGE BETWEEN 3600000 PRECEDING AND CURRENT ROW
    )
"""
INLINE = (
    "(PARTITION BY card_id ORDER BY event_time "
    "RANGE BETWEEN INTERVAL '36' HOUR PRECEDING AND CURRENT ROW)"
)

Row = dict[str, Any]


def made_up_payments(draw: random.Random) -> list[Row]:
    """In the order of arrival."""
    gaps = (1, 7, 1000, 60_000, HOUR_MS - 1, HOUR_MS, 30 * HOUR_MS, WEEK_MS, 10 * 24 * HOUR_MS)
    now = dict.fromkeys(range(CARDS), START_MS)
    rows = []
    for number in range(PAYMENTS):
        card = draw.randrange(CARDS)
        # Few long gaps, so that windows fill.
        now[card] += draw.choices(gaps, weights=(4, 4, 6, 8, 8, 4, 4, 1, 1))[0]
        moment = EPOCH + timedelta(milliseconds=now[card])
        rows.append(
            {
                "transaction_id": f"t{number}",
                "card_id": f"c{card}",
                "merchant_id": f"m{draw.randrange(9)}",
                "device_id": draw.choice([None, "d1", "d2", "d3"]),
                "channel": draw.choice([None, "online", "pos"]),
                "amount_cents": draw.choice([None, 0, -250, draw.randrange(1, 1_000_000)]),
                "item_count": draw.choice([None, draw.randrange(1, 5)]),
                "latitude": draw.choice([None, round(draw.uniform(-90, 90), 6)]),
                "is_abroad": draw.choice([None, True, False]),
                "event_ms": now[card],
                "event_time": moment.isoformat(" ", "milliseconds"),
                "kafka_offset": number,
                "reason": "no good" if draw.random() < 0.05 else None,
            }
        )
    return rows


def expressions(draw: random.Random) -> Iterator[str]:
    """What views select: each call once over time and once over rows, LAGs, and the newest time."""
    for call in (*CALLS, *PICKS):
        condition = f" FILTER (WHERE {draw.choice(CONDITIONS)})" if draw.random() < 0.5 else ""
        call += condition if call in CALLS else ""
        yield f"{call} OVER {draw.choice(('last_7d', 'last_hour', INLINE))}"
        bound = draw.choice((HOUR_MS, WEEK_MS))
        yield (
            f"CASE WHEN COUNT(*) OVER last_5 = 5 AND event_ms - FIRST_VALUE(event_ms) OVER last_5 "
            f"<= {bound} THEN {call} OVER last_5 END"
        )
    for column, offset in product((*NUMBERS, "is_abroad"), (1, 3)):
        bound = draw.choice((HOUR_MS, WEEK_MS))
        yield (
            f"CASE WHEN event_ms - LAG(event_ms, {offset}) OVER payments <= {bound} "
            f"THEN LAG({column}, {offset}) OVER payments END"
        )
    yield "MAX(event_ms) OVER so_far - event_ms"
    yield "SUM(amount_cents) OVER last_7d - amount_cents"
    yield "amount_cents / CAST(COUNT(*) OVER last_7d AS DOUBLE)"
    yield "COALESCE(CAST(COUNT(*) OVER last_hour - 1 AS INT), -1)"


def views(draw: random.Random) -> list[tuple[str, Sequence[str]]]:
    """The text of each view, and its expressions; their columns are x0, x1 and so on."""
    mixed = list(expressions(draw))
    draw.shuffle(mixed)
    made: list[tuple[str, Sequence[str]]] = []
    for number, begin in enumerate(range(0, len(mixed), EXPRESSIONS_A_VIEW)):
        some = mixed[begin : begin + EXPRESSIONS_A_VIEW]
        listed = ",\n    ".join(f"{text} AS x{place}" for place, text in enumerate(some))
        head = f"CREATE TEMPORARY VIEW view_{number} AS\nSELECT\n    *,\n    {listed}\n"
        made.append((f"{head}FROM payments\n{WINDOWS}", some))
    return made


def in_duckdb(rows: Sequence[Row], texts: Sequence[str], folder: Path) -> list[dict[str, Row]]:
    """Each view's rows by transaction_id; rejected payments are not there for it."""
    file = folder / "payments.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    types = ", ".join(f"{name}: '{kind}'" for name, kind in COLUMNS.items())
    results = []
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE VIEW payments AS SELECT * FROM read_json('{file}', columns = {{{types}}}) "
            "WHERE reason IS NULL"
        )
        for number, text in enumerate(texts):
            connection.execute(text)
            found = connection.execute(f"SELECT * FROM view_{number}")
            names = [column[0] for column in found.description]
            listed = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
            results.append({row["transaction_id"]: row for row in listed})
    return results


def in_flink(rows: Sequence[Row], texts: Sequence[str], folder: Path) -> list[dict[str, Row]]:
    """The same, of one Flink job: each view's new payments."""
    os.environ["JAVA_HOME"] = str(java_home())
    from pyflink.table import EnvironmentSettings, TableEnvironment

    settings = Settings.load()
    ensure_flink_jars(settings)
    environment = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    jars = ";".join(path.as_uri() for path in flink_jars(settings))
    for name, value in {
        "pipeline.jars": jars,
        "parallelism.default": "1",
        "restart-strategy.type": "none",
    }.items():
        environment.get_config().set(name, value)
    environment.execute_sql(
        "CREATE TEMPORARY SYSTEM FUNCTION trailing_windows AS 'swipestream.windows.TrailingWindows'"
    )
    source = folder / "source"
    source.mkdir()
    (source / "rows").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    declared = ", ".join(
        f"{name} {kind.replace('VARCHAR', 'STRING')}" for name, kind in COLUMNS.items()
    )
    environment.execute_sql(
        f"CREATE TEMPORARY TABLE payments ({declared}) WITH ({files_in(source)})"
    )
    statements = environment.create_statement_set()
    for number, text in enumerate(texts):
        view, sink = f"view_{number}", f"sink_{number}"
        environment.execute_sql(flink_text(text, f"{view}.sql", HISTORY))
        with environment.execute_sql(f"DESCRIBE {view}").collect() as described:
            columns = {
                row[0]: row[1]
                for row in described
                if row[0].startswith("x") or row[0] in ("transaction_id", "outcome")
            }
        declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        environment.execute_sql(
            f"CREATE TEMPORARY TABLE {sink} ({declared}) WITH ({files_in(folder / sink)})"
        )
        statements.add_insert_sql(f"INSERT INTO {sink} SELECT {', '.join(columns)} FROM {view}")
    statements.execute().wait()
    results = []
    for number in range(len(texts)):
        listed = [
            json.loads(line)
            for path in (folder / f"sink_{number}").glob("[!_.]*")
            for line in path.read_text("utf-8").splitlines()
        ]
        assert len(listed) == len(rows)
        assert {row["outcome"] for row in listed} == {"new", "skipped"}
        results.append({row["transaction_id"]: row for row in listed if row["outcome"] == "new"})
    return results


def files_in(folder: Path) -> str:
    """A table's options."""
    return (
        f"'connector' = 'filesystem', 'path' = '{folder.as_uri()}', 'format' = 'json', "
        "'json.timestamp-format.standard' = 'SQL'"
    )


def is_same(left: Any, right: Any) -> bool:
    if isinstance(left, float) or isinstance(right, float):
        return None not in (left, right) and left == pytest.approx(right, rel=1e-9, abs=1e-9)
    return bool(left == right)


def test_windows_are_the_same_in_duckdb_and_in_flink(
    environment: dict[str, str], tmp_path: Path
) -> None:
    draw = random.Random(SEED)
    rows, made = made_up_payments(draw), views(draw)
    texts = [text for text, _ in made]
    expected, found = in_duckdb(rows, texts, tmp_path), in_flink(rows, texts, tmp_path)
    different: dict[str, str] = {}
    for (_, selected), by_duckdb, by_flink in zip(made, expected, found, strict=True):
        assert by_duckdb.keys() == by_flink.keys()
        for place, expression in enumerate(selected):
            name = f"x{place}"
            values = [(by_duckdb[number][name], by_flink[number].get(name)) for number in by_duckdb]
            # What is NULL throughout would prove nothing.
            assert any(left is not None for left, _ in values), expression
            wrong = [(left, right) for left, right in values if not is_same(left, right)]
            if wrong:
                different[expression] = f"{len(wrong)} of {len(values)}, such as {wrong[0]}"
    assert not different, "DuckDB and Flink differ:\n" + "\n".join(
        f"{expression}: {what}" for expression, what in different.items()
    )
