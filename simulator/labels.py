"""Labels: what becomes known days later, as a separate stream. No label means genuine so far.

Every fraud is labeled in the end. Of the look-alikes a share is asked about and confirmed genuine;
all other payments never get a label.
"""

from dataclasses import dataclass

import numpy as np

from simulator.columns import Columns
from simulator.draws import ArrayDraws, Integers, Mask
from simulator.scenarios import Scenario
from simulator.trips import HOUR_MS


@dataclass(frozen=True)
class Label:
    """What is known about one payment."""

    is_fraud: bool
    reason: str
    scenario: str | None
    labelled_ms: int


@dataclass(frozen=True)
class Labels:
    """One entry per label, in order of `labelled_ms`."""

    # Position of the payment.
    payment: Integers
    is_fraud: Mask
    reason: list[str]
    scenario: list[str | None]
    labelled_ms: Integers

    def __len__(self) -> int:
        return len(self.payment)


def delayed(scenario: Scenario, event_ms: int, first: float, second: float) -> int:
    """
    When an event becomes known: soon more often than late.

    :param first: uniform in [0, 1), as `second`.
    """
    low, high = scenario.label_delay_hours
    return event_ms + int((low + (high - low) * first * second) * HOUR_MS)


def chosen_reason(scenario: Scenario, uniform: float) -> str:
    """One of the scenario's reasons."""
    reasons, weights = scenario.label_reasons
    rest = uniform * sum(weights)
    for reason, weight in zip(reasons, weights, strict=True):
        rest -= weight
        if rest < 0:
            return reason
    return reasons[-1]


def make_labels(seed: int, payments: Columns, scenarios: tuple[Scenario, ...]) -> Labels:
    """
    Label the payments of episodes.

    :param payments: in their final order.
    """
    positions = np.flatnonzero(payments.scenario >= 0)
    draws = ArrayDraws(seed, "labels")
    asked, first, second, reason = (draws.uniform(len(positions)).tolist() for _ in range(4))
    rows: list[tuple[int, int, Scenario, str]] = []
    numbers = payments.scenario[positions].tolist()
    times = payments.event_ms[positions].tolist()
    for i, position in enumerate(positions.tolist()):
        scenario = scenarios[numbers[i]]
        if asked[i] < scenario.label_share:
            labelled_ms = delayed(scenario, times[i], first[i], second[i])
            rows.append((labelled_ms, position, scenario, chosen_reason(scenario, reason[i])))
    rows.sort(key=lambda row: row[:2])
    return Labels(
        payment=np.array([row[1] for row in rows], np.int64),
        is_fraud=np.array([row[2].is_fraud for row in rows], bool),
        reason=[row[3] for row in rows],
        scenario=[row[2].name if row[2].is_fraud else None for row in rows],
        labelled_ms=np.array([row[0] for row in rows], np.int64),
    )
