"""Labels on their way to the topic: written with the verdict, sent afterwards, counted once."""

import json
import time
from datetime import datetime
from typing import Any

from swipestream.cases.errors import UnknownPaymentError
from swipestream.cases.events import note_event
from swipestream.cases.notes import cleaned
from swipestream.cases.rows import Connection, Row, fetch_all, fetch_one
from swipestream.cases.verdicts import FRAUD, OF_COMMAND_LINE, source_of
from swipestream.sending.field_kinds import IDENTIFIER
from swipestream.sending.sender import Sender

BATCH_ROWS = 200
CONFIRMED_SECONDS = 10.0

# Two who send at once do not send the same ones.
UNSENT = """
SELECT label_number, transaction_id, is_fraud, reason, labelled_ms, source
FROM label_outbox
WHERE sent_at IS NULL
ORDER BY label_number
LIMIT %s
FOR UPDATE SKIP LOCKED
"""
SENT = "UPDATE label_outbox SET sent_at = CLOCK_TIMESTAMP() WHERE label_number = ANY(%s)"
OLDEST = """
SELECT COUNT(*) AS label_count, MIN(written_at) AS since
FROM label_outbox
WHERE sent_at IS NULL
"""
STORED = """
SELECT
    EXISTS (SELECT 1 FROM scored_payments WHERE transaction_id = %(transaction_id)s) AS is_stored,
    (SELECT MIN(case_number) FROM case_alerts WHERE transaction_id = %(transaction_id)s)
        AS case_number
"""
ADD = """
INSERT INTO label_outbox (transaction_id, is_fraud, reason, labelled_ms, source)
VALUES (%s, %s, %s, %s, %s)
RETURNING label_number
"""


def send_labels(connection: Connection, sender: Sender, topic: str) -> int:
    """
    Send what waits, at most `BATCH_ROWS`, and record what Kafka has confirmed.

    If that record is lost, they are sent again: the same label again changes nothing.

    :param connection: in autocommit mode.
    :param topic: of labels.
    :return: how many were sent.
    :raises ServiceError: Kafka has not confirmed all of them; they are sent again later.
    """
    with connection.transaction():
        labels = fetch_all(connection, UNSENT, [BATCH_ROWS])
        for label in labels:
            sender.send(topic, label["transaction_id"], json.dumps(message(label)).encode())
        if labels:
            sender.flush(CONFIRMED_SECONDS)
            connection.execute(SENT, [[label["label_number"] for label in labels]])
    return len(labels)


def message(label: Row) -> dict[str, Any]:
    """A label as the topic has it: docs/labels.md."""
    return {
        "transaction_id": label["transaction_id"],
        "is_fraud": label["is_fraud"],
        "reason": label["reason"],
        "scenario": None,
        "event_ms": None,
        "labelled_ms": label["labelled_ms"],
        "source": label["source"],
    }


def waiting(connection: Connection) -> tuple[int, datetime | None]:
    """How many labels wait to be sent, and since when."""
    row = fetch_one(connection, OLDEST)
    assert row is not None
    return int(row["label_count"]), row["since"]


def label_payment(
    connection: Connection, transaction_id: str, verdict: str, why: str, user: str
) -> int:
    """
    Leave a label to be sent, from the command line.

    :param connection: in autocommit mode.
    :param verdict: fraud or genuine.
    :param why: kept in case_events, without card numbers.
    :param user: of the system.
    :return: its number in the outbox.
    :raises UnknownPaymentError: no such payment is stored.
    :raises NoteError: `why` is too long.
    """
    text = cleaned(why)
    with connection.transaction():
        found = fetch_one(connection, STORED, {"transaction_id": transaction_id})
        if found is None or not found["is_stored"]:
            raise UnknownPaymentError(
                f"no stored payment has the transaction id {transaction_id[:64]}",
                "see `swipestream alerts list`; a payment is stored a moment after it is sent",
            )
        # A label has room for a code only; a sentence is kept in the record.
        reason = text if IDENTIFIER.match(text) else None
        values = [transaction_id, verdict == FRAUD, reason, time.time_ns() // 1_000_000]
        row = fetch_one(connection, ADD, [*values, source_of(OF_COMMAND_LINE, user)])
        assert row is not None
        note_event(
            connection, "label", user, found["case_number"],
            after={"transaction_id": transaction_id, "is_fraud": verdict == FRAUD}, note=text,
        )  # fmt: skip
    return int(row["label_number"])
