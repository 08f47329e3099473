"""trailing_windows in a real Flink: stopped in the middle, it still gives what SQL defines."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from py4j.protocol import Py4JJavaError
from pyflink.common import Configuration
from pyflink.table import EnvironmentSettings, TableEnvironment, TableResult

from swipestream.settings import Settings
from swipestream.stack.functions_jar import ensure_functions_jar
from swipestream.stack.java import java_home
from tests.eventually import eventually

PAYMENTS = 8_000
PER_SECOND = 2_000
RANGE_MS = 20_000

# Number n of the stream. Each 17th repeats the previous one, half of them with another amount.
# Each 13th comes 3 seconds behind, and five at a time have the same millisecond.
PAYMENTS_SQL = """
WITH numbers AS (
    SELECT n, CASE WHEN MOD(n, 17) = 16 THEN n - 1 ELSE n END AS i FROM numbered
)
SELECT
    n,
    CONCAT('card ', CAST(MOD(i, 7) AS VARCHAR(9))) AS card_id,
    CONCAT('transaction ', CAST(i AS VARCHAR(9))) AS transaction_id,
    (i - MOD(i, 5)) * 100 - CASE WHEN MOD(i, 13) = 0 THEN 3000 ELSE 0 END AS event_ms,
    MOD(i, 100) + CASE WHEN MOD(n, 34) = 33 THEN 1 ELSE 0 END AS amount_cents,
    CASE WHEN MOD(i, 11) > 0 THEN CONCAT('shop ', CAST(MOD(i, 17) AS VARCHAR(9))) END AS shop,
    MOD(i, 3) = 0 AS is_online,
    CASE WHEN MOD(n, 50) = 49 THEN 'bad' END AS reason
FROM numbers
"""

OUTPUTS: list[dict[str, Any]] = [
    {"name": "newest_ms", "function": "NEWEST"},
    {"name": "cents_before", "function": "LAG", "column": "amount_cents", "offset": 1},
    {"name": "payments", "function": "COUNT", "range_ms": RANGE_MS},
    {"name": "cents", "function": "SUM", "column": "amount_cents", "range_ms": RANGE_MS},
    {"name": "shops", "function": "COUNT_DISTINCT", "column": "shop", "range_ms": RANGE_MS},
    {
        "name": "mean_online",
        "function": "AVG",
        "column": "amount_cents",
        "filter": "is_online",
        "range_ms": RANGE_MS,
    },
]
SPEC = {
    "id": "transaction_id",
    "time": "event_ms",
    "skip_if": "reason",
    "same": ["amount_cents", "event_ms"],
    "keep_ms": 1_000_000,
    "most": 10_000,
    "kept": ["amount_cents", "shop", "is_online"],
    "outputs": OUTPUTS,
}

# By the definition: from all that had arrived.
DEFINITION = f"""
WITH
numbered AS (SELECT CAST(range AS BIGINT) AS n FROM RANGE({PAYMENTS})),
payments AS ({PAYMENTS_SQL}),
outcomes AS (
    SELECT
        p.*,
        CASE
            WHEN p.reason IS NOT NULL THEN 'skipped'
            WHEN first.n IS NULL THEN 'new'
            WHEN first.amount_cents = p.amount_cents THEN 'copy'
            ELSE 'conflict'
        END AS outcome
    FROM payments AS p
    LEFT JOIN payments AS first
        ON first.transaction_id = p.transaction_id AND first.n < p.n AND first.reason IS NULL
),
new AS (SELECT * FROM outcomes WHERE outcome = 'new'),
windows AS (
    SELECT
        p.n,
        MAX(o.event_ms) AS newest_ms,
        ARG_MAX(o.amount_cents, (o.event_ms, o.n))
            FILTER (WHERE o.n < p.n AND o.event_ms <= p.event_ms) AS cents_before,
        COUNT(*) FILTER (WHERE is_in_window) AS payments,
        CAST(SUM(o.amount_cents) FILTER (WHERE is_in_window) AS BIGINT) AS cents,
        COUNT(DISTINCT o.shop) FILTER (WHERE is_in_window) AS shops,
        AVG(o.amount_cents) FILTER (WHERE is_in_window AND o.is_online) AS mean_online
    FROM new AS p
    INNER JOIN new AS o ON o.card_id = p.card_id AND o.n <= p.n,
    LATERAL (
        SELECT o.event_ms BETWEEN p.event_ms - {RANGE_MS} AND p.event_ms AS is_in_window
    )
    GROUP BY p.n
)
SELECT
    outcomes.n,
    outcomes.card_id,
    outcome,
    CASE WHEN outcome = 'conflict' THEN 'amount_cents' END AS differs,
    windows.* EXCLUDE (n)
FROM outcomes
LEFT JOIN windows USING (n)
ORDER BY n
"""
COLUMNS = """
n BIGINT, card_id STRING, outcome STRING, differs STRING, newest_ms BIGINT, cents_before BIGINT,
payments BIGINT, cents BIGINT, shops BIGINT, mean_online DOUBLE
"""


class Job:
    """
    The query over a stream of payments, from one compiled plan; it writes JSON files.

    :param backend: where Flink keeps state.
    :param work: a folder for its checkpoints and results.
    """

    def __init__(self, backend: str, work: Path) -> None:
        self.backend = backend
        self.checkpoints, self.results = work / "checkpoints", work / "results"
        environment = self.environment()
        self.define(environment)
        statements = environment.create_statement_set()
        statements.add_insert_sql(
            "INSERT INTO results SELECT n, card_id, outcome, differs,"
            f" {', '.join(str(output['name']) for output in OUTPUTS)}"
            " FROM trailing_windows(input => TABLE payments PARTITION BY card_id,"
            f" spec => '{json.dumps(SPEC)}', uid => 'windows')"
        )
        self.plan = work / "plan.json"
        self.plan.write_text(statements.compile_plan().as_json_string(), "utf-8")

    def environment(self, **options: str) -> TableEnvironment:
        """A local Flink."""
        configuration = Configuration()
        for name, value in {
            "pipeline.jars": ensure_functions_jar(Settings.load()).as_uri(),
            "parallelism.default": "1",
            "pipeline.object-reuse": "true",
            "state.backend.type": self.backend,
            "execution.checkpointing.interval": "50 ms",
            "execution.checkpointing.dir": self.checkpoints.as_uri(),
            "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
            **options,
        }.items():
            configuration.set_string(name, value)
        return TableEnvironment.create(
            EnvironmentSettings.new_instance()
            .in_streaming_mode()
            .with_configuration(configuration)
            .build()
        )

    def define(self, environment: TableEnvironment) -> None:
        """The function, and what it reads and writes."""
        for statement in (
            "CREATE TEMPORARY SYSTEM FUNCTION trailing_windows"
            " AS 'swipestream.windows.TrailingWindows'",
            "CREATE TEMPORARY TABLE numbered (n BIGINT) WITH ('connector' = 'datagen',"
            f" 'rows-per-second' = '{PER_SECOND}', 'fields.n.kind' = 'sequence',"
            f" 'fields.n.start' = '0', 'fields.n.end' = '{PAYMENTS - 1}')",
            f"CREATE TEMPORARY VIEW payments AS {PAYMENTS_SQL}",
            f"CREATE TEMPORARY TABLE results ({COLUMNS}) WITH ('connector' = 'filesystem',"
            f" 'path' = '{self.results.as_uri()}', 'format' = 'json')",
        ):
            environment.execute_sql(statement)

    def start(self, **options: str) -> TableResult:
        """Run the plan."""
        environment = self.environment(**options)
        self.define(environment)
        return environment.execute_sql(f"EXECUTE PLAN '{self.plan}'")

    def finished_checkpoints(self) -> list[Path]:
        """Those that can be restored, the newest last."""
        paths = [path.parent for path in self.checkpoints.glob("*/chk-*/_metadata")]
        return sorted(paths, key=lambda path: int(path.name.removeprefix("chk-")))

    def checkpoint_number(self) -> int:
        """Of the newest checkpoint that can be restored, 0 if there is none."""
        names = [path.name for path in self.finished_checkpoints()]
        return int(names[-1].removeprefix("chk-")) if names else 0

    def rows(self) -> list[tuple[object, ...]]:
        """The rows that it has committed."""
        names = [column.split()[0] for column in COLUMNS.split(",")]
        lines = [
            json.loads(line)
            for path in self.results.glob("part-*")
            for line in path.read_text("utf-8").splitlines()
        ]
        return [tuple(line[name] for name in names) for line in lines]


@pytest.fixture(autouse=True)
def java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java_home()))


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
def test_stopped_in_the_middle_it_gives_what_the_definition_says(
    backend: str, tmp_path: Path
) -> None:
    job = Job(backend, tmp_path)
    first = job.start()
    client = first.get_job_client()
    assert client is not None
    eventually(job.checkpoint_number, lambda number: number >= 2, pause_seconds=0.02)
    client.cancel().result()
    with pytest.raises(Py4JJavaError, match="was cancelled"):
        first.wait()

    job.start(**{"execution.state-recovery.path": job.finished_checkpoints()[-1].as_uri()}).wait()

    found = sorted(job.rows())
    defined = duckdb.sql(DEFINITION)
    assert defined is not None
    expected = defined.fetchall()
    assert len(found) == PAYMENTS
    differences = [pair for pair in zip(expected, found, strict=True) if pair[0] != pair[1]]
    assert differences[:3] == []
