"""A card's history as bytes, for peers whose store keeps one value per card."""

import struct
from bisect import bisect_left
from functools import cache
from hashlib import blake2b
from math import isnan, nan
from typing import Any

from bench.streaming.peers.card_history import (
    FORTNIGHT_MS,
    USUAL_MS,
    WINDOWS_MS,
    History,
    millionths_of,
    usual_cents,
)
from bench.streaming.peers.card_state import REMEMBERED_MS

WEEK_MS = WINDOWS_MS["7d"]
WORD = 8
COLUMNS = 5
PLACE = struct.Struct("<dd")
NUMBER = struct.Struct("<q")
NOTHING = PLACE.pack(0.0, 0.0)
UNKNOWN = PLACE.pack(nan, nan)


def added(packed: bytes | None, payment: dict[str, Any]) -> tuple[bytes, History] | None:
    """
    Take a payment in.

    The bytes are the newest payment's place, then five columns of 8 bytes per payment, oldest
    first: time, cents, merchant, identifier, millionths of the logarithm; merchant and identifier
    are hashes of fixed length. Old payments are cut off at the front and a new one is appended
    without reading those between.

    :param packed: of the card, as this function gave it; None before its first payment.
    :param payment: the card's next; messages come in order of event_ms.
    :return: the new bytes, and what was before this payment; None if it is a copy.
    """
    packed = packed or NOTHING
    count = (len(packed) - PLACE.size) // (COLUMNS * WORD)
    event_ms, cents = payment["event_ms"], payment["amount_cents"]
    merchant, identifier = name_word(payment["merchant_id"]), word(payment["transaction_id"])
    columns = memoryview(packed)[PLACE.size :]
    words = columns.cast("q")
    if identifier in words[3 * count : 4 * count].tolist():
        return None
    times = words[:count].tolist()
    amounts = words[count : 2 * count].tolist()
    merchants = words[2 * count : 3 * count].tolist()
    logarithms = words[4 * count :].tolist()
    month = bisect_left(times, event_ms - USUAL_MS)
    fortnight, week = (bisect_left(times, event_ms - reach) for reach in (FORTNIGHT_MS, WEEK_MS))
    found: list[float | int | None] = [
        usual_cents(sum(logarithms[month:]), count - month),
        max(*amounts[fortnight:], cents, 0),
        max(*amounts[week:], cents, 0),
    ]
    for length_ms in WINDOWS_MS.values():
        first = bisect_left(times, event_ms - length_ms)
        different = {*merchants[first:], merchant}
        found += (count - first, sum(amounts[first:]), len(different))
    previous: tuple[int | None, float | None, float | None] = (None, None, None)
    if times and event_ms - times[-1] <= WEEK_MS:
        latitude, longitude = PLACE.unpack_from(packed)
        previous = (times[-1], None, None) if isnan(latitude) else (times[-1], latitude, longitude)
    kept = bisect_left(times, event_ms - REMEMBERED_MS) * WORD
    width = count * WORD
    latitude, longitude = payment["latitude"], payment["longitude"]
    parts: list[bytes | memoryview] = [
        UNKNOWN if latitude is None else PLACE.pack(latitude, longitude)
    ]
    for column, value in enumerate((event_ms, cents, merchant, identifier, millionths_of(cents))):
        begin = column * width
        parts += (columns[begin + kept : begin + width], NUMBER.pack(value))
    return b"".join(parts), History(*previous, *found)  # type: ignore[arg-type]


def word(name: str) -> int:
    """A name in 8 bytes: collisions within a card or a million merchants are very unlikely."""
    return int.from_bytes(blake2b(name.encode(), digest_size=WORD).digest(), "little", signed=True)


# Merchants are few and come again and again, identifiers do not.
name_word = cache(word)
