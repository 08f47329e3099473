"""Cases begin: from alerts, and from a sample of approved payments; and labels that come first."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from swipestream.cases.events import note_event
from swipestream.cases.rows import Connection, Row, fetch_all, fetch_one
from swipestream.cases.working import case_of_payment
from swipestream.database.locks import Lock
from swipestream.database.queries import query

BATCH_ROWS = 200
# One approved payment in so many is looked at like an alert, so that what alerts miss is known.
CONTROL_ONE_IN = 1_000
# Without a score: what a rule's decision says of the risk.
RISK_OF_RULES = {"block": 1.0, "review": 0.5}
# As many as a person can look at, and as a form can send back.
MOST_PAYMENTS = 200

# The case that an alert joins: of its card, not closed, not full, and within a day of it.
OPEN_CASE = """
SELECT case_number
FROM cases
WHERE
    card_id = %(card_id)s
    AND status <> 'closed'
    AND newest_event_time BETWEEN
    %(event_time)s - INTERVAL '24 hours' AND %(event_time)s + INTERVAL '24 hours'
    AND (
        SELECT COUNT(*)
        FROM case_alerts
        WHERE case_alerts.case_number = cases.case_number
    ) < %(most_payments)s
ORDER BY newest_event_time DESC
LIMIT 1
FOR UPDATE
"""
OPEN = """
INSERT INTO cases (card_id, origin, risk_cents, newest_event_time)
VALUES (%(card_id)s, %(origin)s, %(risk_cents)s, %(event_time)s)
RETURNING case_number
"""
GROW = """
UPDATE cases
SET
    risk_cents = risk_cents + %(risk_cents)s,
    newest_event_time = GREATEST(newest_event_time, %(event_time)s),
    version = version + 1
WHERE case_number = %(case_number)s
"""
JOIN = """
INSERT INTO case_alerts (transaction_id, card_id, case_number, risk_cents)
VALUES (%(transaction_id)s, %(card_id)s, %(case_number)s, %(risk_cents)s)
"""
NOTE_LABEL = """
UPDATE case_alerts
SET label_is_fraud = %(is_fraud)s, label_source = %(source)s, labelled_at = %(labelled_at)s
WHERE transaction_id = %(transaction_id)s AND card_id = %(card_id)s
"""
CLOSE_LABELED = """
UPDATE cases
SET
    status = 'closed',
    verdict = %(verdict)s,
    closed_by = %(source)s,
    closed_at = CLOCK_TIMESTAMP(),
    taken_by = NULL,
    taken_until = NULL,
    waits_until = NULL,
    version = version + 1
WHERE
    case_number = %(case_number)s
    -- Somebody may have taken or decided it since it was found.
    AND status <> 'closed'
    AND (taken_until IS NULL OR taken_until <= CLOCK_TIMESTAMP())
RETURNING case_number
"""
PROGRESS = """
SELECT
    COALESCE(
        (SELECT stored_before FROM case_progress),
        CLOCK_TIMESTAMP() - %(days)s * INTERVAL '1 day'
    ) AS since,
    CLOCK_TIMESTAMP() - %(settled_seconds)s * INTERVAL '1 second' AS newest,
    CLOCK_TIMESTAMP() - INTERVAL '1 day' AS a_day_ago
"""
SET_PROGRESS = """
INSERT INTO case_progress (stored_before)
VALUES (%s)
ON CONFLICT (only_row) DO UPDATE SET stored_before = EXCLUDED.stored_before
"""
# A payment is stored by then, whatever had to wait for the database.
SETTLED_SECONDS = 10
# So far back it is known which cards were used on a device, when the desk is new.
DEVICE_DAYS = 31
STEP_HOURS = 6


@dataclass(frozen=True)
class Step:
    """
    Payments to look through, by when they were stored.

    :param is_last: there are no more of them yet.
    :param control_since: the control sample begins no earlier.
    """

    since: datetime
    until: datetime
    control_since: datetime
    is_last: bool


def open_cases(connection: Connection, seconds: float) -> int:
    """
    Give alerts that are in no case one, at most `BATCH_ROWS`, in one transaction.

    Payments whose labels are known already need nobody to look at them.

    :param connection: in autocommit mode.
    :param seconds: only alerts that were scored within these.
    :return: how many payments were given a case.
    """
    with connection.transaction():
        _take_turns(connection)
        values = {"seconds": seconds, "most": BATCH_ROWS}
        alerts = fetch_all(connection, query("alerts_without_case"), values)
        for alert in alerts:
            share = alert["score"]
            # Also a score like NaN must not keep the alerts behind it from their cases.
            if share is None or not 0 <= share <= 1:
                share = RISK_OF_RULES.get(alert["decision"], 1.0)
            _give_case(connection, alert, "alert", round(share * alert["amount_cents"]))
    return len(alerts)


def draw_controls(connection: Connection, step: Step) -> list[Row]:
    """
    Open cases for a sample of approved payments, drawn by a hash of their ids.

    Their place in the queue is that of another case, drawn by lot: it says nothing of them.

    :return: the payments, as rows of scored_payments.
    """
    since = max(step.since, step.control_since)
    if since >= step.until:
        return []
    with connection.transaction():
        _take_turns(connection)
        values = {"since": since, "until": step.until, "one_in": CONTROL_ONE_IN}
        payments = fetch_all(connection, query("control_payments"), values)
        for payment in payments:
            risk_cents = payment.pop("drawn_risk_cents")
            if risk_cents is None:
                risk_cents = payment["amount_cents"]
            _give_case(connection, payment, "control", risk_cents)
    return payments


def note_devices(connection: Connection, step: Step) -> None:
    """Record which cards were used on which devices."""
    connection.execute(query("note_device_cards"), {"since": step.since, "until": step.until})


def next_step(connection: Connection) -> Step:
    """What comes next of the stored payments, a few hours at most."""
    values = {"days": DEVICE_DAYS, "settled_seconds": SETTLED_SECONDS}
    row = fetch_one(connection, PROGRESS, values)
    assert row is not None
    since = row["since"]
    until = min(since + timedelta(hours=STEP_HOURS), row["newest"])
    return Step(since, max(since, until), row["a_day_ago"], until >= row["newest"])


def step_done(connection: Connection, step: Step) -> None:
    """Go on behind it the next time."""
    connection.execute(SET_PROGRESS, [step.until])


def note_labels(connection: Connection) -> int:
    """
    Record what others than the desk have said of payments in cases that are not closed.

    A case all of whose payments have such a label is closed, unless somebody works on it.

    :return: how many labels are new.
    """
    with connection.transaction():
        _take_turns(connection)
        labels = fetch_all(connection, query("labels_of_open_cases"))
        for label in labels:
            connection.execute(NOTE_LABEL, label)
            note_event(
                connection, "label", label["source"], label["case_number"],
                after={
                    "transaction_id": label["transaction_id"],
                    "is_fraud": label["is_fraud"],
                    "reason": label["reason"],
                },
            )  # fmt: skip
        for case in fetch_all(connection, query("labeled_cases")):
            if fetch_one(connection, CLOSE_LABELED, case) is None:
                continue
            note_event(
                connection, "verdict", case["source"], case["case_number"],
                after={"verdict": case["verdict"], "by": "labels that came first"},
            )  # fmt: skip
    return len(labels)


def _give_case(connection: Connection, payment: Row, origin: str, risk_cents: int) -> None:
    values = {name: payment[name] for name in ("transaction_id", "card_id", "event_time")} | {
        "origin": origin,
        "risk_cents": max(0, risk_cents),
        "most_payments": MOST_PAYMENTS,
    }
    # Somebody at the desk may have asked for a case of this payment at the same moment.
    if case_of_payment(connection, payment["transaction_id"], payment["card_id"]):
        return
    found = fetch_one(connection, OPEN_CASE, values)
    made = found or fetch_one(connection, OPEN, values)
    assert made is not None
    values["case_number"] = made["case_number"]
    connection.execute(JOIN, values)
    if found:
        connection.execute(GROW, values)
    note_event(
        connection, "joined" if found else "opened", "alert-cases", values["case_number"],
        after={"transaction_id": payment["transaction_id"]},
    )  # fmt: skip


def _take_turns(connection: Connection) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [Lock.CASES])
