"""The weeks of the benchmark: which payments to learn from, to choose on and to measure on."""

from dataclasses import dataclass
from functools import cached_property

from bench.handbook.array_types import Floats, Integers
from bench.handbook.simulator import DAY_SECONDS, START_MS, Payments
from training.measure.prequential import (
    DAY_MS,
    Fold,
    Protocol,
    Window,
    folds_until,
    validation_folds,
    without_known_cards,
)
from training.measure.ranking import Ranking, card_precision

# A week each to learn, to wait for labels, and to measure on.
PROTOCOL = Protocol(train_days=7, delay_days=7, test_days=7)
assert DAY_MS == DAY_SECONDS * 1000


@dataclass(frozen=True)
class Measures:
    """
    How well one model did in one week.

    :param average_precision: in [0, 1], as the others.
    :param card_precision: of the 100 most suspect cards a day.
    """

    average_precision: float
    roc_auc: float
    card_precision: float


@dataclass(frozen=True)
class Weeks:
    """
    The payments and their folds.

    :param end_day: just after the last test week, in days since the first payment.
    :param count: test weeks, and as many validation weeks.
    """

    payments: Payments
    end_day: int
    count: int

    @cached_property
    def tests(self) -> tuple[Fold, ...]:
        """To measure on, the earliest first."""
        return folds_until(PROTOCOL, START_MS + self.end_day * DAY_MS, self.count, START_MS)

    @cached_property
    def validations(self) -> tuple[Fold, ...]:
        """To choose on: over, and their labels known, before the first test week."""
        return validation_folds(PROTOCOL, self.tests, self.count, START_MS)

    def train_rows(self, fold: Fold, days: int) -> Integers:
        """
        What a model of the fold learns from.

        :param days: how far back; it ends where the fold's training ends.
        """
        from_ms = max(START_MS, fold.train.to_ms - days * DAY_MS)
        return Window(from_ms, fold.train.to_ms).rows(self.payments.event_ms)

    def test_rows(self, fold: Fold) -> Integers:
        """
        What the fold is measured on, whatever a model learned from.

        Without cards whose frauds since the beginning of the fold's training week are known.
        """
        payments = self.payments
        return without_known_cards(
            fold.test.rows(payments.event_ms),
            payments.event_ms,
            payments.card,
            payments.label,
            payments.event_ms + PROTOCOL.delay_days * DAY_MS,
            since_ms=fold.train.from_ms,
        )

    def measure(self, rows: Integers, scores: Floats) -> Measures:
        """
        :param rows: numbers of the payments, shape (m,).
        :param scores: higher is more suspect, shape (m,).
        """
        payments = self.payments
        label = payments.label[rows]
        ranking = Ranking(label, scores)
        cards = card_precision(payments.day[rows], payments.card[rows], label, scores)
        return Measures(ranking.average_precision(), ranking.roc_auc(), cards.mean)
