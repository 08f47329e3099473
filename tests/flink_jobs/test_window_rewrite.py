"""Windows in standard SQL become one call of trailing_windows, or are refused with their line."""

import json
import random
import re
import subprocess
import sys
from typing import Any

import pytest

from flink_jobs.job import JobFilesError
from flink_jobs.score_payments import JOB
from flink_jobs.window_rewrite import flink_text

HISTORY = JOB.histories["history/card_activity"]
WINDOWS = """FROM payments
WINDOW
    so_far AS (PARTITION BY card_id ORDER BY kafka_offset),
    payments AS (PARTITION BY card_id ORDER BY event_ms, kafka_offset),
    last_10 AS (
        PARTITION BY card_id
        ORDER BY event_ms, kafka_offset
        ROWS BETWEEN 9 PRECEDING AND CURRENT ROW
    ),
    last_24h AS (
        PARTITION BY card_id
        ORDER BY event_time
        RANGE BETWEEN INTERVAL '24' HOUR PRECEDING AND CURRENT ROW
    )
"""
DAY = {"range_ms": 86_400_000}
YOUNG = "event_ms - LAG(event_ms) OVER payments <= 604800000"
TEN = "COUNT(*) OVER last_10 = 10 AND event_ms - FIRST_VALUE(event_ms) OVER last_10 <= 604800000"


def rewritten(expression: str, windows: str = WINDOWS) -> str:
    """A view of one expression, as Flink runs it."""
    text = f"CREATE TEMPORARY VIEW card_windows AS\nSELECT\n    *,\n    {expression}\n{windows}"
    return flink_text(text, "sql/card_windows.sql", HISTORY)


def spec_of(text: str) -> dict[str, Any]:
    """The spec that the function gets."""
    found = re.search(r"spec => '(.*?)',\n    uid", text, re.DOTALL)
    assert found
    spec: dict[str, Any] = json.loads(found[1])
    return spec


def outputs(text: str) -> list[dict[str, Any]]:
    """The values that the function computes, without their names."""
    listed = spec_of(text)["outputs"]
    assert [output.pop("name") for output in listed] == [f"_w{n}" for n in range(len(listed))]
    return listed  # type: ignore[no-any-return]


def test_the_text_in_production_becomes_one_call() -> None:
    text = JOB.statement("history/card_activity", {})
    before, select = text.split("CREATE TEMPORARY VIEW ")
    assert before.startswith("-- card_activity: ")
    assert (
        select
        == """card_activity AS
SELECT
    *,
    _w0 - event_ms AS came_behind_ms,
    -- An older one says nothing about a distance or a speed, and a card may not keep it.
    CASE
        WHEN event_ms - _w1 <= 604800000 THEN _w1
    END AS previous_ms,
    CASE
        WHEN event_ms - _w1 <= 604800000 THEN _w2
    END AS previous_latitude,
    CASE
        WHEN event_ms - _w1 <= 604800000 THEN _w3
    END AS previous_longitude,
    -- OVER always includes the current row, so take it back out.
    -- The geometric mean: a few large payments, as a thief makes them, hardly move it. Logarithms
    -- are summed as whole millionths, because sums of fractions differ between engines.
    EXP(
        CAST(
            _w4
            - CAST(
                FLOOR(1000000 * LN(CAST(GREATEST(amount_cents, 0) AS DOUBLE PRECISION) + 1))
                AS BIGINT
            ) AS DOUBLE PRECISION
        )
        / (1000000 * NULLIF(_w5 - 1, 0))
    ) AS card_usual_cents_30d,
    _w6 AS card_largest_cents_14d,
    _w7 AS card_largest_cents_7d,
    CAST(_w8 - 1 AS INT) AS card_txn_count_7d,
    CAST(_w9 - amount_cents AS BIGINT) AS card_amount_cents_7d,
    CAST(_w10 AS INT) AS card_merchant_count_7d,
    CAST(_w11 - 1 AS INT) AS card_txn_count_24h,
    CAST(_w12 - amount_cents AS BIGINT) AS card_amount_cents_24h,
    CAST(_w13 AS INT) AS card_merchant_count_24h,
    CAST(_w14 - 1 AS INT) AS card_txn_count_5m,
    CAST(_w15 - amount_cents AS BIGINT) AS card_amount_cents_5m,
    CAST(_w16 AS INT) AS card_merchant_count_5m
FROM trailing_windows(
    input => (
        SELECT
            *,
            CAST( FLOOR(1000000 * LN(CAST(GREATEST(amount_cents, 0) AS DOUBLE PRECISION) + 1)) AS BIGINT ) AS _a0
        FROM payments_checked
    ) PARTITION BY card_id,
    spec => '{
        "id": "transaction_id",
        "time": "event_ms",
        "skip_if": "reason",
        "same": ["amount_cents", "merchant_id", "event_ms"],
        "keep_ms": 2764800000,
        "most": 10000,
        "forget_after_ms": 5184000000,
        "kept": ["amount_cents", "merchant_id", "_a0", "latitude", "longitude"],
        "outputs": [
            {"name": "_w0", "function": "NEWEST"},
            {"name": "_w1", "function": "LAG", "column": "event_ms", "offset": 1},
            {"name": "_w2", "function": "LAG", "column": "latitude", "offset": 1},
            {"name": "_w3", "function": "LAG", "column": "longitude", "offset": 1},
            {"name": "_w4", "function": "SUM", "column": "_a0", "range_ms": 2592000000},
            {"name": "_w5", "function": "COUNT", "range_ms": 2592000000},
            {"name": "_w6", "function": "MAX", "column": "amount_cents", "range_ms": 1209600000},
            {"name": "_w7", "function": "MAX", "column": "amount_cents", "range_ms": 604800000},
            {"name": "_w8", "function": "COUNT", "range_ms": 604800000},
            {"name": "_w9", "function": "SUM", "column": "amount_cents", "range_ms": 604800000},
            {"name": "_w10", "function": "COUNT_DISTINCT", "column": "merchant_id", "range_ms": 604800000},
            {"name": "_w11", "function": "COUNT", "range_ms": 86400000},
            {"name": "_w12", "function": "SUM", "column": "amount_cents", "range_ms": 86400000},
            {"name": "_w13", "function": "COUNT_DISTINCT", "column": "merchant_id", "range_ms": 86400000},
            {"name": "_w14", "function": "COUNT", "range_ms": 300000},
            {"name": "_w15", "function": "SUM", "column": "amount_cents", "range_ms": 300000},
            {"name": "_w16", "function": "COUNT_DISTINCT", "column": "merchant_id", "range_ms": 300000}
        ]
    }',
    uid => 'card_activity'
)
"""  # noqa: E501
    )


@pytest.mark.parametrize(
    ("call", "output"),
    [
        ("COUNT(*)", {"function": "COUNT"}),
        ("COUNT(1)", {"function": "COUNT"}),
        ("COUNT(device_id)", {"function": "COUNT", "column": "device_id"}),
        ("SUM(amount_cents)", {"function": "SUM", "column": "amount_cents"}),
        ("sum(amount_cents)", {"function": "SUM", "column": "amount_cents"}),
        ("AVG(latitude)", {"function": "AVG", "column": "latitude"}),
        ("MIN(event_ms)", {"function": "MIN", "column": "event_ms"}),
        ("MAX(amount_cents)", {"function": "MAX", "column": "amount_cents"}),
        ("STDDEV(amount_cents)", {"function": "STDDEV_SAMP", "column": "amount_cents"}),
        ("STDDEV_SAMP(amount_cents)", {"function": "STDDEV_SAMP", "column": "amount_cents"}),
        ("FIRST_VALUE(latitude)", {"function": "FIRST_VALUE", "column": "latitude"}),
        ("LAST_VALUE(latitude)", {"function": "LAST_VALUE", "column": "latitude"}),
        ("COUNT(DISTINCT merchant_id)", {"function": "COUNT_DISTINCT", "column": "merchant_id"}),
    ],
)
def test_functions(call: str, output: dict[str, Any]) -> None:
    assert outputs(rewritten(f"{call} OVER last_24h AS x")) == [output | DAY]


@pytest.mark.parametrize(
    ("window", "frame"),
    [
        ("event_time RANGE BETWEEN INTERVAL '7' DAY PRECEDING AND CURRENT ROW", 604_800_000),
        ("event_time RANGE BETWEEN INTERVAL '32 days' PRECEDING AND CURRENT ROW", 2_764_800_000),
        ("event_time RANGE BETWEEN INTERVAL 1 WEEK PRECEDING AND CURRENT ROW", 604_800_000),
        ("event_time ASC RANGE INTERVAL '90' SECOND PRECEDING", 90_000),
        ("event_time RANGE BETWEEN INTERVAL '5' MINUTES PRECEDING AND CURRENT ROW", 300_000),
        ("event_time RANGE BETWEEN INTERVAL '1' MILLISECOND PRECEDING AND CURRENT ROW", 1),
        ("event_ms RANGE BETWEEN 3600000 PRECEDING AND CURRENT ROW", 3_600_000),
    ],
)
def test_frames_of_time(window: str, frame: int) -> None:
    text = rewritten(
        f"COUNT(*) OVER (PARTITION BY card_id ORDER BY {window}) AS x", "FROM payments"
    )
    assert outputs(text) == [{"function": "COUNT", "range_ms": frame}]


def test_frames_of_rows_behind_their_guard() -> None:
    text = rewritten(f"CASE WHEN {TEN} THEN SUM(amount_cents) OVER last_10 END AS x")
    assert outputs(text) == [
        {"function": "COUNT", "rows": 9},
        {"function": "FIRST_VALUE", "column": "event_ms", "rows": 9},
        {"function": "SUM", "column": "amount_cents", "rows": 9},
    ]
    assert "CASE WHEN _w0 = 10 AND event_ms - _w1 <= 604800000 THEN _w2 END AS x" in text


def test_the_newest_time_so_far() -> None:
    assert outputs(rewritten("MAX(event_ms) OVER so_far AS x")) == [{"function": "NEWEST"}]


@pytest.mark.parametrize(
    "expression",
    [
        f"CASE WHEN {YOUNG} THEN LAG(latitude) OVER payments END AS x",
        f"CASE WHEN ({YOUNG}) AND latitude > 0 THEN LAG(latitude, 1) OVER payments END AS x",
        f"CASE WHEN LAG(latitude) OVER payments > 0 AND {YOUNG} THEN 1 ELSE 0 END AS x",
        f"COALESCE(CASE WHEN {YOUNG.replace('<=', '<')} THEN 1 END, 0) AS x",
        # Who knows the payment three back knows the one before as well, and a frame of three.
        "CASE WHEN event_ms - LAG(event_ms, 3) OVER payments <= 1000"
        " THEN LAG(latitude) OVER payments END AS x",
        f"CASE WHEN {TEN} THEN 1 + CASE WHEN amount_cents > 0 THEN LAG(latitude, 9) OVER payments"
        " ELSE 0 END END AS x",
        "CASE WHEN event_ms - LAG(event_ms, 9) OVER payments <= 1000"
        " THEN AVG(amount_cents) OVER last_10 END AS x",
    ],
)
def test_what_counts_as_a_guard(expression: str) -> None:
    rewritten(expression)


def test_equal_calls_are_computed_once() -> None:
    inline = (
        "PARTITION BY card_id ORDER BY event_time RANGE BETWEEN INTERVAL '1' DAY PRECEDING "
        "AND CURRENT ROW"
    )
    text = rewritten(
        f"SUM(amount_cents) OVER last_24h AS a,\n    SUM( amount_cents ) OVER ({inline}) AS b,\n"
        "    SUM(amount_cents) FILTER (WHERE latitude > 0) OVER last_24h AS c,\n"
        "    SUM(amount_cents) FILTER (WHERE latitude  >  0) OVER last_24h AS d"
    )
    assert "    _w0 AS a,\n    _w0 AS b,\n    _w1 AS c,\n    _w1 AS d\nFROM" in text
    assert len(outputs(text)) == 2


def test_arguments_and_conditions_become_columns_of_what_is_read() -> None:
    text = rewritten(
        "SUM(amount_cents * 2) FILTER (WHERE channel = 'it''s') OVER last_24h AS a,\n"
        "    COUNT(DISTINCT CASE WHEN latitude > 0 -- north\n  THEN device_id END)\n"
        "        FILTER (WHERE is_online) OVER last_24h AS b,\n"
        f"    CASE WHEN {YOUNG} THEN LAG(latitude + 1, 1) OVER payments END AS c"
    )
    assert (
        """FROM trailing_windows(
    input => (
        SELECT
            *,
            amount_cents * 2 AS _a0,
            CASE WHEN latitude > 0 THEN device_id END AS _a1,
            latitude + 1 AS _a2,
            channel = 'it''s' AS _f0
        FROM payments
    ) PARTITION BY card_id,
"""
        in text
    )
    assert outputs(text) == [
        {"function": "SUM", "column": "_a0", **DAY, "filter": "_f0"},
        {"function": "COUNT_DISTINCT", "column": "_a1", **DAY, "filter": "is_online"},
        {"function": "LAG", "column": "event_ms", "offset": 1},
        {"function": "LAG", "column": "_a2", "offset": 1},
    ]
    assert spec_of(text)["kept"] == [
        "amount_cents",
        "merchant_id",
        "_a0",
        "_a1",
        "_a2",
        "_f0",
        "is_online",
    ]


def test_one_expression_can_be_an_argument_and_a_condition() -> None:
    text = rewritten("COUNT(DISTINCT a > 1) FILTER (WHERE a > 1) OVER last_24h AS x")
    assert "            a > 1 AS _a0,\n            a > 1 AS _f0\n" in text


def test_a_filter_may_do_without_where() -> None:
    text = rewritten("COUNT(*) FILTER (NOT is_online) OVER last_24h AS a")
    assert "            NOT is_online AS _f0\n" in text


def test_the_rest_of_the_text_stays_as_it_was_written() -> None:
    text = rewritten(
        "CAST( COUNT(*)\n  OVER last_24h-1 AS   INT) AS n, -- ' OVER w\n"
        "    latitude IS DISTINCT FROM longitude AS \u00fcber,\n"
        "    ' OVER ' || channel AS words /* FROM */"
    )
    assert (
        "    CAST( _w0-1 AS   INT) AS n, -- ' OVER w\n"
        "    latitude IS DISTINCT FROM longitude AS \u00fcber,\n"
        "    ' OVER ' || channel AS words /* FROM */\nFROM trailing_windows(" in text
    )


@pytest.mark.parametrize(
    "expression",
    [
        "SUM(amount_cents) OVER last_24h / CAST(COUNT(*) OVER last_24h AS DOUBLE) AS x",
        "CAST(amount_cents AS DOUBLE) * 2 / COUNT(*) OVER last_24h AS x",
        "amount_cents / AVG(amount_cents) OVER last_24h AS x",
        "CAST(FLOOR(AVG(amount_cents) OVER last_24h) AS BIGINT) AS x",
        "amount_cents / CAST(COUNT(*) OVER last_24h AS DOUBLE PRECISION) AS x",
    ],
)
def test_divisions_of_doubles_are_the_same_in_all_engines(expression: str) -> None:
    rewritten(expression)


OVER = "OVER (PARTITION BY card_id ORDER BY {})"
TIME = "event_time RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW"

REFUSED = {
    # functions
    "rank": ("RANK() OVER last_24h AS x", 4, "RANK() is not a window", "use COUNT"),
    "nth value": ("NTH_VALUE(latitude, 2) OVER last_10 AS x", 4, "NTH_VALUE() is no", "use COUNT"),
    "median": ("MEDIAN(latitude) OVER last_24h AS x", 4, "MEDIAN() is no", "use COUNT"),
    "own function": ("mine(latitude) OVER last_24h AS x", 4, "mine() is no", "use COUNT"),
    "lead": ("LEAD(latitude) OVER payments AS x", 4, "LEAD() is no", "use COUNT"),
    "population": ("STDDEV_POP(latitude) OVER last_24h AS x", 4, "STDDEV_POP() is", "STDDEV"),
    "second line": ("1 AS y,\n    RANK() OVER last_24h AS x", 5, "RANK() is no", "use COUNT"),
    # arguments
    "default of lag": (
        "CASE WHEN " + YOUNG + " THEN LAG(latitude, 1, 0) OVER payments END AS x",
        4,
        "does not know `LAG(latitude, 1, 0) OVER payments`",
        "no default",
    ),
    "rows of lag": ("LAG(latitude, 0) OVER payments AS x", 4, "how many rows", "from 1 to 9999"),
    "lag by a column": ("LAG(latitude, n) OVER payments AS x", 4, "how many rows", "from 1 to"),
    "nulls": ("LAG(latitude IGNORE NULLS) OVER payments AS x", 4, "NULLs", "leave it out"),
    "nulls outside": ("LAG(latitude) IGNORE NULLS OVER payments AS x", 4, "NULLs", "leave it"),
    "distinct sum": ("SUM(DISTINCT latitude) OVER last_24h AS x", 4, "SUM(DISTINCT", "one value"),
    "two distinct": ("COUNT(DISTINCT a, b) OVER last_24h AS x", 4, "COUNT(DISTINCT a, b)", "one"),
    "distinct nothing": ("COUNT(DISTINCT ) OVER last_24h AS x", 4, "COUNT(DISTINCT", "one value"),
    "no value": ("COUNT() OVER last_24h AS x", 4, "COUNT()", "one value"),
    "a pair": ("COUNT(DISTINCT (a, b)) OVER last_24h AS x", 4, "COUNT(DISTINCT (a, b))", "one"),
    "two values": ("COUNT(a, b) OVER last_24h AS x", 4, "COUNT(a, b)", "one value"),
    "most of two": ("MAX(latitude, 2) OVER last_24h AS x", 4, "MAX(latitude, 2)", "one value"),
    "order inside": ("SUM(a ORDER BY b) OVER last_24h AS x", 4, "ORDER BY b", "one value"),
    "star": ("SUM(*) OVER last_24h AS x", 4, "SUM(*)", "one value"),
    "timestamp": ("MAX(event_time) OVER last_24h AS x", 4, "timestamp", "use event_ms"),
    "filter of lag": ("LAG(a) FILTER (WHERE b) OVER payments AS x", 4, "FILTER", "into CASE"),
    "filter of newest": (
        "MAX(event_ms) FILTER (WHERE b) OVER so_far AS x", 4, "FILTER", "into CASE",
    ),
    "window of a window": (
        "SUM(COUNT(*) OVER last_24h) OVER last_24h AS x", 4, "inside another", "view of its own",
    ),
    "window in the order": (
        f"SUM(a) {OVER.format('COUNT(*) OVER last_24h')} AS x", 4, "inside another", "view of",
    ),
    "aggregate inside": ("SUM(MAX(a)) OVER last_24h AS x", 4, "SUM(MAX(a))", "one value"),
    # windows
    "no such window": ("COUNT(*) OVER last_1h AS x", 4, "no window last_1h", "so_far, payments"),
    "nothing": ("COUNT(*) OVER () AS x", 4, "OVER () says nothing", "PARTITION BY"),
    "no key": ("COUNT(*) OVER (ORDER BY a) AS x", 4, "partitioned by nothing", "one column"),
    "two keys": (
        "COUNT(*) OVER (PARTITION BY card_id, channel ORDER BY event_time) AS x",
        4, "partitioned by card_id, channel", "one column",
    ),
    "computed key": (
        "COUNT(*) OVER (PARTITION BY UPPER(card_id) ORDER BY event_time) AS x",
        4, "partitioned by UPPER(card_id)", "one column",
    ),
    "another key": (
        "COUNT(*) OVER last_24h AS x,\n    COUNT(*) OVER (\n        PARTITION BY merchant_id\n"
        f"        ORDER BY {TIME}) AS y",
        6, "partitioned by merchant_id, another one by card_id", "view of their own",
    ),
    "inherited": (
        "COUNT(*) OVER (payments ROWS 9 PRECEDING) AS x", 4, "from window payments", "out in it",
    ),
    "no order": ("COUNT(*) OVER (PARTITION BY card_id) AS x", 4, "no order", "RANGE BETWEEN"),
    "downwards": (
        f"COUNT(*) {OVER.format(TIME.replace('event_time', 'event_time DESC'))} AS x",
        4, "event_time DESC", "leave out DESC",
    ),
    "nulls first": (
        f"COUNT(*) {OVER.format(TIME.replace('event_time', 'event_time NULLS FIRST'))} AS x",
        4, "NULLS FIRST", "leave out",
    ),
    "no frame": ("SUM(a) OVER payments AS x", 4, "`SUM(a) OVER payments` has no end", "RANGE"),
    "newest of another": ("MAX(latitude) OVER so_far AS x", 4, "has no end", "RANGE BETWEEN"),
    "order of lag": ("LAG(a) OVER so_far AS x", 7, "LAG goes by kafka_offset", "event_ms, kafka"),
    "lag with a frame": ("LAG(a) OVER last_10 AS x", 11, "LAG has a frame", "without a frame"),
    # frames
    "unbounded": (
        f"SUM(a) {OVER.format('event_time RANGE UNBOUNDED PRECEDING')} AS x",
        4, "the frame RANGE UNBOUNDED PRECEDING", "RANGE BETWEEN",
    ),
    "following": (
        f"SUM(a) {OVER.format(TIME.replace('CURRENT ROW', '1 FOLLOWING'))} AS x",
        4, "AND 1 FOLLOWING", "CURRENT ROW",
    ),
    "ending before": (
        f"SUM(a) {OVER.format('event_ms RANGE BETWEEN 9 PRECEDING AND 1 PRECEDING')} AS x",
        4, "AND 1 PRECEDING", "CURRENT ROW",
    ),
    "current only": (
        f"SUM(a) {OVER.format('event_ms RANGE BETWEEN CURRENT ROW AND CURRENT ROW')} AS x",
        4, "BETWEEN CURRENT ROW", "PRECEDING",
    ),
    "groups": (
        f"SUM(a) {OVER.format('event_ms GROUPS BETWEEN 9 PRECEDING AND CURRENT ROW')} AS x",
        4, "GROUPS BETWEEN", "RANGE BETWEEN",
    ),
    "exclude": (f"SUM(a) {OVER.format(TIME + ' EXCLUDE TIES')} AS x", 4, "EXCLUDE TIES", "RANGE"),
    "months": (
        f"SUM(a) {OVER.format(TIME.replace('DAY', 'MONTH'))} AS x", 4, "'1' MONTH", "HOUR",
    ),
    "half a day": (f"SUM(a) {OVER.format(TIME.replace('1', '0.5'))} AS x", 4, "'0.5'", "HOUR"),
    "computed bound": (
        f"SUM(a) {OVER.format('event_ms RANGE BETWEEN 5 * 60 PRECEDING AND CURRENT ROW')} AS x",
        4, "5 * 60", "RANGE",
    ),
    "too long": (
        f"SUM(a) {OVER.format(TIME.replace('1', '33'))} AS x", 4, "2851200000 ms", "2764800000",
    ),
    "too short": (f"SUM(a) {OVER.format(TIME.replace('1', '0'))} AS x", 4, "is 0 ms", "use 1 to"),
    "too many rows": (
        f"SUM(a) {OVER.format('event_ms, kafka_offset ROWS 10000 PRECEDING')} AS x",
        4, "10000 rows", "use 1 to 9999",
    ),
    "interval by number": (
        f"SUM(a) {OVER.format(TIME.replace('event_time', 'event_ms'))} AS x",
        4, "ordered by event_ms", "order it by event_time",
    ),
    "number by timestamp": (
        f"SUM(a) {OVER.format('event_time RANGE 9 PRECEDING')} AS x",
        4, "ordered by event_time", "order it by event_ms",
    ),
    "rows by time alone": (
        f"SUM(a) {OVER.format('event_ms ROWS 9 PRECEDING')} AS x",
        4, "ordered by event_ms", "event_ms, kafka_offset",
    ),
    "rows of an interval": (
        f"SUM(a) {OVER.format(TIME.replace('RANGE', 'ROWS'))} AS x", 4, "ROWS BETWEEN INTERVAL",
        "RANGE",
    ),
    # guards
    "lag without a guard": (
        "LAG(latitude) OVER payments AS x", 4, "`LAG(latitude) OVER payments` may count rows",
        "CASE WHEN event_ms - LAG(event_ms, 1) OVER w <= 2592000000 THEN ... END",
    ),
    "lag in else": (
        f"CASE WHEN {YOUNG} THEN 0\n    ELSE LAG(latitude) OVER payments END AS x",
        5, "may count", "CASE WHEN event_ms",
    ),
    "lag in another branch": (
        f"CASE WHEN {YOUNG} THEN 0\n WHEN LAG(a) OVER payments > 1 THEN 1 END AS x",
        5, "may count", "CASE WHEN event_ms",
    ),
    "guard with or": (
        f"CASE WHEN {YOUNG} OR latitude > 0 THEN LAG(latitude) OVER payments END AS x",
        4, "may count", "CASE WHEN event_ms",
    ),
    "guard turned round": (
        f"CASE WHEN NOT ({YOUNG}) THEN LAG(latitude) OVER payments END AS x",
        4, "may count", "CASE WHEN event_ms",
    ),
    "guard of fewer rows": (
        f"CASE WHEN {YOUNG} THEN LAG(latitude, 2) OVER payments END AS x",
        4, "`LAG(latitude, 2) OVER payments`", "LAG(event_ms, 2)",
    ),
    "guard of something else": (
        "CASE WHEN event_ms - LAG(a) OVER payments <= 9 THEN LAG(b) OVER payments END AS x",
        4, "may count", "LAG(event_ms, 1)",
    ),
    "guard in a simple case": (
        f"CASE latitude WHEN {YOUNG} THEN LAG(latitude) OVER payments END AS x",
        4, "may count", "CASE WHEN event_ms",
    ),
    "guard too far": (
        f"CASE WHEN\n {YOUNG.replace('604800000', '2592000001')} THEN 1 END AS x",
        5, "a guard of 2592000001 ms", "use 2592000000 at most",
    ),
    "rows without a guard": (
        "SUM(a) OVER last_10 AS x", 4, "may count rows",
        "CASE WHEN COUNT(*) OVER w = 10 AND event_ms - FIRST_VALUE(event_ms) OVER w <= 2592000000",
    ),
    "rows not counted": (
        "CASE WHEN event_ms - FIRST_VALUE(event_ms) OVER last_10 <= 9 "
        "THEN SUM(a) OVER last_10 END AS x",
        4, "may count", "COUNT(*) OVER w = 10",
    ),
    "rows miscounted": (
        f"CASE WHEN {TEN.replace('= 10', '= 9')} THEN SUM(a) OVER last_10 END AS x",
        4, "may count", "COUNT(*) OVER w = 10",
    ),
    "rows counted in part": (
        f"CASE WHEN {TEN.replace('(*)', '(a)')} THEN SUM(a) OVER last_10 END AS x",
        4, "may count", "COUNT(*) OVER w = 10",
    ),
    # the rest of an expression
    "division": (
        "SUM(a) OVER last_24h\n    / COUNT(*) OVER last_24h AS x, a AS y",
        4, "DuckDB divides", "CAST(... AS DOUBLE)",
    ),
    "division inside": ("1 AS y,\n SUM(a / b) OVER last_24h AS x", 5, "DuckDB divides", "CAST("),
    "cast of a decimal": (
        "CAST(1.5 * SUM(a) OVER last_24h AS BIGINT) AS x", 4, "DuckDB rounds a fraction", "FLOOR",
    ),
    "cast of a double": (
        "CAST(AVG(a) OVER last_24h AS BIGINT) AS x", 4, "DuckDB rounds a fraction", "FLOOR",
    ),
    "no name": ("COUNT(*) OVER last_24h", 4, "has no name", "add AS"),
    "no name, computed": ("COUNT(*) OVER last_24h + a", 4, "has no name", "add AS"),
    "name that is taken": ("COUNT(*) OVER last_24h AS Outcome", 4, "column Outcome", "another"),
    "name of ours": ("COUNT(*) OVER last_24h AS _w1", 4, "_w1 is a name", "another name"),
    "quoted": ('COUNT(*) OVER last_24h AS "n"', 4, '"n" is in double quotes', "no quotes"),
    "relation named": ("SUM(payments.a) OVER last_24h AS x", 4, "payments.a names", "write a"),
    "aggregate": ("COUNT(*) OVER last_24h AS x, MAX(a) AS y", 4, "`MAX(a)` has no OVER", "rows"),
    "subquery": (
        "COUNT(*) OVER last_24h AS x,\n (SELECT 1) AS y", 5, "SELECT is inside", "in a view",
    ),
    "star without some": ("* EXCLUDE (a), COUNT(*) OVER last_24h AS x", 4, "EXCLUDE", "* alone"),
    "no window": ("a AS x", 1, "no window", "histories"),
    "no sql": ("COUNT(*) OVER last_24h AS x, a b c AS y", 4, "near `c`", "run the text in DuckDB"),
    "open quote": ("COUNT(*) OVER last_24h AS x, 'a AS y", 4, "a quote", "close it"),
    "open parenthesis": ("COUNT((*) OVER last_24h AS x", 4, "is not closed", "close it"),
    "closed too often": ("COUNT(*)) OVER last_24h AS x", 4, "closes nothing", "take it out"),
    "no call": ("a OVER last_24h AS x", 4, "near `", "DuckDB"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_known_is_refused(case: str) -> None:
    expression, line, found, hint = REFUSED[case]
    with pytest.raises(JobFilesError) as raised:
        rewritten(expression)
    assert raised.value.fact.startswith(f"sql/card_windows.sql:{line}: ")
    assert found in raised.value.fact
    assert hint in raised.value.hint


CREATE = "-- why\nCREATE TEMPORARY VIEW v AS\n"
SELECT = f"SELECT *, COUNT(*) {OVER.format(TIME)} AS n"

SHAPES = {
    "where": (f"{CREATE}{SELECT}\nFROM p\nWHERE a > 0", 5, "WHERE does not go"),
    "group": (f"{CREATE}{SELECT}\nFROM p\nGROUP BY a", 5, "GROUP BY does not go"),
    "having": (f"{CREATE}{SELECT}\nFROM p\nHAVING a > 0", 5, "HAVING does not go"),
    "qualify": (f"{CREATE}{SELECT}\nFROM p\nQUALIFY n > 0", 5, "QUALIFY does not go"),
    "order": (f"{CREATE}{SELECT}\nFROM p\nORDER BY a", 5, "ORDER BY does not go"),
    "limit": (f"{CREATE}{SELECT}\nFROM p\nLIMIT 1", 5, "LIMIT does not go"),
    "join": (f"{CREATE}{SELECT}\nFROM p\nJOIN q USING (a)", 5, "JOIN does not go"),
    "comma": (f"{CREATE}{SELECT}\nFROM p, q", 3, "JOIN does not go"),
    "sample": (f"{CREATE}{SELECT}\nFROM p\nUSING SAMPLE 10%", 3, "USING SAMPLE does not go"),
    "distinct": (f"{CREATE}{SELECT.replace('*,', 'DISTINCT a,', 1)}\nFROM p", 3, "DISTINCT does"),
    "with": (f"{CREATE}WITH q AS (SELECT 1 AS a)\n{SELECT}\nFROM q", 3, "begin with SELECT"),
    "union": (f"{CREATE}{SELECT} FROM p UNION ALL {SELECT} FROM p", 3, "more than one SELECT"),
    "alias": (f"{CREATE}{SELECT}\nFROM p AS q", 4, "one relation by its name"),
    "database": (f"{CREATE}{SELECT}\nFROM q.p", 4, "one relation by its name"),
    "function": (f"{CREATE}{SELECT}\nFROM made(1)", 4, "one relation by its name"),
    "subquery": (f"{CREATE}{SELECT}\nFROM (SELECT 1 AS a)", 4, "one relation by its name"),
    "no relation": (f"{CREATE}{SELECT}", 3, "one relation by its name"),
    "from first": (f"{CREATE}FROM p {SELECT}", 3, "begin with SELECT"),
    "from alone": (f"{CREATE}FROM p", 3, "begin with SELECT"),
    "two statements": (f"{CREATE}{SELECT} FROM p; SELECT 1", 3, "more than one SELECT"),
    "not temporary": (f"CREATE VIEW v AS {SELECT} FROM p", 1, "not one CREATE TEMPORARY VIEW"),
    "or replace": (
        f"CREATE OR REPLACE TEMPORARY VIEW v AS {SELECT} FROM p",
        1,
        "not one CREATE TEMPORARY VIEW",
    ),
    "columns": (
        f"CREATE TEMPORARY VIEW v (a, b) AS {SELECT} FROM p",
        1,
        "not one CREATE TEMPORARY VIEW",
    ),
    "table": (f"CREATE TEMPORARY TABLE v AS {SELECT} FROM p", 1, "not one CREATE TEMPORARY VIEW"),
    "select alone": (f"{SELECT} FROM p", 1, "not one CREATE TEMPORARY VIEW"),
    "empty": ("-- nothing", 1, "not one CREATE TEMPORARY VIEW"),
    "two windows of one name": (
        f"{CREATE}{SELECT.split(' OVER')[0]} OVER w AS n FROM p\nWINDOW w AS (PARTITION BY a),\n"
        f"w AS (PARTITION BY b)",
        5,
        "two windows w",
    ),
}


@pytest.mark.parametrize("case", SHAPES)
def test_a_view_of_another_shape_is_refused(case: str) -> None:
    text, line, found = SHAPES[case]
    with pytest.raises(JobFilesError) as raised:
        flink_text(text, "sql/card_windows.sql", HISTORY)
    assert raised.value.fact.startswith(f"sql/card_windows.sql:{line}: ")
    assert found in raised.value.fact
    assert raised.value.hint


def test_words_put_in_taken_out_or_swapped_end_in_a_text_or_an_error_with_a_line() -> None:
    draw = random.Random(20)
    calls = ["COUNT(DISTINCT a)", "MIN(a + b) FILTER (WHERE c > 1)", "FIRST_VALUE(a)"]
    texts = [
        f"CREATE TEMPORARY VIEW v AS\nSELECT\n*,\n{expression} AS x\n{WINDOWS}"
        for expression in (
            *(f"{call} OVER last_24h" for call in calls),
            f"SUM(a) {OVER.format(TIME)}",
            f"CASE WHEN {YOUNG} THEN LAG(latitude + 1, 1) OVER payments END",
            f"CASE WHEN {TEN} AND a > 1 THEN SUM(a) OVER last_10 ELSE 0 END",
        )
    ]
    pieces = [re.findall(r"\w+|'[^']*'|\W", text) for text in texts]
    words = sorted({word for some in pieces for word in some})
    rewritten_texts = 0
    for _ in range(600):
        some = list(draw.choice(pieces))
        place, other = draw.randrange(len(some)), draw.randrange(len(some))
        change = draw.randrange(3)
        if change == 0:
            del some[place]
        elif change == 1:
            some.insert(place, draw.choice(words))
        else:
            some[place], some[other] = some[other], some[place]
        try:
            text = flink_text("".join(some), "sql/v.sql", HISTORY)
        except JobFilesError as error:
            assert re.match(r"sql/v\.sql:\d+: ", error.fact), error.fact
            assert error.hint
        else:
            assert text.count("trailing_windows(") == 1
            assert " OVER " not in text
            rewritten_texts += 1
    assert rewritten_texts > 20


def test_job_py_does_without_the_parser() -> None:
    code = "import flink_jobs.score_payments, sys; sys.exit('sqlglot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
