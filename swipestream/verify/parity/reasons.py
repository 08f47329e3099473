"""Do the reasons of alerts add up to their scores, and are they what the model makes of them?"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import psycopg
import pyarrow as pa
from psycopg.rows import TupleRow

from flink_jobs.feature_registry import feature_registry
from flink_jobs.pipelines import PAYMENTS
from swipestream.database.queries import query
from swipestream.reasons.explainer import Explainer, UnexplainableError
from swipestream.reasons.explanation import RULE, Registry, reasons_of
from swipestream.verify.parity.columns import STORED
from swipestream.verify.parity.comparison import EXAMPLES, SCORE_TOLERANCE, Comparison, Difference
from udfs.bundle_errors import BundleError

CHUNK_ROWS = 2_000
# An alert that has just been stored is explained within two seconds.
REASONS_PATIENCE_SECONDS = 5.0
POLL_SECONDS = 0.5
COLUMN = "reasons add up to score"
SCHEMA = pa.schema(
    [
        ("transaction_id", pa.string()),
        ("card_id", pa.string()),
        ("is_degraded", pa.bool_()),
        ("codes", pa.list_(pa.string())),
        ("kinds", pa.list_(pa.string())),
        ("contributions", pa.list_(pa.float64())),
    ]
)
# The model's features and what words need of a payment.
ALERTS = """
SELECT p.*, r.is_degraded, r.codes, r.kinds, r.contributions
FROM stored_payments AS p
INNER JOIN stored_reasons AS r ON p.transaction_id = r.transaction_id AND p.card_id = r.card_id
WHERE p.is_compared AND p.model_version IS NOT DISTINCT FROM ?
"""

Alert = dict[str, Any]


@dataclass
class ReasonCheck:
    """
    How the reasons of alerts compare with their scores and with the models.

    :param compared: alerts with reasons, and those that should have some.
    :param mismatched: of them, those whose contributions do not add up to the stored score, or are
        not what the model makes of the stored features; missing ones included.
    :param missing: alerts without reasons, although their model explains its scores.
    :param largest: largest difference between a stored score and the sum.
    :param unexplained: by model without what explains its scores, how many alerts, and why.
    """

    compared: int = 0
    mismatched: int = 0
    missing: int = 0
    largest: float | None = None
    unexplained: dict[str, tuple[int, str]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    def comparison(self) -> Comparison:
        """As a row of the table."""
        return Comparison(
            COLUMN, self.compared, self.mismatched, self.missing, 0, self.largest, None
        )


def check_reasons(
    postgres: psycopg.Connection[TupleRow],
    connection: duckdb.DuckDBPyConnection,
    models_dir: Path,
    on_rows: Callable[[int], None] = lambda count: None,
    patience_seconds: float = REASONS_PATIENCE_SECONDS,
) -> ReasonCheck:
    """
    Check every alert among the `stored_payments` that are compared.

    :param postgres: in autocommit mode.
    :param models_dir: holds a folder per model version.
    :param on_rows: told how many alerts were looked at.
    :param patience_seconds: how long an alert has time to be explained.
    """
    check = ReasonCheck()
    until = time.monotonic() + patience_seconds
    load_reasons(postgres, connection)
    versions = [
        row[0]
        for row in connection.execute(
            "SELECT DISTINCT p.model_version FROM stored_payments AS p "
            "SEMI JOIN stored_reasons AS r "
            "ON p.transaction_id = r.transaction_id AND p.card_id = r.card_id "
            "WHERE p.is_compared ORDER BY 1"
        ).fetchall()
    ]
    for version in versions:
        _check_model(postgres, connection, version, models_dir, check, on_rows, until)
    return check


def load_reasons(
    postgres: psycopg.Connection[TupleRow], connection: duckdb.DuckDBPyConnection
) -> None:
    """The DuckDB table `stored_reasons`: all alerts, each with its reasons."""
    rows = postgres.execute(query("reasons_of_alerts")).fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(SCHEMA)
    table = pa.table(
        [pa.array(values, item.type) for values, item in zip(columns, SCHEMA, strict=True)],
        schema=SCHEMA,
    )
    connection.register("reasons_read", table)
    connection.execute("CREATE OR REPLACE TABLE stored_reasons AS SELECT * FROM reasons_read")
    connection.unregister("reasons_read")


def _check_model(
    postgres: psycopg.Connection[TupleRow],
    connection: duckdb.DuckDBPyConnection,
    version: str | None,
    models_dir: Path,
    check: ReasonCheck,
    on_rows: Callable[[int], None],
    until: float,
) -> None:
    explainer, why = _explainer(version, models_dir)
    alerts = _alerts_of(connection, version)
    is_waiting = explainer is not None or version is None
    while is_waiting and _has_gaps(alerts) and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
        load_reasons(postgres, connection)
        alerts = _alerts_of(connection, version)
    if explainer is None and version is not None:
        check.unexplained[version] = (len(alerts), why)
        return
    registry = feature_registry(PAYMENTS.job)
    for batch in alerts.to_batches(CHUNK_ROWS):
        _check_batch(batch.to_pylist(), explainer, registry, check)
        on_rows(check.compared)


def _alerts_of(connection: duckdb.DuckDBPyConnection, version: str | None) -> pa.Table:
    return connection.sql(ALERTS, params=[version]).to_arrow_table()


def _explainer(version: str | None, models_dir: Path) -> tuple[Explainer | None, str]:
    if version is None:
        return None, ""
    try:
        found = Explainer.load(models_dir / version)
    except UnexplainableError as error:
        return None, error.fact
    except BundleError as error:
        # That its scores cannot be checked is said elsewhere.
        return None, error.fact
    strange = [name for name in found.feature_names if name not in STORED]
    return (None, f"its feature {strange[0]} is not stored") if strange else (found, "")


def _has_gaps(alerts: pa.Table) -> bool:
    return any(not kinds for kinds in alerts["kinds"].to_pylist())


def _check_batch(
    alerts: list[Alert], explainer: Explainer | None, registry: Registry, check: ReasonCheck
) -> None:
    scored = [alert for alert in alerts if explainer and alert["score"] is not None]
    contributions: Any = ()
    if explainer and scored:
        contributions = explainer.contributions(explainer.encode(scored))
    by_model = {id(alert): row for alert, row in zip(scored, contributions, strict=True)}
    for alert in alerts:
        check.compared += 1
        row = by_model.get(id(alert))
        problem = _missing(alert, check)
        if not problem and explainer is not None and row is not None:
            problem = _wrong_sum(alert, explainer, check) or _wrong_part(
                alert, explainer.feature_names, row.tolist(), registry
            )
        if problem:
            check.mismatched += 1
            if len(check.differences) < EXAMPLES:
                expected = RULE if alert["score"] is None else alert["score"]
                check.differences.append(
                    Difference(alert["transaction_id"], "reasons", problem, expected)
                )


def _missing(alert: Alert, check: ReasonCheck) -> str:
    """What an alert lacks; empty if nothing."""
    if not alert["kinds"]:
        check.missing += 1
        return "missing"
    if alert["is_degraded"] and alert["kinds"][0] != RULE:
        return "without the rule that decided"
    return ""


def _wrong_sum(alert: Alert, explainer: Explainer, check: ReasonCheck) -> str:
    """What the stored contributions add up to, if that is not the stored score."""
    total = sum(part for part in alert["contributions"] if part is not None)
    found = float(explainer.scores(np.array([total]))[0])
    difference = abs(found - alert["score"])
    check.largest = max(check.largest or 0.0, difference)
    return "" if difference <= SCORE_TOLERANCE else f"adding up to {found:.9f}"


def _wrong_part(
    alert: Alert, features: Sequence[str], contributions: Sequence[float], registry: Registry
) -> str:
    """A stored contribution that is not what the model makes of the stored features, if any."""
    if alert["pipeline_version"] != PAYMENTS.version:
        # Groups may have changed since; that they add up has not.
        return ""
    stored = _by_code(alert["codes"], alert["contributions"], alert["kinds"])
    for reason in reasons_of(alert, features, contributions, registry):
        code = reason.code or reason.kind
        if not abs(stored.get(code, 0.0) - (reason.contribution or 0.0)) <= SCORE_TOLERANCE:
            return f"{stored.get(code, 0.0):.6f} for {code}, not {reason.contribution:.6f}"
    return ""


def _by_code(
    names: Sequence[str], parts: Sequence[float | None], kinds: Sequence[str]
) -> Mapping[str, float]:
    """Stored contributions by code; those without one by kind."""
    found: dict[str, float] = {}
    for code, part, kind in zip(names, parts, kinds, strict=True):
        if part is not None:
            found[code or kind] = found.get(code or kind, 0.0) + part
    return found
