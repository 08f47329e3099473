"""The card's payments as a picture, drawn here: time to the right, amount upwards."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

WIDTH, HEIGHT = 900, 250
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 14, 34
# Of a step along an axis, in the order they are tried.
_NICE = (1, 2, 5)
_DAY = 86_400


@dataclass(frozen=True)
class Dot:
    """
    A payment.

    :param kind: what its color says: case, fraud, genuine, suspected or other.
    :param title: what a pointer over it shows.
    """

    x: float
    y: float
    radius: float
    kind: str
    shape: str
    title: str


@dataclass(frozen=True)
class Tick:
    """A line of the grid with its words."""

    at: float
    text: str


@dataclass(frozen=True)
class Plot:
    """
    A picture in units of `WIDTH` and `HEIGHT`.

    :param usual: where the card's usual amount lies, from the top; None if it is unknown.
    """

    dots: Sequence[Dot]
    times: Sequence[Tick]
    amounts: Sequence[Tick]
    usual: Tick | None
    currency: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def plot(payments: Sequence[Mapping[str, Any]], case_number: int | None, days: int) -> Plot | None:
    """
    Draw payments of one card.

    :param payments: rows of sql/postgres/queries/card_history.sql, the newest first.
    :param case_number: whose payments stand out.
    :param days: at most so many are shown; fewer if the card has none before.
    :return: None without payments.
    """
    if not payments:
        return None
    newest, oldest = payments[0]["event_time"], payments[-1]["event_time"]
    span = min(max((newest - oldest).total_seconds(), _DAY), days * _DAY)
    # So that no dot lies on the frame.
    begin = newest - timedelta(seconds=span * 1.03)
    end = newest + timedelta(seconds=span * 0.03)
    # Most amounts are small and the interesting ones are not: a square root keeps both apart.
    most = max(max(row["amount_cents"] for row in payments), 100)
    scale = math.sqrt(most * 1.06)

    def x(moment: datetime) -> float:
        share: float = (moment - begin) / (end - begin)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(cents: float) -> float:
        share = math.sqrt(max(0.0, cents)) / scale
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    dots = [
        Dot(
            x(row["event_time"]),
            y(row["amount_cents"]),
            6.5 if kind_of(row, case_number) == "case" else 4.2,
            kind_of(row, case_number),
            "square" if row["channel"] == "online" else "circle",
            f"{row['event_time']:%d %b %H:%M} UTC, {money(row['amount_cents'])} {row['currency']}"
            f" at {row['merchant']} ({row['channel']})",
        )
        for row in payments
        if begin <= row["event_time"] <= end
    ]
    # The case's own lie on top.
    dots.sort(key=lambda dot: dot.kind == "case")
    others = sorted(
        row["amount_cents"]
        for row in payments
        if row["case_number"] != case_number or not case_number
    )
    usual = others[len(others) // 2] if len(others) >= 5 else None
    return Plot(
        dots,
        [Tick(x(moment), f"{moment:%d %b}" if step >= _DAY else f"{moment:%H:%M}")
         for moment, step in time_ticks(begin, end)],
        [Tick(y(cents), amount_word(cents)) for cents in amount_ticks(most)],
        None if usual is None else Tick(y(usual), f"usual {money(usual)}"),
        str(payments[0]["currency"]),
    )  # fmt: skip


def kind_of(row: Mapping[str, Any], case_number: int | None) -> str:
    """What the color of a payment says."""
    if case_number is not None and row["case_number"] == case_number:
        return "case"
    if row["is_fraud"] is not None:
        return "fraud" if row["is_fraud"] else "genuine"
    return "suspected" if row["decision"] in ("review", "block") else "other"


def time_ticks(begin: datetime, end: datetime) -> list[tuple[datetime, int]]:
    """Whole days or hours, at most eight, with the seconds from one to the next."""
    seconds = (end - begin).total_seconds()
    steps = [3600 * n for n in (1, 2, 4, 6, 12)] + [_DAY * n for n in (1, 2, 5, 7, 14)]
    step = next((step for step in steps if seconds / step <= 8), steps[-1])
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    number = math.ceil((begin - midnight).total_seconds() / step)
    found = []
    while (moment := midnight + timedelta(seconds=step * number)) <= end:
        found.append((moment, step))
        number += 1
    return found


def amount_ticks(most: int) -> list[int]:
    """Four round amounts up to the largest, in cents, that the scale keeps apart."""
    top = 10 ** math.floor(math.log10(most))
    highest = max(n * top for n in _NICE if n * top <= most)
    return sorted({0, highest // 10, highest // 2, highest})


def amount_word(cents: int) -> str:
    """An amount at the axis."""
    return f"{cents / 100:,.0f}" if cents % 100 == 0 else f"{cents / 100:,.2f}"


def money(cents: int | float) -> str:
    """An amount without its currency."""
    return f"{cents / 100:,.2f}"
