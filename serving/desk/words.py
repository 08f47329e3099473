"""Values in the words of the pages."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from swipestream.cases.verdicts import WORDS

CHANNELS = {"pos": "in store", "online": "online", "atm": "cash machine"}
ROLES = {"analyst": "Analyst", "lead": "Lead", "viewer": "Viewer"}
DECISIONS = {"approve": "approved", "review": "to review", "block": "blocked"}
_KINDS = {
    "opened": "Case opened",
    "joined": "A payment joined",
    "claimed": "Taken",
    "released": "Put back",
    "skipped": "Skipped",
    "waits": "Set to wait",
    "note": "Note",
    "verdict": "Verdict",
    "reopened": "Opened again",
    "label": "Label from elsewhere",
    "name shown": "Looked at the customer's name",
    "signed in": "Signed in",
    "sign-in refused": "Sign-in refused",
    "locked": "Locked after too many tries",
    "signed out": "Signed out",
    "account": "Account",
}
KINDS: Mapping[str, str] = _KINDS


def moment(value: datetime | None) -> str:
    """A time of this year, to the minute, UTC."""
    return "" if value is None else f"{utc(value):%d %b %H:%M}"


def exact(value: datetime | None) -> str:
    """A time to the second, UTC."""
    return "" if value is None else f"{utc(value):%Y-%m-%d %H:%M:%S}"


def day(value: datetime | None) -> str:
    """A date, UTC."""
    return "" if value is None else f"{utc(value):%d %b %Y}"


def clock(value: datetime | None) -> str:
    """The time of day, UTC."""
    return "" if value is None else f"{utc(value):%H:%M}"


def ago(value: datetime | None) -> str:
    """How long ago something was."""
    if value is None:
        return ""
    return span((datetime.now(UTC) - utc(value)).total_seconds())


def span(seconds: float | None) -> str:
    """A length of time in one or two units."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def utc(value: datetime) -> datetime:
    """A time of the database; those of payments have no zone and are UTC."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def money(cents: Any, currency: str | None = None) -> str:
    """An amount with two decimals, and its currency if there is one."""
    if cents is None:
        return ""
    return f"{int(cents) / 100:,.2f}" + (f" {currency}" if currency else "")


def share(value: float | None) -> str:
    """A share of 1 in percent."""
    return "" if value is None else f"{value:.1%}"


def spoken(code: str | None) -> str:
    """A code in words: `gift_cards` is Gift cards."""
    return (code or "").replace("_", " ").capitalize()


def because(code: str | None) -> str:
    """The reason of a verdict, or of a label from elsewhere."""
    return WORDS.get(code or "") or spoken(code)


def channel(code: str | None) -> str:
    """How a payment was made."""
    return CHANNELS.get(code or "", code or "")


def decision(code: str | None) -> str:
    """What the stream decided."""
    return DECISIONS.get(code or "", "")


def kind(code: str) -> str:
    """What an event is."""
    return _KINDS.get(code, code)


def counted(count: int, one: str, many: str = "") -> str:
    """A number and its noun: 1 payment, 2 payments."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def told(event: Mapping[str, Any]) -> str:
    """
    What an event says beyond its kind.

    :param event: a row of sql/postgres/queries/case_history.sql.
    """
    after, before = event["after"] or {}, event["before"] or {}
    match event["kind"]:
        case "verdict" | "reopened":
            which = after or before
            words = [str(which.get("verdict", ""))]
            words += [because(which["reason"])] if which.get("reason") else []
            words += [str(which["by"])] if which.get("by") else []
            return ", ".join(words)
        case "label":
            says = "fraud" if after.get("is_fraud") else "genuine"
            why = because(after.get("reason"))
            return f"{says}{', ' + why if why else ''}: {after.get('transaction_id', '')}"
        case "opened" | "joined":
            return str(after.get("transaction_id") or ", ".join(after.get("transaction_ids", [])))
        case "account":
            role = f", {after['role']}" if after.get("role") else ""
            return f"{after.get('login', '')} {after.get('did', '')}{role}"
        case "sign-in refused":
            return str(after.get("because", ""))
        case "waits":
            return f"{after.get('hours', '')} hours"
    return ""


FILTERS = {
    "moment": moment,
    "exact": exact,
    "day": day,
    "clock": clock,
    "ago": ago,
    "span": span,
    "money": money,
    "share": share,
    "spoken": spoken,
    "because": because,
    "channel": channel,
    "decision": decision,
    "kind": kind,
    "told": told,
}
