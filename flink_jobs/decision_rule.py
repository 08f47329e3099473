"""The rule from a score to a decision, taken from the SQL of the stream. Knows no Flink."""

import re

from flink_jobs.pipelines import PAYMENTS

FILE = "decide/payments_decided"
# The columns of decision_policies, and what payments_scored.sql calls them.
POLICY_COLUMNS = {
    "version": "policy_version",
    "review_score": "review_score",
    "block_score": "block_score",
    "rule_block_kmh": "rule_block_kmh",
    "rule_block_km": "rule_block_km",
    "rule_review_txn_count_5m": "rule_review_txn_count_5m",
    "rule_review_amount_cents": "rule_review_amount_cents",
}
_EXPRESSIONS = {
    "decision": re.compile(r"^    (CASE\n.*?\n    END) AS decision,$", re.MULTILINE | re.DOTALL),
    "is_degraded": re.compile(r"^    (\S.*) AS is_degraded,$", re.MULTILINE),
}
# SQL's own words are in capitals.
_COLUMN = re.compile(r"\b[a-z]\w*\b")
_TEXT_OR_COMMENT = re.compile(r"'[^']*'|--[^\n]*")


def expressions() -> dict[str, str]:
    """The file's expressions for `decision` and `is_degraded`, unchanged."""
    text = PAYMENTS.job.path(FILE).read_text("utf-8")
    found = {}
    for name, pattern in _EXPRESSIONS.items():
        match = pattern.search(text)
        assert match, f"sql/payments/{FILE}.sql makes no {name}"
        found[name] = match[1]
    return found


def columns_looked_at() -> tuple[str, ...]:
    """What the expressions read of a scored payment, the policy's columns left out."""
    text = _TEXT_OR_COMMENT.sub("", "\n".join(expressions().values()))
    of_policy = set(POLICY_COLUMNS.values())
    return tuple(name for name in dict.fromkeys(_COLUMN.findall(text)) if name not in of_policy)
