"""The record of what was done at the desk; rows are only added."""

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from swipestream.cases.rows import Connection, fetch_one

ADD = """
INSERT INTO case_events (case_number, actor, kind, before, after, note, form_token)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
KNOWN_FORM = "SELECT 1 AS known FROM case_events WHERE form_token = %s"


def note_event(
    connection: Connection,
    kind: str,
    actor: str,
    case_number: int | None = None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    note: str = "",
    form_token: str = "",
) -> None:
    """
    Add a row, in the transaction of what it records.

    :param kind: one of those that the table case_events allows.
    :param actor: an analyst's login, a user of the command line, or the source of a label.
    :param form_token: of the form that asked for it; empty if none did.
    """
    connection.execute(
        ADD,
        [
            case_number,
            actor,
            kind,
            None if before is None else Jsonb(dict(before)),
            None if after is None else Jsonb(dict(after)),
            note,
            form_token or None,
        ],
    )


def is_known_form(connection: Connection, form_token: str) -> bool:
    """Whether a form was sent before."""
    return bool(form_token) and fetch_one(connection, KNOWN_FORM, [form_token]) is not None
