"""Work on cases: taken, put back, noted, decided. One transaction each, or nothing happens."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from swipestream.cases.errors import (
    CaseChangedError,
    CaseTakenError,
    NoteError,
    UnknownCaseError,
    UnknownPaymentError,
    VerdictError,
)
from swipestream.cases.events import is_known_form, note_event
from swipestream.cases.notes import cleaned
from swipestream.cases.rows import Connection, Row, fetch_all, fetch_one
from swipestream.cases.verdicts import FRAUD, OF_ANALYSTS, check_verdict, source_of
from swipestream.database.queries import query

CLAIM_MINUTES = 15
WAIT_HOURS = 24
# A case that was put back is not offered to the same person again for so long.
PUT_BACK_MINUTES = 60

LOCK = """
SELECT *, taken_until > CLOCK_TIMESTAMP() AS is_taken
FROM cases
WHERE case_number = %s
FOR UPDATE
"""
PAYMENTS = "SELECT transaction_id FROM case_alerts WHERE case_number = %s ORDER BY transaction_id"
TAKE = """
UPDATE cases
SET
    taken_by = %s,
    taken_until = CLOCK_TIMESTAMP() + %s * INTERVAL '1 minute',
    status = 'open',
    waits_until = NULL,
    version = version + 1
WHERE case_number = %s
"""
PUT_BACK = """
UPDATE cases
SET taken_by = NULL, taken_until = NULL, version = version + 1
WHERE case_number = %s
"""
PUT_BACK_ALL = """
UPDATE cases
SET taken_by = NULL, taken_until = NULL, version = version + 1
WHERE taken_by = %s AND taken_until > CLOCK_TIMESTAMP() AND status = 'open'
RETURNING case_number
"""
WAIT = """
UPDATE cases
SET
    status = 'waiting',
    waits_until = CLOCK_TIMESTAMP() + %s * INTERVAL '1 hour',
    taken_by = NULL,
    taken_until = NULL,
    version = version + 1
WHERE case_number = %s
"""
CLOSE = """
UPDATE cases
SET
    status = 'closed',
    verdict = %s,
    verdict_reason = %s,
    closed_by = %s,
    closed_at = CLOCK_TIMESTAMP(),
    taken_by = NULL,
    taken_until = NULL,
    waits_until = NULL,
    version = version + 1
WHERE case_number = %s
"""
REOPEN = """
UPDATE cases
SET
    status = 'open',
    verdict = NULL,
    verdict_reason = NULL,
    closed_by = NULL,
    closed_at = NULL,
    taken_by = %s,
    taken_until = CLOCK_TIMESTAMP() + %s * INTERVAL '1 minute',
    version = version + 1
WHERE case_number = %s
"""
HELD = """
SELECT case_number
FROM cases
WHERE taken_by = %s AND taken_until > CLOCK_TIMESTAMP() AND status = 'open'
ORDER BY taken_until DESC
LIMIT 1
"""
LABEL = """
INSERT INTO label_outbox (case_number, transaction_id, is_fraud, reason, labelled_ms, source)
VALUES (%s, %s, %s, %s, %s, %s)
"""
NAME_SHOWN = """
SELECT 1 AS shown
FROM case_events
WHERE
    case_number = %s
    AND actor = %s
    AND kind = 'name shown'
    AND happened_at > CLOCK_TIMESTAMP() - %s * INTERVAL '1 minute'
"""
# A request for a case has no score to set its place by: the whole amount is at risk.
REQUESTED = """
INSERT INTO cases (card_id, origin, risk_cents, newest_event_time)
VALUES (%s, 'request', %s, %s)
RETURNING case_number
"""
JOIN = """
INSERT INTO case_alerts (transaction_id, card_id, case_number, risk_cents)
VALUES (%s, %s, %s, %s)
"""
STORED = """
SELECT card_id, amount_cents, event_time
FROM scored_payments
WHERE transaction_id = %s AND card_id = %s
"""
CASE_OF = "SELECT case_number FROM case_alerts WHERE transaction_id = %s AND card_id = %s"
LOCK_CARD = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 20261202))"
LOCK_PERSON = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 20261203))"


@dataclass(frozen=True)
class Seen:
    """
    The case as a page showed it, and the form that was sent from there.

    :param version: of the case.
    :param form_token: different in each form; the same one again is the same click.
    """

    case_number: int
    version: int
    form_token: str = ""


def claim_next(connection: Connection, login: str, form_token: str = "") -> int | None:
    """
    Take the case with the most money at risk that nobody works on, and put back what one had.

    No two people get the same one, whenever they ask.

    :param form_token: of the form that asks; the same one again gets the same case.
    :return: its number; None if nothing is left for this person.
    """
    with connection.transaction():
        # The second of two clicks waits for the first, and gets the same case.
        connection.execute(LOCK_PERSON, [login])
        if is_known_form(connection, form_token):
            return _held(connection, login)
        for row in fetch_all(connection, PUT_BACK_ALL, [login]):
            note_event(connection, "released", login, row["case_number"])
        values = {"login": login, "put_back_minutes": PUT_BACK_MINUTES}
        found = fetch_one(connection, query("next_case"), values)
        if found is None:
            return None
        number = int(found["case_number"])
        connection.execute(TAKE, [login, CLAIM_MINUTES, number])
        note_event(connection, "claimed", login, number, form_token=form_token)
        return number


def claim(connection: Connection, seen: Seen, login: str) -> None:
    """
    Take one case; one's own for another quarter of an hour.

    :raises UnknownCaseError: there is none.
    :raises CaseChangedError: it is closed.
    :raises CaseTakenError: somebody else works on it.
    """
    with connection.transaction():
        case = _locked(connection, seen.case_number)
        if is_known_form(connection, seen.form_token):
            return
        _not_taken(case, login)
        _not_closed(case)
        connection.execute(TAKE, [login, CLAIM_MINUTES, seen.case_number])
        note_event(connection, "claimed", login, seen.case_number, form_token=seen.form_token)


def put_back(connection: Connection, seen: Seen, login: str, kind: str = "released") -> None:
    """
    Leave a case to others.

    :param kind: `released` or `skipped`, for the record.
    :raises SwipestreamError: as `decide`.
    """
    with connection.transaction():
        case = _begun(connection, seen, login)
        if case is None:
            return
        _not_closed(case)
        connection.execute(PUT_BACK, [seen.case_number])
        note_event(connection, kind, login, seen.case_number, form_token=seen.form_token)


def skip(connection: Connection, seen: Seen, login: str) -> int | None:
    """
    Leave a case to others and take the next one.

    :return: as `claim_next`.
    :raises SwipestreamError: as `decide`.
    """
    with connection.transaction():
        # As in `claim_next`; before the case, so that no two wait for each other.
        connection.execute(LOCK_PERSON, [login])
        if is_known_form(connection, seen.form_token):
            return _held(connection, login)
        put_back(connection, seen, login, "skipped")
        return claim_next(connection, login)


def wait(connection: Connection, seen: Seen, login: str, note: str) -> None:
    """
    Let a case wait for a day, for a customer's answer for example.

    :raises SwipestreamError: as `decide`.
    """
    text = cleaned(note)
    with connection.transaction():
        case = _begun(connection, seen, login)
        if case is None:
            return
        _not_closed(case)
        connection.execute(WAIT, [WAIT_HOURS, seen.case_number])
        note_event(
            connection, "waits", login, seen.case_number,
            after={"hours": WAIT_HOURS}, note=text, form_token=seen.form_token,
        )  # fmt: skip


def add_note(connection: Connection, seen: Seen, login: str, note: str) -> None:
    """
    Write something down. It changes nothing, so that a newer version of the case does not matter.

    :raises UnknownCaseError: there is none.
    :raises NoteError: nothing was written, or too much.
    """
    text = cleaned(note)
    if not text:
        raise NoteError("the note is empty", "write something first")
    with connection.transaction():
        _locked(connection, seen.case_number)
        if not is_known_form(connection, seen.form_token):
            note_event(
                connection, "note", login, seen.case_number, note=text, form_token=seen.form_token
            )


def decide(
    connection: Connection,
    seen: Seen,
    login: str,
    verdict: str,
    reason: str,
    note: str,
    transaction_ids: Sequence[str],
) -> None:
    """
    Close a case: event, case and the labels on their way, all or nothing.

    :param verdict: fraud or genuine.
    :param reason: a code of swipestream/cases/verdicts.py.
    :param transaction_ids: the payments of the case that the verdict is about; the others get no
        label.
    :raises VerdictError: no verdict, no reason, or no payment.
    :raises NoteError: the note is too long.
    :raises UnknownCaseError: there is no such case.
    :raises UnknownPaymentError: a payment is not in it.
    :raises CaseChangedError: it is not as this person saw it any more.
    :raises CaseTakenError: somebody else works on it.
    """
    check_verdict(verdict, reason)
    text = cleaned(note)
    chosen = list(dict.fromkeys(transaction_ids))
    if not chosen:
        raise VerdictError("the verdict is about no payment", "choose at least one payment")
    with connection.transaction():
        case = _begun(connection, seen, login)
        if case is None:
            return
        _not_closed(case)
        known = {
            row["transaction_id"] for row in fetch_all(connection, PAYMENTS, [seen.case_number])
        }
        for transaction_id in chosen:
            if transaction_id not in known:
                raise UnknownPaymentError(
                    f"the case has no payment {transaction_id[:64]}", "choose payments of the case"
                )
        labelled_ms = time.time_ns() // 1_000_000
        source = source_of(OF_ANALYSTS, login)
        for transaction_id in chosen:
            connection.execute(
                LABEL,
                [
                    *(seen.case_number, transaction_id, verdict == FRAUD, reason),
                    *(labelled_ms, source),
                ],
            )
        connection.execute(CLOSE, [verdict, reason, login, seen.case_number])
        note_event(
            connection, "verdict", login, seen.case_number,
            before={"status": case["status"]},
            after={"verdict": verdict, "reason": reason, "transaction_ids": chosen},
            note=text, form_token=seen.form_token,
        )  # fmt: skip


def reopen(connection: Connection, seen: Seen, login: str, note: str) -> None:
    """
    Take back a verdict: the case is open again, and the next verdict's labels count.

    :raises SwipestreamError: as `decide`; NoteError also if nothing says why.
    """
    text = cleaned(note)
    if not text:
        raise NoteError("nothing says why the case is opened again", "write why in the note")
    with connection.transaction():
        case = _begun(connection, seen, login)
        if case is None:
            return
        if case["status"] != "closed":
            raise CaseChangedError("the case is open already", "look at it again")
        connection.execute(REOPEN, [login, CLAIM_MINUTES, seen.case_number])
        note_event(
            connection, "reopened", login, seen.case_number,
            before={"verdict": case["verdict"], "reason": case["verdict_reason"]},
            note=text, form_token=seen.form_token,
        )  # fmt: skip


def show_name(connection: Connection, seen: Seen, login: str) -> None:
    """
    Record that somebody looks at the customer's name, which they then see for a while.

    :raises UnknownCaseError: there is no such case.
    """
    with connection.transaction():
        _locked(connection, seen.case_number)
        if not is_known_form(connection, seen.form_token):
            note_event(
                connection, "name shown", login, seen.case_number, form_token=seen.form_token
            )


def is_name_shown(connection: Connection, case_number: int, login: str) -> bool:
    """Whether somebody has asked for the customer's name a short while ago."""
    return fetch_one(connection, NAME_SHOWN, [case_number, login, CLAIM_MINUTES]) is not None


def request_case(connection: Connection, transaction_id: str, card_id: str, login: str) -> int:
    """
    A case for a payment that has none, taken by who asks for it.

    :return: its number; that of the case which the payment is in, if there is one.
    :raises UnknownPaymentError: the payment is not stored.
    """
    with connection.transaction():
        known = case_of_payment(connection, transaction_id, card_id)
        if known:
            return known
        payment = fetch_one(connection, STORED, [transaction_id, card_id])
        if payment is None:
            raise UnknownPaymentError(
                f"no payment {transaction_id[:64]} is stored for this card",
                "search by the last four digits of the card",
            )
        cents = payment["amount_cents"]
        made = fetch_one(connection, REQUESTED, [card_id, cents, payment["event_time"]])
        assert made is not None
        number = int(made["case_number"])
        connection.execute(JOIN, [transaction_id, card_id, number, cents])
        note_event(connection, "opened", login, number, after={"transaction_ids": [transaction_id]})
        connection.execute(TAKE, [login, CLAIM_MINUTES, number])
        note_event(connection, "claimed", login, number)
        return number


def case_of_payment(connection: Connection, transaction_id: str, card_id: str) -> int | None:
    """
    The case that a payment is in.

    Until the transaction ends nobody else gives a payment of the card a case: of two who would, the
    second finds that of the first.
    """
    connection.execute(LOCK_CARD, [card_id])
    row = fetch_one(connection, CASE_OF, [transaction_id, card_id])
    return int(row["case_number"]) if row else None


def _held(connection: Connection, login: str) -> int | None:
    """The case that somebody took last and still has."""
    row = fetch_one(connection, HELD, [login])
    return int(row["case_number"]) if row else None


def _locked(connection: Connection, case_number: int) -> Row:
    case = fetch_one(connection, LOCK, [case_number])
    if case is None:
        raise UnknownCaseError(f"there is no case {case_number}", "look for it in the queue")
    return case


def _begun(connection: Connection, seen: Seen, login: str) -> Row | None:
    """
    The case, kept until the transaction ends; None if this form was sent before.

    :raises SwipestreamError: as `decide`.
    """
    case = _locked(connection, seen.case_number)
    if is_known_form(connection, seen.form_token):
        return None
    _not_taken(case, login)
    if case["version"] != seen.version:
        raise CaseChangedError(
            f"case {seen.case_number} has changed since you opened it",
            "look at it again, then decide; nothing was saved",
        )
    return case


def _not_taken(case: dict[str, Any], login: str) -> None:
    if case["is_taken"] and case["taken_by"] != login:
        raise CaseTakenError(
            f"{case['taken_by']} works on case {case['case_number']}",
            f"take another one, or wait until {case['taken_until']:%H:%M} UTC; nothing was saved",
        )


def _not_closed(case: dict[str, Any]) -> None:
    if case["status"] == "closed":
        raise CaseChangedError(
            f"case {case['case_number']} was closed by {case['closed_by']}",
            "a lead can open it again; nothing was saved",
        )
