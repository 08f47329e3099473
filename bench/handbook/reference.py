"""A scorer that knows the truth: the upper limit of what can be found."""

import numpy as np

from bench.handbook.array_types import Floats, Integers, Mask
from bench.handbook.simulator import CARD, LARGE, TERMINAL, TERMINAL_DAYS, Payments
from bench.handbook.weeks import PROTOCOL
from training.measure.prequential import DAY_MS

HOUR_MS = 3_600_000


def reference_scores(payments: Payments, rows: Integers) -> Floats:
    """
    1 for every fraud that could be known of, 0 for everything else.

    That is each fraud by a large amount or a stolen card, although the latter may look like any
    payment, and those at a compromised terminal once one of its frauds was known at the full hour
    before. What remains are the payments at terminals that nobody has complained about yet.

    :param rows: numbers of the payments, shape (m,).
    """
    scenario = payments.scenario[rows]
    is_known = (scenario == TERMINAL) & _is_terminal_known(payments, rows)
    return np.where((scenario == LARGE) | (scenario == CARD) | is_known, 1.0, 0.0)


def _is_terminal_known(payments: Payments, rows: Integers) -> Mask:
    span = np.int64(1) << 44
    delay_ms = PROTOCOL.delay_days * DAY_MS
    frauds = np.flatnonzero(payments.scenario == TERMINAL)
    known = np.sort(payments.terminal[frauds] * span + payments.event_ms[frauds] + delay_ms)
    begin = payments.terminal[rows] * span
    hour = payments.event_ms[rows] // HOUR_MS * HOUR_MS
    # Frauds of the same compromise: it lasts so many days, and the first label is delayed.
    oldest = np.maximum(hour - TERMINAL_DAYS * DAY_MS + delay_ms, 0)
    after, before = (np.searchsorted(known, begin + time, "right") for time in (hour, oldest))
    return np.greater(after, before)
