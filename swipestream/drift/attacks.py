"""Attacks on one merchant, within minutes: many cards tried with small amounts, or odd scores.

What is counted are different cards, so that one card's evening of games is one. A count alarms only
if chance would hardly ever give it at this merchant: with thousands of merchants looked at all day,
a limit that is passed once in a million looks would alarm several times a day.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from swipestream.database.queries import query
from swipestream.drift.events import ATTACK, Event, note, open_events

TESTING, SCORES = "card testing", "scores at a merchant"
WINDOW_MINUTES = 5
# Fewer cards are never an attack.
LEAST_CARDS = 8
# How often chance may give such a window. With 3,000 merchants and 4,000 looks a day at windows
# that overlap, that is less than once in two years.
CHANCE = 1e-10
# A merchant's share of all payments is not the same at every hour.
OTHER_HOURS = 2.0
# Fewer than that are not expected, of a merchant that hardly has any.
LEAST_USUAL = 0.5
# Of a merchant that nobody knows: its share of all small payments, and of high scores in its own.
UNKNOWN_SMALL_SHARE, UNKNOWN_HIGH_SHARE = 0.02, 0.2
QUIET = timedelta(minutes=30)


@dataclass(frozen=True)
class Window:
    """
    What was seen at one merchant.

    :param newest_at: the window's end, UTC without a zone, as the other times.
    :param card_count: different cards; `small_card_count` of them with small online payments,
        `high_card_count` with high scores or suspected.
    :param all_small_count: cards with small online payments, of all merchants together.
    :param usual_small_share: of all small online payments of a day, those at this merchant; None if
        nobody knows.
    :param usual_high_share: of payments, those with high scores; None if nobody knows.
    """

    merchant_id: str
    newest_at: datetime
    card_count: int
    small_card_count: int
    high_card_count: int
    all_small_count: int
    small_began_at: datetime | None
    high_began_at: datetime | None
    usual_small_share: float | None
    usual_high_share: float | None


@dataclass(frozen=True)
class Sign:
    """
    A window that chance would hardly ever give.

    :param signal: `TESTING` or `SCORES`.
    :param cards: how many.
    :param limit: the fewest cards that would be a sign.
    """

    signal: str
    merchant_id: str
    began_at: datetime
    newest_at: datetime
    cards: int
    limit: int
    text: str


def signs(window: Window) -> list[Sign]:
    """What is odd about one window: none, one or both of the two."""
    found = []
    usual = usual_cards(window.all_small_count, window.usual_small_share)
    limit = cards_limit(usual)
    if window.small_card_count >= limit and window.small_began_at:
        text = (
            f"{window.merchant_id}: small online payments of {window.small_card_count} cards "
            f"within {WINDOW_MINUTES} minutes, usual are {usual:.1f}"
        )
        found.append((TESTING, window.small_began_at, window.small_card_count, limit, text))
    limit = scores_limit(window.card_count, window.usual_high_share)
    if window.high_card_count >= limit and window.high_began_at:
        known = "unknown" if window.usual_high_share is None else f"{window.usual_high_share:.0%}"
        text = (
            f"{window.merchant_id}: high scores of {window.high_card_count} of "
            f"{window.card_count} cards within {WINDOW_MINUTES} minutes, usual are {known}"
        )
        found.append((SCORES, window.high_began_at, window.high_card_count, limit, text))
    return [
        Sign(signal, window.merchant_id, began_at, window.newest_at, cards, limit, text)
        for signal, began_at, cards, limit, text in found
    ]


def usual_cards(all_small: int, usual_share: float | None) -> float:
    """
    How many cards with small online payments a merchant usually has in such a window.

    Held against all merchants of these minutes, so that a busy hour is not an attack.

    :param all_small: cards with small online payments, of all merchants together.
    :param usual_share: the merchant's of them; None if nobody knows.
    """
    return all_small * (UNKNOWN_SMALL_SHARE if usual_share is None else usual_share)


def cards_limit(usual: float) -> int:
    """
    The fewest cards with small online payments that are a sign of card testing.

    :param usual: as `usual_cards` says.
    """
    mean = max(LEAST_USUAL, OTHER_HOURS * usual)
    cards = LEAST_CARDS
    while poisson_tail(cards, mean) > CHANCE:
        cards += 1
    return cards


def scores_limit(cards: int, usual_share: float | None) -> int:
    """
    The fewest cards with high scores, of so many in a window, that are a sign of an attack.

    :param usual_share: of payments with high scores; None if nobody knows.
    """
    usual = UNKNOWN_HIGH_SHARE if usual_share is None else usual_share
    # Hours and goods differ within a merchant, too.
    share = min(0.9, 1.5 * usual + 0.05)
    # Up to the mean, half of all windows have so many: a busy merchant's are not tried one by one.
    limit = max(LEAST_CARDS, int(cards * share))
    while limit <= cards and binomial_tail(limit, cards, share) > CHANCE:
        limit += 1
    return limit


def poisson_tail(count: int, mean: float) -> float:
    """How likely at least so many are, if ``mean`` are usual."""
    if count <= mean:
        return 1.0
    term = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
    total = 0.0
    while term > total * 1e-12:
        total += term
        count += 1
        term *= mean / count
    return total


def binomial_tail(count: int, total: int, share: float) -> float:
    """How likely at least so many of ``total`` are, if each is one with probability ``share``."""
    ways = math.lgamma(total + 1)
    found = 0.0
    for number in range(count, total + 1):
        term = math.exp(
            ways
            - math.lgamma(number + 1)
            - math.lgamma(total - number + 1)
            + number * math.log(share)
            + (total - number) * math.log1p(-share)
        )
        found += term
        # Beyond the mean, each is smaller than the previous one.
        if number > total * share and term <= found * 1e-12:
            break
    return found


@dataclass
class AttackWatch:
    """Notes attacks, each once; what is open is read from the table, so a restart forgets none."""

    # When each attack that lasts was seen last: by the payments' clock, and by ours.
    _seen: dict[tuple[str, str], tuple[datetime, datetime]] = field(default_factory=dict)

    def look(self, database: psycopg.Connection[Any], now: datetime) -> list[Event]:
        """
        Look at the newest minutes.

        :param database: in autocommit mode.
        :param now: UTC without a zone.
        :return: attacks that have begun or ended.
        """
        windows = read_windows(database)
        open_now = {event.key: event for event in open_events(database) if event.kind == ATTACK}
        changed = []
        for sign in (sign for window in windows for sign in signs(window)):
            key = (sign.signal, sign.merchant_id)
            self._seen[key] = (sign.newest_at, now)
            if key not in open_now:
                event = event_of(sign)
                open_now[key] = event
                if note(database, event):
                    changed.append(event)
        newest_at = newest_payment(database) if open_now else None
        for key, event in open_now.items():
            seen_at, noted_at = self._seen.setdefault(key, (newest_at or now, now))
            if now - noted_at < QUIET and (newest_at or seen_at) - seen_at < QUIET:
                continue
            ended = replace(event, ended_at=max(seen_at, event.fired_at))
            if note(database, ended):
                changed.append(ended)
            self._seen.pop(key)
        return changed


def read_windows(database: psycopg.Connection[Any]) -> Sequence[Window]:
    """Merchants where at least `LEAST_CARDS` cards show something."""
    values = {"window_minutes": WINDOW_MINUTES, "least_cards": LEAST_CARDS}
    with database.cursor(row_factory=class_row(Window)) as cursor:
        return cursor.execute(query("merchant_windows"), values).fetchall()


def newest_payment(database: psycopg.Connection[Any]) -> datetime | None:
    """Time of the newest stored payment, UTC without a zone."""
    row = database.execute("SELECT MAX(event_time) FROM scored_payments").fetchone()
    return None if row is None else row[0]


def event_of(sign: Sign) -> Event:
    """The event that a sign begins."""
    about = f"{sign.signal}/{sign.merchant_id}/{sign.began_at:%Y-%m-%dT%H:%M:%S}"
    return Event(
        event_id=about.replace(" ", "-"),
        kind=ATTACK,
        signal=sign.signal,
        subject=sign.merchant_id,
        model_version=None,
        began_at=sign.began_at,
        fired_at=sign.newest_at,
        ended_at=None,
        value=float(sign.cards),
        limit_value=float(sign.limit),
        text=sign.text,
    )
