"""What a card did before a payment, in plain Python: the twin of sql/payments/history."""

import math
from bisect import bisect_left
from typing import NamedTuple

MINUTE_MS = 60_000
WINDOWS_MS = {"7d": 7 * 24 * 60 * MINUTE_MS, "24h": 24 * 60 * MINUTE_MS, "5m": 5 * MINUTE_MS}
DAY_MS = 24 * 60 * MINUTE_MS
USUAL_MS, FORTNIGHT_MS = 30 * DAY_MS, 14 * DAY_MS
# Payments that no window needs any more are dropped in batches of this size.
FORGOTTEN_AT_ONCE = 50

# Time in epoch milliseconds, cents, merchant, millionths of the logarithm.
Paid = tuple[int, int, str, int]


class History(NamedTuple):
    """
    A payment's history columns, in the order of the table scored_payments.

    Counts and sums leave the payment itself out, numbers of different merchants include it.
    """

    previous_ms: int | None
    previous_latitude: float | None
    previous_longitude: float | None
    card_usual_cents_30d: float | None
    card_largest_cents_14d: int
    card_largest_cents_7d: int
    card_txn_count_7d: int
    card_amount_cents_7d: int
    card_merchant_count_7d: int
    card_txn_count_24h: int
    card_amount_cents_24h: int
    card_merchant_count_24h: int
    card_txn_count_5m: int
    card_amount_cents_5m: int
    card_merchant_count_5m: int


class Window:
    """Running totals of a card's payments in a trailing window."""

    __slots__ = ("amount_cents", "begin", "length_ms", "merchants")

    def __init__(self, length_ms: int) -> None:
        self.length_ms = length_ms
        # The first of the card's payments that is inside.
        self.begin = 0
        self.amount_cents = 0
        self.merchants: dict[str, int] = {}

    def add(
        self, before: list[Paid], event_ms: int, amount_cents: int, merchant_id: str
    ) -> tuple[int, int, int]:
        """
        Move on to a payment and take it in.

        :param before: the card's payments, without this one.
        :return: payments before this one, their sum in cents, merchants with this one's.
        """
        end, oldest = len(before), event_ms - self.length_ms
        if not end or before[-1][0] < oldest:
            # So it is for most payments in the short windows.
            self.begin, self.amount_cents, self.merchants = end, amount_cents, {merchant_id: 1}
            return 0, 0, 1
        begin, total, merchants = self.begin, self.amount_cents, self.merchants
        while before[begin][0] < oldest:
            _, cents, merchant, _ = before[begin]
            begin += 1
            total -= cents
            left = merchants[merchant] - 1
            if left:
                merchants[merchant] = left
            else:
                del merchants[merchant]
        self.begin = begin
        self.amount_cents = total + amount_cents
        merchants[merchant_id] = merchants.get(merchant_id, 0) + 1
        return end - begin, total, len(merchants)


class Usual:
    """Running sum of the logarithms of a card's payments in the longest window."""

    __slots__ = ("begin", "millionths")

    def __init__(self) -> None:
        # The first of the card's payments that is inside.
        self.begin = 0
        self.millionths = 0

    def add(self, before: list[Paid], event_ms: int, millionths: int) -> float | None:
        """
        Move on to a payment and take it in.

        :param before: the card's payments, without this one.
        :return: the geometric mean of those before this one, in cents.
        """
        begin, oldest = self.begin, event_ms - USUAL_MS
        while begin < len(before) and before[begin][0] < oldest:
            self.millionths -= before[begin][3]
            begin += 1
        self.begin = begin
        found = usual_cents(self.millionths, len(before) - begin)
        self.millionths += millionths
        return found


def usual_cents(millionths: int, count: int) -> float | None:
    """The mean that logarithms, of six decimals, add up to."""
    return math.exp(millionths / (1_000_000 * count)) if count else None


def millionths_of(amount_cents: int) -> int:
    """Of the logarithm of a cent more than an amount."""
    return math.floor(1_000_000 * math.log(amount_cents + 1))


class CardHistory:
    """
    One card's payments of the last 30 days; pickles to little more than those.

    Payments come in order of time. Of two at the same millisecond the second one sees the first, as
    in the SQL. Unlike in the job, an out-of-order payment would not be put in its place.
    """

    __slots__ = ("payments", "previous", "usual", "windows")

    def __init__(self) -> None:
        self.previous: tuple[int, float | None, float | None] | None = None
        self.payments: list[Paid] = []
        self.usual = Usual()
        self.windows = tuple(Window(length) for length in WINDOWS_MS.values())

    def add(
        self,
        event_ms: int,
        amount_cents: int,
        merchant_id: str,
        latitude: float | None,
        longitude: float | None,
    ) -> History:
        """Add a payment and return what was before it."""
        week, day, minutes = self.windows
        previous: tuple[int | None, float | None, float | None] = (None, None, None)
        if self.previous is not None and event_ms - self.previous[0] <= week.length_ms:
            previous = self.previous
        self.previous = (event_ms, latitude, longitude)
        payments, millionths = self.payments, millionths_of(amount_cents)
        usual = self.usual.add(payments, event_ms, millionths)
        fortnight = bisect_left(payments, (event_ms - FORTNIGHT_MS,))
        week_before = bisect_left(payments, (event_ms - week.length_ms,))
        largest_7d = max((paid[1] for paid in payments[week_before:]), default=0)
        older = max((paid[1] for paid in payments[fortnight:week_before]), default=0)
        found = History._make(
            (
                *previous,
                usual,
                max(older, largest_7d, amount_cents),
                max(largest_7d, amount_cents),
                *week.add(payments, event_ms, amount_cents, merchant_id),
                *day.add(payments, event_ms, amount_cents, merchant_id),
                *minutes.add(payments, event_ms, amount_cents, merchant_id),
            )
        )
        payments.append((event_ms, amount_cents, merchant_id, millionths))
        if self.usual.begin >= FORGOTTEN_AT_ONCE:
            self._forget(self.usual.begin)
        return found

    def _forget(self, count: int) -> None:
        del self.payments[:count]
        self.usual.begin -= count
        for window in self.windows:
            window.begin -= count

    def __getstate__(self) -> tuple[object, list[Paid]]:
        return self.previous, self.payments[self.usual.begin :]

    def __setstate__(self, state: tuple[object, list[Paid]]) -> None:
        self.__init__()  # type: ignore[misc]
        _, payments = state
        for payment in payments:
            self.usual.add(self.payments, payment[0], payment[3])
            for window in self.windows:
                window.add(self.payments, *payment[:3])
            self.payments.append(payment)
        self.previous = state[0]  # type: ignore[assignment]
