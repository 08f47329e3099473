"""Cases begin with alerts and with a sample of what was approved; labels may come first."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from swipestream.cases import opening, working
from swipestream.cases.opening import Step
from swipestream.cases.rows import fetch_all, fetch_one
from swipestream.cases.working import Seen
from swipestream.database.queries import query
from tests.cases.stored import (
    Database,
    case,
    events_of,
    label,
    new_case,
    open_all,
    payments_of,
    store,
    wait_until_blocked,
)

APPROVALS = """
INSERT INTO scored_payments
SELECT made.*
FROM
    GENERATE_SERIES(1, %s) AS n,
    (SELECT p AS whole FROM scored_payments AS p WHERE p.transaction_id = %s) AS template,
    JSONB_POPULATE_RECORD(
        template.whole, JSONB_BUILD_OBJECT('transaction_id', 'a-' || n, 'card_id', 'card-' || n)
    ) AS made
"""
DAY = 24 * 60.0


def whole(connection: Database) -> Step:
    """All that is stored, as one step."""
    row = fetch_one(
        connection,
        "SELECT NOW() - INTERVAL '1 h' AS since, NOW() + INTERVAL '1 h' AS until",
    )
    assert row is not None
    return Step(row["since"], row["until"], row["since"], is_last=True)


def test_alerts_of_a_card_within_a_day_are_one_case(owner: Database, stream: Database) -> None:
    first = store(owner, "c1", minutes_ago=10, score=0.5, amount_cents=10_000)
    assert opening.open_cases(stream, 3600) == 1
    second = store(owner, "c1", minutes_ago=5, score=0.9, amount_cents=1_000)
    other = store(owner, "c2")
    assert opening.open_cases(stream, 3600) == 2
    found = {row["card_id"]: row for row in open_all(owner)}
    assert payments_of(owner, found["c1"]["case_number"]) == sorted([first, second])
    assert payments_of(owner, found["c2"]["case_number"]) == [other]
    assert found["c1"]["risk_cents"] == 5_900
    assert events_of(owner, found["c1"]["case_number"]) == ["opened", "joined"]
    assert found["c1"]["version"] == 2


def test_the_same_alerts_again_open_nothing(owner: Database, stream: Database) -> None:
    store(owner, "c1")
    assert [opening.open_cases(stream, 3600) for _ in range(2)] == [1, 0]
    owner.execute("UPDATE alerts SET score = 0.1, scored_at = NOW() AT TIME ZONE 'UTC'")
    assert opening.open_cases(stream, 3600) == 0
    assert len(open_all(owner)) == 1


@pytest.mark.parametrize(("minutes", "cases"), [(DAY - 1, 1), (DAY + 1, 2)])
def test_more_than_a_day_apart_are_two_cases(
    owner: Database, stream: Database, minutes: float, cases: int
) -> None:
    store(owner, "c1", minutes_ago=0)
    store(owner, "c1", minutes_ago=minutes)
    opening.open_cases(stream, 3600)
    assert len(open_all(owner)) == cases


def test_a_case_has_no_more_payments_than_a_form_can_send(
    owner: Database, stream: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "MOST_PAYMENTS", 3)
    for _ in range(7):
        store(owner, "c1")
    opening.open_cases(stream, 3600)
    sizes = [len(payments_of(owner, row["case_number"])) for row in open_all(owner)]
    assert sorted(sizes) == [1, 3, 3]


def test_a_score_that_is_no_number_stops_nobody(owner: Database, stream: Database) -> None:
    store(owner, "c1", score="NaN", decision="review", amount_cents=10_000)
    store(owner, "c2", amount_cents=10_000)
    assert opening.open_cases(stream, 3600) == 2
    assert {row["risk_cents"] for row in open_all(owner)} == {5_000}


def test_an_alert_joins_no_closed_case(owner: Database, desk: Database, stream: Database) -> None:
    row = new_case(owner, "c1")
    chosen = payments_of(owner, row["case_number"])
    seen = Seen(row["case_number"], row["version"])
    working.decide(desk, seen, "ann", "fraud", "stolen_card", "", chosen)
    store(owner, "c1")
    assert opening.open_cases(stream, 3600) == 1
    (new,) = open_all(owner)
    assert new["case_number"] != row["case_number"]


@pytest.mark.parametrize(("decision", "risk"), [("block", 10_000), ("review", 5_000)])
def test_without_a_score_the_rule_says_what_is_at_risk(
    owner: Database, stream: Database, decision: str, risk: int
) -> None:
    store(owner, "c1", score=None, decision=decision, is_degraded=True)
    opening.open_cases(stream, 3600)
    assert open_all(owner)[0]["risk_cents"] == risk


def test_an_alert_with_a_label_needs_nobody(owner: Database, stream: Database) -> None:
    label(owner, store(owner, "c1"), is_fraud=True)
    assert opening.open_cases(stream, 3600) == 0


def test_a_case_whose_payments_are_all_labeled_by_others_closes(
    owner: Database, stream: Database
) -> None:
    first, second = store(owner, "c1"), store(owner, "c1")
    (row,) = open_all(owner)
    label(owner, first, is_fraud=False)
    assert [opening.note_labels(stream) for _ in range(2)] == [1, 0]
    assert case(owner, row["case_number"])["status"] == "open"
    label(owner, second, is_fraud=True)
    assert opening.note_labels(stream) == 1
    closed = case(owner, row["case_number"])
    assert (closed["status"], closed["verdict"], closed["closed_by"]) == ("closed", "fraud", "bank")
    assert events_of(owner, row["case_number"]) == [
        *("opened", "joined", "label", "label"),
        "verdict",
    ]


def test_a_case_that_somebody_works_on_is_left_to_them(
    owner: Database, desk: Database, stream: Database
) -> None:
    payment = store(owner, "c1")
    (row,) = open_all(owner)
    working.claim_next(desk, "ann")
    label(owner, payment, is_fraud=True)
    opening.note_labels(stream)
    assert case(owner, row["case_number"])["status"] == "open"
    owner.execute("UPDATE cases SET taken_until = NOW() - INTERVAL '1 s'")
    opening.note_labels(stream)
    assert case(owner, row["case_number"])["closed_by"] == "bank"


def test_a_verdict_of_the_same_moment_is_not_replaced_by_labels(
    owner: Database, desk: Database, stream: Database
) -> None:
    payment = store(owner, "c1")
    (row,) = open_all(owner)
    working.claim_next(desk, "ann")
    label(owner, payment, is_fraud=False)
    assert opening.note_labels(stream) == 1
    owner.execute("UPDATE cases SET taken_until = NOW() - INTERVAL '1 s'")
    with ThreadPoolExecutor(1) as pool, desk.transaction():
        seen = Seen(row["case_number"], case(owner, row["case_number"])["version"])
        working.decide(desk, seen, "ann", "fraud", "stolen_card", "", [payment])
        noted = pool.submit(opening.note_labels, stream)
        wait_until_blocked(owner)
    assert noted.result() == 0
    closed = case(owner, row["case_number"])
    assert (closed["verdict"], closed["closed_by"]) == ("fraud", "ann")
    assert events_of(owner, row["case_number"]).count("verdict") == 1


def test_an_alert_whose_case_somebody_asks_for_at_the_same_moment_has_one(
    owner: Database, desk: Database, stream: Database
) -> None:
    asked_for, opened = store(owner, "c1"), store(owner, "c2")
    with ThreadPoolExecutor(1) as pool:
        with desk.transaction():
            number = working.request_case(desk, asked_for, "c1", "ann")
            opening_all = pool.submit(opening.open_cases, stream, 3600.0)
            wait_until_blocked(owner)
        opening_all.result()
        assert [row["case_number"] for row in open_all(owner) if row["card_id"] == "c1"] == [number]
        third = store(owner, "c3")
        with stream.transaction():
            opening.open_cases(stream, 3600.0)
            asking = pool.submit(working.request_case, desk, third, "c3", "ann")
            wait_until_blocked(owner)
        assert payments_of(owner, asking.result()) == [third]
    assert sorted(row["card_id"] for row in open_all(owner)) == ["c1", "c2", "c3"]
    assert all(payments_of(owner, row["case_number"]) for row in open_all(owner))
    assert opened in {
        row["transaction_id"] for row in fetch_all(owner, "SELECT * FROM case_alerts")
    }


def test_a_case_opened_again_is_not_closed_by_labels_of_before(
    owner: Database, desk: Database, stream: Database
) -> None:
    payment = store(owner, "c1")
    (row,) = open_all(owner)
    label(owner, payment, is_fraud=True)
    opening.note_labels(stream)
    version = case(owner, row["case_number"])["version"]
    working.reopen(desk, Seen(row["case_number"], version), "eve", "look again")
    owner.execute("UPDATE cases SET taken_by = NULL, taken_until = NULL")
    opening.note_labels(stream)
    assert case(owner, row["case_number"])["status"] == "open"


def test_the_desks_own_labels_are_not_taken_for_those_of_others(
    owner: Database, desk: Database, stream: Database
) -> None:
    row = new_case(owner, "c1")
    chosen = payments_of(owner, row["case_number"])
    seen = Seen(row["case_number"], row["version"])
    working.decide(desk, seen, "ann", "fraud", "stolen_card", "", chosen)
    owner.execute(
        "INSERT INTO labels (transaction_id, is_fraud, labelled_at, source) "
        "SELECT transaction_id, is_fraud, "
        "TO_TIMESTAMP(labelled_ms / 1000.0) AT TIME ZONE 'UTC', source FROM label_outbox"
    )
    version = case(owner, row["case_number"])["version"]
    working.reopen(desk, Seen(row["case_number"], version), "eve", "look again")
    assert opening.note_labels(stream) == 0


def test_about_one_approved_payment_in_a_thousand_is_drawn_and_looks_like_a_case(
    owner: Database, stream: Database
) -> None:
    alert = new_case(owner, "c1", score=0.7, amount_cents=70_000)
    template = store(owner, "c2", decision="approve", score=0.01, amount_cents=900)
    owner.execute(APPROVALS, [10_000, template])
    drawn = opening.draw_controls(stream, whole(owner))
    assert 3 <= len(drawn) <= 25
    assert opening.draw_controls(stream, whole(owner)) == []
    cases = fetch_all(owner, "SELECT * FROM cases WHERE origin = 'control'")
    assert len(cases) == len(drawn)
    # Their place is that of an alert's case, whatever they cost.
    assert {row["risk_cents"] for row in cases} == {alert["risk_cents"]}
    assert {row["decision"] for row in drawn} == {"approve"}


def test_the_sample_does_not_depend_on_when_it_is_drawn(owner: Database, stream: Database) -> None:
    template = store(owner, "c2", decision="approve")
    owner.execute(APPROVALS, [5_000, template])
    first = {row["transaction_id"] for row in opening.draw_controls(stream, whole(owner))}
    again = fetch_all(
        owner,
        "SELECT transaction_id FROM scored_payments "
        "WHERE MOD(HASHTEXTEXTENDED(transaction_id, 0), 1000) = 0",
    )
    assert first == {row["transaction_id"] for row in again}


def test_cards_of_a_device_are_recorded_once(owner: Database, stream: Database) -> None:
    store(owner, "c1", device_id="d1", minutes_ago=200)
    store(owner, "c1", device_id="d1", minutes_ago=5)
    store(owner, "c2", device_id="d1")
    store(owner, "c3", device_id=None)
    for _ in range(2):
        opening.note_devices(stream, whole(owner))
    rows = fetch_all(owner, "SELECT * FROM device_cards ORDER BY card_id")
    assert [(row["device_id"], row["card_id"]) for row in rows] == [("d1", "c1"), ("d1", "c2")]
    assert rows[0]["newest_event_time"] > rows[0]["first_event_time"]


def test_payments_are_looked_through_once_and_up_to_those_that_are_settled(
    owner: Database, stream: Database
) -> None:
    steps = []
    while True:
        step = opening.next_step(stream)
        steps.append(step)
        opening.step_done(stream, step)
        if step.is_last:
            break
    assert len(steps) == 31 * 4
    assert all(one.until == other.since for one, other in itertools.pairwise(steps))
    assert opening.next_step(stream).since == steps[-1].until


def test_lists_of_cases_do_not_read_those_closed_long_ago(owner: Database, desk: Database) -> None:
    owner.execute(
        "INSERT INTO cases (card_id, origin, risk_cents, newest_event_time, status, verdict, "
        "closed_by, closed_at) SELECT 'card-' || n, 'alert', n, NOW() AT TIME ZONE 'UTC', "
        "'closed', 'fraud', 'ann', NOW() - INTERVAL '30 days' FROM GENERATE_SERIES(1, 20000) AS n"
    )
    owner.execute("ANALYZE cases")
    for which in ("open", "mine", "waiting", "closed"):
        for name in ("case_queue", "case_counts"):
            values = {"login": "ann", "which": which, "most": 200}
            plan = fetch_all(desk, b"EXPLAIN " + query(name), values)
            read_whole = [row for row in plan if "Seq Scan on cases" in row["QUERY PLAN"]]
            assert not read_whole, (which, name, plan)


def test_the_followers_may_not_read_passwords_or_write_verdicts(stream: Database) -> None:
    for statement in ("SELECT * FROM analysts", "INSERT INTO label_outbox DEFAULT VALUES"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            stream.execute(statement)
