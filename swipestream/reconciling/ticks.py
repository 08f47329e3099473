"""Tell heartbeat ticks from payments."""

import json
import re

# As swipestream/heartbeat.py writes them.
_TICK = re.compile(rb'\{"kind":"tick","event_ms":-?\d+\}')


def is_tick(value: bytes | None) -> bool:
    """Whether a message is a tick of our heartbeat; takes well under a microsecond."""
    return value is not None and len(value) < 64 and _TICK.fullmatch(value) is not None


def is_any_tick(value: bytes | None) -> bool:
    """Whether the stream takes a message for a tick, somebody else's heartbeat's included."""
    # A payment has no kind, and seldom escapes, so that few messages are parsed.
    if is_tick(value) or not value or not (b'"kind"' in value or b"\\u" in value):
        return is_tick(value)
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(found, dict)
        and found.get("kind") == "tick"
        and found.get("transaction_id") is None
    )
