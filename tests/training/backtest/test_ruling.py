"""Rules fire and decide in a backtest as they do in the stream."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")

import pandas as pd

from training.backtest.page import as_json, html_page
from training.backtest.run import backtest
from training.backtest.tables import RULE_HEADER, rule_rows
from udfs.rule_set import Condition, Rule, RuleError, RuleList, RuleSet, in_order

RULES = (
    Rule(
        "dear_online",
        "block",
        "live",
        (Condition("channel", "=", "online"), Condition("amount_cents", ">", 20_000)),
    ),
    Rule("known_cards", "allow", "live", (Condition("card_id", "in list", "known"),)),
    Rule("watched", "review", "shadow", (Condition("card_txn_count_5m", ">=", 2),)),
    Rule("never", "review", "live", (Condition("amount_cents", "<", 0),)),
)
KNOWN = RuleList("cards", {"card1": None, "card2": None})


def test_rules_decide_before_and_after_the_score(plan: Any, tried: Any, tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    path.write_text(RuleSet(3, in_order(RULES), {"known": KNOWN}).text())
    out = tmp_path / "rows.parquet"
    found = backtest(dataclasses.replace(plan, rules=path, rows=out))
    rows = pd.read_parquet(out).set_index(["transaction_id", "card_id"])
    before = pd.read_parquet(tried[1]).set_index(["transaction_id", "card_id"])
    is_known = rows.index.get_level_values("card_id").isin(["card1", "card2"])
    is_dear = (rows["channel"] == "online") & (rows["amount_cents"] > 20_000)
    expected = before["decision"].mask(is_dear, "block").mask(is_known, "approve")
    assert rows["decision"].equals(expected.reindex(rows.index))
    assert rows["decision_by_score"].equals(before["decision"].reindex(rows.index))
    assert (rows["rules_version"] == 3).all()
    span = found.span
    measured = rows[rows["event_ms"].between(span.from_ms, span.to_ms, "left")]
    hits = {item.rule: item for item in found.figures.rules}
    assert set(hits) == {"dear_online", "known_cards", "watched"}
    dear = measured[(measured["channel"] == "online") & (measured["amount_cents"] > 20_000)]
    assert hits["dear_online"].hits == len(dear) > 20
    assert hits["dear_online"].frauds == dear["label"].sum()
    assert hits["dear_online"].new == (dear["decision_by_score"] == "approve").sum()
    assert hits["watched"].hits == (measured["card_txn_count_5m"] >= 2).sum() > 10
    table = rule_rows(found)
    assert [row[0] for row in table] == ["dear_online", "known_cards", "never", "watched"]
    assert all(len(row) == len(RULE_HEADER) for row in table) and table[2][3] == "0"
    document = json.loads(as_json(found))
    assert [rule["name"] for rule in document["rules"]] == [row[0] for row in table]
    assert document["rules"][2]["hits"] is None
    assert "<h2>Rules</h2>" in html_page(found)


def test_a_broken_file_of_rules_is_an_error(plan: Any, tmp_path: Path) -> None:
    (tmp_path / "rules.json").write_text("{}")
    with pytest.raises(RuleError, match="is malformed"):
        backtest(dataclasses.replace(plan, rules=tmp_path / "rules.json"))
