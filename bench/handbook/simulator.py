"""
Payments of the Fraud Detection Handbook's kind, made from its published description.

People and terminals lie on a square; people pay at terminals close by, each with typical amounts
and a typical pace. Three kinds of fraud are added. None of the book's code is used, and the random
numbers differ, so figures agree only as two draws from the same distribution do.

Source: Le Borgne, Siblini, Lebichot and Bontempi 2022, Reproducible Machine Learning for Credit
Card Fraud Detection, chapter "Simulator"
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.handbook.array_types import Floats, Integers, Labels

DAY_SECONDS = 86_400
START_MS = 1_522_540_800_000  # 2018-04-01 00:00 UTC

SQUARE = 100.0
MEAN_AMOUNT = (5.0, 100.0)
PAYMENTS_A_DAY = (0.0, 4.0)
# Payments cluster around noon; those that would fall on another day are dropped.
TIME_MEAN_SECONDS, TIME_STD_SECONDS = 43_200.0, 20_000.0

LARGE_AMOUNT = 220.0
TERMINAL_DAYS = 28
# One in three payments of a stolen card is the thief's, at five times the amount.
CARD_DAYS, CARD_SHARE, CARD_FACTOR = 14, 3, 5.0

GENUINE, LARGE, TERMINAL, CARD = range(4)

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Size:
    """
    How much of everything; the defaults are the book's.

    :param radius: how far people go to pay; the square is 100 wide.
    :param bad_terminals: newly compromised each day.
    :param stolen_cards: newly stolen each day.
    """

    customers: int = 5_000
    terminals: int = 10_000
    days: int = 183
    radius: float = 5.0
    bad_terminals: int = 2
    stolen_cards: int = 3


@dataclass(frozen=True)
class Payments:
    """
    Payments in order of time, all arrays of shape (n,).

    :param event_ms: UTC epoch milliseconds.
    :param card: number of the customer, who has one card.
    :param terminal: number of the terminal.
    :param amount_cents: what was paid.
    :param scenario: 0 for a good payment, else which fraud: 1 a large amount, 2 a compromised
        terminal, 3 a stolen card.
    """

    event_ms: Integers
    card: Integers
    terminal: Integers
    amount_cents: Integers
    scenario: Labels

    def __len__(self) -> int:
        return len(self.event_ms)

    @property
    def label(self) -> Labels:
        """1 for fraud, shape (n,)."""
        return np.where(self.scenario == GENUINE, 0, 1).astype(np.int8)

    @property
    def day(self) -> Integers:
        """Days since the first, shape (n,)."""
        return (self.event_ms - START_MS) // (DAY_SECONDS * 1000)


def simulate(size: Size, seed: int, report: Report = lambda done, total: None) -> Payments:
    """
    Make payments and commit frauds.

    :param seed: the same seed gives the same payments.
    :param report: told how many customers are done, and of how many.
    """
    random = np.random.default_rng(seed)
    mean_amount = random.uniform(*MEAN_AMOUNT, size.customers)
    pace = random.uniform(*PAYMENTS_A_DAY, size.customers)
    homes = random.uniform(0, SQUARE, (size.customers, 2))
    places = random.uniform(0, SQUARE, (size.terminals, 2))

    parts = []
    for customer in range(size.customers):
        near = np.flatnonzero(((places - homes[customer]) ** 2).sum(axis=1) < size.radius**2)
        parts.append(_of_customer(random, customer, near, mean_amount, pace, size.days))
        report(customer + 1, size.customers)
    seconds, card, terminal, amount = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.argsort(seconds, kind="stable")
    seconds, card, terminal, amount = (part[order] for part in (seconds, card, terminal, amount))
    scenario = _commit_frauds(random, size, seconds // DAY_SECONDS, card, terminal, amount)
    return Payments(
        event_ms=START_MS + seconds * 1000,
        card=card,
        terminal=terminal,
        amount_cents=np.round(amount * 100).astype(np.int64),
        scenario=scenario,
    )


def _of_customer(
    random: np.random.Generator,
    customer: int,
    near: Integers,
    mean_amount: Floats,
    pace: Floats,
    days: int,
) -> tuple[Integers, Integers, Integers, Floats]:
    day = np.repeat(np.arange(days), random.poisson(pace[customer], days))
    second = random.normal(TIME_MEAN_SECONDS, TIME_STD_SECONDS, len(day)).astype(np.int64)
    is_today = (second > 0) & (second < DAY_SECONDS)
    if not len(near):
        is_today[:] = False
    seconds = day[is_today] * DAY_SECONDS + second[is_today]
    mean = mean_amount[customer]
    amount = random.normal(mean, mean / 2, len(seconds))
    # Amounts are not negative: a negative one is drawn again, uniformly.
    amount = np.where(amount < 0, random.uniform(0, 2 * mean, len(seconds)), amount)
    terminal = near[random.integers(0, len(near), len(seconds))] if len(seconds) else near[:0]
    return seconds, np.full(len(seconds), customer), terminal, np.round(amount, 2)


def _commit_frauds(
    random: np.random.Generator,
    size: Size,
    day: Integers,
    card: Integers,
    terminal: Integers,
    amount: Floats,
) -> Labels:
    # In the book's order: a later kind of fraud overrides an earlier one.
    scenario = np.zeros(len(day), dtype=np.int8)
    scenario[amount > LARGE_AMOUNT] = LARGE
    at_terminal = _Rows(terminal, size.terminals)
    for first in range(size.days):
        for number in random.choice(size.terminals, size.bad_terminals, replace=False):
            scenario[at_terminal.within(day, number, first, first + TERMINAL_DAYS)] = TERMINAL
    of_card = _Rows(card, size.customers)
    for first in range(size.days):
        for number in random.choice(size.customers, size.stolen_cards, replace=False):
            rows = of_card.within(day, number, first, first + CARD_DAYS)
            chosen = random.choice(rows, len(rows) // CARD_SHARE, replace=False)
            amount[chosen] *= CARD_FACTOR
            scenario[chosen] = CARD
    return scenario


class _Rows:
    """Where in the payments each terminal, or each card, occurs."""

    def __init__(self, code: Integers, count: int) -> None:
        self._order = np.argsort(code, kind="stable")
        self._starts = np.searchsorted(code[self._order], np.arange(count + 1))

    def within(self, day: Integers, number: int, first: int, end: int) -> Integers:
        """Rows of one of them from day ``first`` to before day ``end``, ascending."""
        rows = self._order[self._starts[number] : self._starts[number + 1]]
        begin, stop = np.searchsorted(day[rows], (first, end))
        return rows[begin:stop]
