"""From scores to decisions and what they cost: the rule is the stream's own SQL file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from flink_jobs.decision_rule import FILE
from flink_jobs.pipelines import PAYMENTS
from training.data.feature_sql import SQL_ROOT, connect, run_files
from training.decide.decision_costs import APPROVE, BLOCK, REVIEW, DecisionCosts
from training.decide.decision_thresholds import Thresholds
from training.errors import TrainingError

CHANNELS = ("pos", "online", "atm")
DECISIONS = {"approve": APPROVE, "review": REVIEW, "block": BLOCK}
DECIDED = PAYMENTS.job.path(FILE)
# A row of the table `decision_policies`.
POLICY = pa.schema(
    [
        ("channel", pa.string()),
        ("version", pa.int32()),
        ("review_score", pa.float64()),
        ("block_score", pa.float64()),
        ("rule_block_kmh", pa.float64()),
        ("rule_block_km", pa.float64()),
        ("rule_review_txn_count_5m", pa.int32()),
        ("rule_review_amount_cents", pa.int64()),
    ]
)
Policy = Sequence[Mapping[str, Any]]


def policy_of(thresholds: Thresholds) -> list[dict[str, Any]]:
    """A policy with the same thresholds on every channel; every payment here has a score."""
    return [
        dict.fromkeys(POLICY.names)
        | {
            "channel": channel,
            "review_score": thresholds.review,
            "block_score": thresholds.block,
        }
        for channel in CHANNELS
    ]


def decided(payments: pa.Table, policy: Policy, costs: DecisionCosts) -> pa.Table:
    """
    Decide as `payments_decided` does, and say what comes of it.

    :param payments: scored, with label, amount_cents and `columns_looked_at`.
    :param policy: rows of `decision_policies`; a channel without one is reviewed.
    :return: the same with decision, decision_by_score (without rules), is_degraded,
        policy_version, and lost_cents, review_cents and insult_cents: the fraud not stopped, the
        analysts' work, and genuine customers annoyed.
    :raises TrainingError: DuckDB cannot run the file.
    """
    found = _decisions(payments, policy)
    by_score = found["decision"]
    if payments["rule_action"].null_count < len(payments):
        place = payments.column_names.index("rule_action")
        without = payments.set_column(place, "rule_action", pa.nulls(len(payments), pa.string()))
        by_score = _decisions(without, policy)["decision"]
    codes = np.array([DECISIONS[name] for name in found["decision"].to_pylist()], dtype=np.int64)
    label = payments["label"].to_numpy()
    parts = cost_parts(costs, codes, label, payments["amount_cents"].to_numpy())
    for name, column in zip(found.column_names, found.columns, strict=True):
        payments = payments.append_column(name, column)
    payments = payments.append_column("decision_by_score", by_score)
    for name, values in parts.items():
        payments = payments.append_column(name, pa.array(values))
    return payments


def _decisions(payments: pa.Table, policy: Policy) -> pa.Table:
    """The decision, is_degraded and policy_version of each payment, in their order."""
    numbered = payments.append_column("row_number", pa.array(np.arange(len(payments))))
    connection = connect(1)
    try:
        connection.register("scored_rows", numbered)
        # A policy that was never stored has no version, which would read as no policy.
        rows = pa.Table.from_pylist(
            [dict(row) | {"version": row.get("version") or 0} for row in policy], schema=POLICY
        )
        connection.register("decision_policies", rows)
        run_files(connection, [SQL_ROOT / "backtest/payments_scored.sql"])
        text = DECIDED.read_text("utf-8")
        try:
            connection.execute(text.replace("${PIPELINE_VERSION}", PAYMENTS.version))
        except Exception as error:
            raise TrainingError(
                f"{DECIDED.relative_to(SQL_ROOT.parent)} does not run in DuckDB: "
                f"{str(error).splitlines()[0]}",
                "keep to what Flink, DuckDB and PostgreSQL all read",
            ) from None
        chosen = connection.view("payments_decided").project(
            "decision, is_degraded, policy_version, row_number"
        )
        return chosen.order("row_number").to_arrow_table().drop_columns(["row_number"])
    finally:
        connection.close()


def cost_parts(
    costs: DecisionCosts, decisions: np.ndarray, label: np.ndarray, amount_cents: np.ndarray
) -> dict[str, np.ndarray]:
    """
    What each decision costs, by what it is made of; together what ``costs.of`` says.

    :param decisions: codes of decision_costs, shape (n,).
    :param label: 1 for fraud, shape (n,).
    :return: cents, float64, shape (n,): lost_cents, review_cents, insult_cents.
    """
    without_insult = replace(costs, review_insult_cents=0, block_insult_cents=0)
    without_work = replace(without_insult, review_cents=0)
    lost, worked, all_of_it = (
        part.of(decisions, label, amount_cents) for part in (without_work, without_insult, costs)
    )
    return {
        "lost_cents": lost,
        "review_cents": worked - lost,
        "insult_cents": all_of_it - worked,
    }
