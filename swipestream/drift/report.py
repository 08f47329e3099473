"""What `swipestream drift` prints, for people and for scripts."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from swipestream.drift.events import ATTACK, Event
from swipestream.drift.look import CONTROL_SAMPLE, Look
from swipestream.drift.readings import Key, Reading
from swipestream.drift.wording import described, name_of, shown


def print_look(found: Look, events: list[Event], out: Console) -> None:
    """Two tables, then what fires in words."""
    if found.problem:
        out.print(Text(found.problem), soft_wrap=True)
    features = [key for key in found.keys if key[0] == "feature"]
    if features:
        out.print(_features(found, features))
        out.print()
    out.print(_signals(found, [key for key in found.keys if key[0] != "feature"]))
    lines = [
        f"since {firing.began_at:%Y-%m-%d %H:%M}  {described(firing.reading, found.names)}"
        for key in found.keys
        if (firing := found.firing(key))
    ]
    lines += [f"since {event.began_at:%Y-%m-%d %H:%M}  {event.text}" for event in events]
    out.print()
    for line in lines or ["nothing fires"]:
        out.print(Text(line), soft_wrap=True)


def as_object(found: Look, events: list[Event]) -> dict[str, Any]:
    """For scripts; what is not known is None."""
    return {
        "champion": found.version,
        "problem": found.problem or None,
        "fires": fires(found, events),
        "signals": [_object(found, key) for key in found.keys],
        "attacks": [
            {
                "merchant_id": event.subject,
                "signal": event.signal,
                "since": event.began_at.isoformat(),
                "text": event.text,
            }
            for event in events
        ],
        CONTROL_SAMPLE.replace(" ", "_"): None,
    }


def fires(found: Look, events: list[Event]) -> bool:
    """
    Whether somebody has to look.

    :param events: attacks that last.
    """
    return bool(events) or any(found.firing(key) for key in found.keys)


def attacks(events: list[Event]) -> list[Event]:
    """Those of the open events that are attacks; the others are what `Look` says."""
    return [event for event in events if event.kind == ATTACK]


def _features(found: Look, keys: list[Key]) -> Table:
    table = Table("feature", box=None, pad_edge=False)
    for name in ("importance", "index", "limit", "unknown", "payments"):
        table.add_column(name, justify="right")
    table.add_column("moved most")
    table.add_column("")

    def distance(key: Key) -> float:
        reading = found.newest(key)
        if reading is None or not reading.is_enough or not reading.high_limit:
            return 0.0
        return (reading.value or 0.0) / reading.high_limit

    for key in sorted(keys, key=distance, reverse=True):
        reading = found.newest(key)
        style = "red" if found.firing(key) else ""
        cells = [key[1], f"{found.importance[key[1]]:.1%}"]
        cells += _cells(reading)
        cells += [found.names.moved(reading) if reading and reading.is_enough else ""]
        table.add_row(*map(Text, [*cells, found.state(key)]), style=style)
    return table


def _cells(reading: Reading | None) -> list[str]:
    if reading is None:
        return ["", "", "", "0"]
    return [
        shown(reading, reading.value),
        shown(reading, reading.limit),
        "" if reading.unknown_share is None else f"{reading.unknown_share:.1%}",
        f"{reading.payment_count:,}",
    ]


def _signals(found: Look, keys: list[Key]) -> Table:
    table = Table("signal", box=None, pad_edge=False)
    for name in ("value", "usual", "limit", "of"):
        table.add_column(name, justify="right")
    table.add_column("period (UTC)")
    table.add_column("")
    for key in keys:
        reading = found.newest(key)
        style = "red" if found.firing(key) else ""
        if reading is None:
            table.add_row(key[0], "", "", "", "0", "", found.state(key))
            continue
        table.add_row(
            name_of(reading),
            shown(reading, reading.value),
            shown(reading, reading.expected),
            shown(reading, reading.limit),
            f"{reading.payment_count:,}",
            f"{reading.event_time:%Y-%m-%d %H:%M}",
            found.state(key),
            style=style,
        )
    table.add_row(CONTROL_SAMPLE, "", "", "", "0", "", "not enough to tell")
    return table


def _object(found: Look, key: Key) -> dict[str, Any]:
    reading, firing = found.newest(key), found.firing(key)
    told: dict[str, Any] = {
        "signal": key[0],
        "subject": key[1] or None,
        "importance": found.importance.get(key[1]),
        "state": found.state(key),
        "since": firing.began_at.isoformat() if firing else None,
    }
    if reading is not None:
        told |= {
            "kind": reading.kind,
            "period": reading.event_time.isoformat(),
            "value": reading.value,
            "expected": reading.expected,
            "low_limit": reading.low_limit,
            "high_limit": reading.high_limit,
            "payments": reading.payment_count,
            "is_enough": reading.is_enough,
            "is_over": reading.is_over,
            "moved_most": found.names.moved(reading) or None,
        }
    return told
