"""Work on cases: nobody in another's way, nothing half done, nothing twice."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from swipestream.cases import working
from swipestream.cases.errors import (
    CaseChangedError,
    CaseTakenError,
    NoteError,
    UnknownCaseError,
    UnknownPaymentError,
    VerdictError,
)
from swipestream.cases.rows import Row, fetch_all
from swipestream.cases.working import Seen
from swipestream.errors import SwipestreamError
from swipestream.settings import Settings
from tests.cases.stored import (
    Database,
    add_people,
    case,
    events_of,
    labels_of,
    new_case,
    open_all,
    payments_of,
    store,
    wait_until_blocked,
)

CARD_NUMBER = "4111111111111111"


def seen(row: Row, token: str = "") -> Seen:
    return Seen(row["case_number"], row["version"], token)


def decide(desk: Database, row: Row, login: str = "ann", token: str = "", note: str = "") -> None:
    chosen = payments_of(desk, row["case_number"])
    working.decide(desk, seen(row, token), login, "fraud", "stolen_card", note, chosen)


def lapse(owner: Database) -> None:
    """Let a quarter of an hour pass for all claims."""
    owner.execute("UPDATE cases SET taken_until = NOW() - INTERVAL '1 s' WHERE taken_by <> ''")


def test_the_next_case_is_the_one_with_the_most_money_at_risk(
    owner: Database, desk: Database
) -> None:
    small = new_case(owner, "c1", score=0.9, amount_cents=1_000)
    large = new_case(owner, "c2", score=0.2, amount_cents=900_000)
    assert working.claim_next(desk, "ann") == large["case_number"]
    assert working.claim_next(desk, "bob") == small["case_number"]
    assert working.claim_next(desk, "eve") is None


def test_ten_analysts_at_once_get_no_case_twice(
    cases_settings: Settings, owner: Database, desk: Database
) -> None:
    people = [f"p{number}" for number in range(10)]
    add_people(owner, **dict.fromkeys(people, "analyst"))
    for number in range(40):
        store(owner, f"card-{number}", amount_cents=1000 * number)
    open_all(owner)

    def work(login: str) -> list[int]:
        taken = []
        with psycopg.connect(cases_settings.desk_database, autocommit=True) as connection:
            while (number := working.claim_next(connection, login)) is not None:
                taken.append(number)
                decide(connection, case(connection, number), login)
        return taken

    with ThreadPoolExecutor(10) as pool:
        taken = [number for numbers in pool.map(work, people) for number in numbers]
    assert len(taken) == len(set(taken)) == 40
    labels = fetch_all(owner, "SELECT transaction_id FROM label_outbox")
    assert len(labels) == len({row["transaction_id"] for row in labels}) == 40


def test_a_claim_that_has_lapsed_is_taken_by_somebody_else(owner: Database, desk: Database) -> None:
    row = new_case(owner, "c1")
    assert working.claim_next(desk, "ann") == row["case_number"]
    assert working.claim_next(desk, "bob") is None
    anns = case(owner, row["case_number"])
    lapse(owner)
    assert working.claim_next(desk, "bob") == row["case_number"]
    with pytest.raises(CaseTakenError, match="bob works on case"):
        decide(desk, anns)
    assert labels_of(owner, row["case_number"]) == []


def test_a_verdict_is_a_case_an_event_and_a_label(owner: Database, desk: Database) -> None:
    row = new_case(owner, "c1")
    decide(desk, row, note="called the customer")
    closed = case(owner, row["case_number"])
    assert (closed["status"], closed["verdict"], closed["closed_by"]) == ("closed", "fraud", "ann")
    (label,) = labels_of(owner, row["case_number"])
    assert (label["is_fraud"], label["reason"], label["source"]) == (
        *(True, "stolen_card"),
        "analyst.ann",
    )
    assert label["sent_at"] is None
    assert events_of(owner, row["case_number"]) == ["opened", "verdict"]


def test_the_same_form_again_does_nothing(owner: Database, desk: Database) -> None:
    row = new_case(owner, "c1")
    for _ in range(3):
        decide(desk, row, token="one click")
    assert len(labels_of(owner, row["case_number"])) == 1
    assert events_of(owner, row["case_number"]).count("verdict") == 1


def test_twins_of_a_form_at_the_same_moment_are_one(
    cases_settings: Settings, owner: Database, desk: Database
) -> None:
    row = new_case(owner, "c1")

    def send(_: int) -> None:
        with psycopg.connect(cases_settings.desk_database, autocommit=True) as connection:
            decide(connection, row, token="one click")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(8)))
    assert len(labels_of(owner, row["case_number"])) == 1


def test_who_has_seen_an_older_version_is_refused(owner: Database, desk: Database) -> None:
    row = new_case(owner, "c1")
    decide(desk, row, "ann")
    with pytest.raises(CaseChangedError, match="has changed since you opened it") as caught:
        decide(desk, row, "bob")
    assert "nothing was saved" in caught.value.hint
    assert len(labels_of(owner, row["case_number"])) == 1


def test_a_payment_that_joins_meanwhile_must_be_seen_first(owner: Database, desk: Database) -> None:
    row = new_case(owner, "c1")
    store(owner, "c1")
    open_all(owner)
    with pytest.raises(CaseChangedError):
        decide(desk, row)
    decide(desk, case(owner, row["case_number"]))
    assert len(labels_of(owner, row["case_number"])) == 2


def test_only_the_chosen_payments_get_a_label(owner: Database, desk: Database) -> None:
    first = store(owner, "c1")
    store(owner, "c1")
    (row,) = open_all(owner)
    working.decide(desk, seen(row), "ann", "genuine", "travel", "", [first, first])
    (label,) = labels_of(owner, row["case_number"])
    assert (label["transaction_id"], label["is_fraud"]) == (first, False)


@pytest.mark.parametrize(
    ("verdict", "reason", "payments", "error", "fact"),
    [
        ("fraud", "", None, VerdictError, "no reason"),
        ("fraud", "travel", None, VerdictError, "travel is not a reason for fraud"),
        ("perhaps", "travel", None, VerdictError, "the verdict is missing"),
        ("fraud", "stolen_card", [], VerdictError, "about no payment"),
        ("fraud", "stolen_card", ["t-unknown"], UnknownPaymentError, "has no payment t-unknown"),
    ],
)
def test_a_verdict_that_cannot_be_is_refused_whole(
    owner: Database,
    desk: Database,
    verdict: str,
    reason: str,
    payments: list[str] | None,
    error: type[SwipestreamError],
    fact: str,
) -> None:
    row = new_case(owner, "c1")
    chosen = payments_of(owner, row["case_number"]) if payments is None else payments
    with pytest.raises(error, match=fact):
        working.decide(desk, seen(row), "ann", verdict, reason, "", chosen)
    assert case(owner, row["case_number"]) == row
    assert labels_of(owner, row["case_number"]) == []


def test_a_case_that_is_not_there(desk: Database) -> None:
    with pytest.raises(UnknownCaseError, match="there is no case 987654"):
        working.add_note(desk, Seen(987_654, 1), "ann", "hello")


def test_notes_are_kept_without_card_numbers_and_controls(owner: Database, desk: Database) -> None:
    row = new_case(owner, "c1")
    working.add_note(desk, seen(row), "ann", f" card {CARD_NUMBER}\r\n<b>second\x00 line</b> ")
    (event,) = fetch_all(owner, "SELECT note FROM case_events WHERE kind = 'note'")
    assert event["note"] == "card ************1111\n<b>second  line</b>"


@pytest.mark.parametrize(("note", "fact"), [("", "empty"), (" \n", "empty"), ("x" * 2001, "2,001")])
def test_a_note_that_is_empty_or_too_long_is_refused(
    owner: Database, desk: Database, note: str, fact: str
) -> None:
    row = new_case(owner, "c1")
    with pytest.raises(NoteError, match=fact):
        working.add_note(desk, seen(row), "ann", note)


def test_a_note_may_be_written_on_any_version(owner: Database, desk: Database) -> None:
    row = new_case(owner, "c1")
    decide(desk, row)
    working.add_note(desk, seen(row), "bob", "agreed")
    assert events_of(owner, row["case_number"]) == ["opened", "verdict", "note"]


def test_a_skipped_case_is_left_to_others(owner: Database, desk: Database) -> None:
    first = new_case(owner, "c1", amount_cents=90_000)
    second = new_case(owner, "c2", amount_cents=10_000)
    assert working.claim_next(desk, "ann") == first["case_number"]
    row = case(owner, first["case_number"])
    assert working.skip(desk, seen(row, "one click"), "ann") == second["case_number"]
    assert working.skip(desk, seen(row, "one click"), "ann") == second["case_number"]
    assert working.claim_next(desk, "bob") == first["case_number"]
    assert events_of(owner, first["case_number"]).count("skipped") == 1


def test_the_same_click_on_next_gets_the_same_case(owner: Database, desk: Database) -> None:
    new_case(owner, "c1", amount_cents=90_000)
    new_case(owner, "c2", amount_cents=10_000)
    once = working.claim_next(desk, "ann", "one click")
    assert working.claim_next(desk, "ann", "one click") == once
    assert working.claim_next(desk, "ann", "another click") != once


def test_the_second_of_two_clicks_gets_what_the_first_gets(
    cases_settings: Settings, owner: Database, desk: Database
) -> None:
    for number in range(4):
        new_case(owner, f"c{number}", amount_cents=90_000 - number)
    with (
        psycopg.connect(cases_settings.desk_database, autocommit=True) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        with desk.transaction():
            first = working.claim_next(desk, "ann", "one click")
            again = pool.submit(working.claim_next, other, "ann", "one click")
            wait_until_blocked(owner)
        assert first is not None and again.result() == first
        row = case(owner, first)
        with desk.transaction():
            second = working.skip(desk, seen(row, "another click"), "ann")
            again = pool.submit(working.skip, other, seen(row, "another click"), "ann")
            wait_until_blocked(owner)
        assert second not in (None, first) and again.result() == second
    kinds = fetch_all(owner, "SELECT kind FROM case_events WHERE actor = 'ann' ORDER BY 1")
    assert [row["kind"] for row in kinds] == ["claimed", "claimed", "skipped"]


def test_a_closed_case_is_neither_put_back_nor_set_to_wait(owner: Database, desk: Database) -> None:
    row = new_case(owner, "c1")
    decide(desk, row)
    closed = case(owner, row["case_number"])
    with pytest.raises(CaseChangedError, match="was closed by ann"):
        working.wait(desk, seen(closed), "ann", "")
    with pytest.raises(CaseChangedError, match="was closed by ann"):
        working.put_back(desk, seen(closed), "ann")
    assert case(owner, row["case_number"]) == closed


def test_a_waiting_case_comes_back_after_a_day(owner: Database, desk: Database) -> None:
    row = new_case(owner, "c1")
    working.wait(desk, seen(row), "ann", "asked the customer")
    assert working.claim_next(desk, "bob") is None
    owner.execute("UPDATE cases SET waits_until = NOW() - INTERVAL '1 s'")
    assert working.claim_next(desk, "bob") == row["case_number"]


def test_a_case_opened_again_gets_another_verdict_that_counts(
    owner: Database, desk: Database
) -> None:
    row = new_case(owner, "c1")
    decide(desk, row)
    closed = case(owner, row["case_number"])
    with pytest.raises(NoteError, match="nothing says why"):
        working.reopen(desk, seen(closed), "eve", "")
    working.reopen(desk, seen(closed), "eve", "the customer called back")
    again = case(owner, row["case_number"])
    chosen = payments_of(owner, row["case_number"])
    working.decide(desk, seen(again), "eve", "genuine", "customer_confirmed", "", chosen)
    first, second = labels_of(owner, row["case_number"])
    assert (first["is_fraud"], second["is_fraud"]) == (True, False)
    assert second["labelled_ms"] > first["labelled_ms"] or second["source"] != first["source"]


def test_a_payment_that_was_no_alert_gets_one_case(
    cases_settings: Settings, owner: Database, desk: Database
) -> None:
    approved = store(owner, "c1", decision="approve")

    def ask(login: str) -> int:
        with psycopg.connect(cases_settings.desk_database, autocommit=True) as connection:
            return working.request_case(connection, approved, "c1", login)

    with ThreadPoolExecutor(2) as pool:
        numbers = set(pool.map(ask, ["ann", "bob"]))
    assert len(numbers) == 1
    assert payments_of(owner, numbers.pop()) == [approved]
    with pytest.raises(UnknownPaymentError):
        working.request_case(desk, "t-unknown", "c1", "ann")


def test_a_look_at_a_name_is_recorded_and_lasts_a_while(owner: Database, desk: Database) -> None:
    row = new_case(owner, "c1")
    number = row["case_number"]
    assert not working.is_name_shown(desk, number, "ann")
    working.show_name(desk, seen(row), "ann")
    assert working.is_name_shown(desk, number, "ann")
    assert not working.is_name_shown(desk, number, "bob")
    assert events_of(owner, number) == ["opened", "name shown"]


@pytest.mark.parametrize(
    "statement", ["UPDATE case_events SET actor = 'x'", "DELETE FROM case_events"]
)
def test_what_was_done_cannot_be_changed_even_by_the_owner(owner: Database, statement: str) -> None:
    new_case(owner, "c1")
    with pytest.raises(psycopg.errors.RestrictViolation, match="only added to"):
        owner.execute(statement)


def test_a_verdict_that_is_broken_off_leaves_nothing(
    cases_settings: Settings, owner: Database
) -> None:
    row = new_case(owner, "c1")
    connection = psycopg.connect(cases_settings.desk_database)
    decide(connection, row)
    # As if the process had died before the end of its transaction.
    connection.close()
    assert case(owner, row["case_number"]) == row
    assert labels_of(owner, row["case_number"]) == []
