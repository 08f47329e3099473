"""Every difference between an answer and the stream's row has one cause, or none."""

from typing import Any

import pytest

from swipestream.decisions.agreement import FEATURES, differing
from swipestream.decisions.check import (
    DEGRADED,
    HISTORY,
    LOOKUP,
    MODEL,
    POLICY,
    RULES,
    SQL,
    UNEXPLAINED,
    Pair,
    causes,
    check,
)

VERSIONS = {
    "model_version": "m-1",
    "policy_version": 1,
    "rules_version": None,
    "pipeline_version": "sql-1",
}


def pair(stored: dict[str, Any] | None = None, **answer: Any) -> dict[str, Any]:
    """
    An answer and a row that agree but for the changes.

    :param stored: changes of the row.
    :param answer: changes of the answer.
    """
    features: dict[str, Any] = dict.fromkeys(FEATURES, 1.0)
    answered = VERSIONS | {"score": 0.25, "decision": "approve", "features": features}
    return {
        "transaction_id": "t",
        "card_id": "c",
        "outcome": "scored",
        "age_seconds": 5.0,
        "answer": answered | {"history": {"payment_count": 3}} | answer,
        "stored": features | VERSIONS | {"score": 0.25, "decision": "approve"} | (stored or {}),
    }


def found(one: Pair, *, saw_other: bool = False) -> dict[str, str]:
    names = differing(one["answer"], one["stored"])
    return causes(one, names, lambda _: saw_other)


def test_what_agrees_has_no_cause() -> None:
    assert found(pair()) == {}
    # The last digits of a distance.
    assert found(pair({"km_from_home": 1 + 1e-12, "score": 0.25 + 1e-8})) == {}


@pytest.mark.parametrize(
    "changes, saw_other, expected",
    [
        (pair({"card_txn_count_7d": 2}), True, {"card_txn_count_7d": HISTORY}),
        (pair({"card_txn_count_7d": 2}), False, {"card_txn_count_7d": UNEXPLAINED}),
        (
            pair({"previous_ms": 2, "seconds_since_previous": 9.0, "score": 0.9}),
            True,
            {
                "previous_ms": HISTORY,
                "seconds_since_previous": HISTORY,
                "score": HISTORY,
            },
        ),
        # Made of others that agree.
        (pair({"seconds_since_previous": 9.0}), True, {"seconds_since_previous": UNEXPLAINED}),
        (
            pair({"home_country": "FR", "is_foreign": 0}),
            False,
            {"home_country": LOOKUP, "is_foreign": LOOKUP},
        ),
        (pair({"score": 0.3}), False, {"score": UNEXPLAINED}),
        (pair({"score": None}), False, {"score": UNEXPLAINED}),
        (pair({"score": 0.3, "model_version": "m-2"}), False, {"score": MODEL}),
        (pair({"decision": "block"}), False, {"decision": UNEXPLAINED}),
        (pair({"decision": "block", "policy_version": 2}), False, {"decision": POLICY}),
        (pair({"decision": "block", "rules_version": 7}), False, {"decision": RULES}),
        (
            pair({"card_txn_count_7d": 2, "pipeline_version": "sql-2"}),
            False,
            {"card_txn_count_7d": SQL},
        ),
    ],
)
def test_a_difference_is_sorted_into_its_cause(
    changes: Pair, saw_other: bool, expected: dict[str, str]
) -> None:
    assert found(changes, saw_other=saw_other) == expected


def test_an_answer_without_the_history_explains_all_of_it() -> None:
    degraded = pair(score=None, features={}, history=None, decision="review")
    assert set(found(degraded).values()) == {DEGRADED}
    assert {"score", "decision", "card_txn_count_7d"} <= set(found(degraded))


def test_the_report_counts_pairs_and_names_what_is_wrong() -> None:
    pairs = [
        pair(),
        pair({"score": 0.3}),
        pair() | {"outcome": None, "stored": None},
        pair() | {"outcome": None, "stored": None, "age_seconds": 61.0},
        pair() | {"outcome": "duplicate"},
    ]
    report = check(iter(pairs), lambda _: False)
    assert (report.compared, report.equal, report.on_their_way, report.missing) == (2, 1, 1, 1)
    assert report.by_cause[UNEXPLAINED] == 1
    assert report.otherwise == {"duplicate": 1}
    assert not report.is_clean
    assert report.examples == [
        "t: score was answered as 0.25, the stream has 0.3",
        "t: answered, and not stored",
    ]
    assert check(iter(pairs[:1]), lambda _: False).is_clean


def test_an_answered_payment_that_the_stream_rejects_is_wrong() -> None:
    report = check(iter([pair() | {"outcome": "rejected"}]), lambda _: False)
    assert not report.is_clean
    assert report.examples == ["t: answered, and rejected by the stream"]
