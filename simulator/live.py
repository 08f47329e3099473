"""Payments from now on, of the same world, at any rate.

A world's cards pay a few times a week; a demonstration wants hundreds of payments a second. So each
card goes out at most once per round, in an order drawn by how often it pays and how busy its local
hour is, and a new round begins when all cards had their turn. What a card then does is as in the
history: an outing of one or more payments, their gaps unhurried.

New episodes, fraud and look-alikes, begin as often as their shares ask for. Their gaps are true
too, but drawn from the shorter part of their range, so that most of an episode happens within a
minute or some.
"""

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from simulator.columns import NO_EPISODE, POS, Payment, rows
from simulator.disorder import Message
from simulator.draws import ArrayDraws, Draws
from simulator.drift import Drift
from simulator.genuine import MINUTE_MS, Setting, local_hour, payments_at
from simulator.history import Breach, Past
from simulator.labels import Label, chosen_reason, delayed
from simulator.messages import PaymentWriter
from simulator.pace import Pace
from simulator.portable_math import log
from simulator.scenarios import Scenario
from simulator.world import World

# Of the range of gaps within an episode, this much of its short end.
GAP_REACH = 0.45
# Outings are made in advance in lots of this many seconds of stream.
LOT_SECONDS = 5.0
# Payments remembered for episodes that begin after one.
REMEMBERED = 20_000
# Follow-up payments within this time count towards the share of fraud already.
SOON_MS = 60_000


@dataclass(frozen=True)
class LivePayment:
    """One payment to send."""

    # UTC epoch milliseconds at which to send it; equals event_ms in the message.
    event_ms: int
    card_id: str
    transaction_id: str
    # The message, JSON.
    value: bytes
    is_fraud: bool
    # Fraud scenario or look-alike, None for an ordinary payment.
    scenario: str | None
    # What becomes known later; None if nothing does.
    label: Label | None

    @property
    def message(self) -> Message:
        """The payment as a message of the topic, in its place and undisturbed."""
        return Message(self.event_ms, self.card_id.encode(), self.value, self.transaction_id)


@dataclass(frozen=True, order=True)
class Waiting:
    """A follow-up payment that has its time."""

    due_ms: int
    number: int
    payment: Payment
    scenario: int
    # Counted towards its scenario's share when its episode began.
    is_counted: bool


class LiveStream:
    """An endless stream of payments; iterate over it."""

    def __init__(
        self,
        world: World,
        start_ms: int,
        pace: Pace,
        seed: int = 0,
        resting: frozenset[int] = frozenset(),
        drift: Drift | None = None,
    ) -> None:
        """
        :param world: whose people pay.
        :param start_ms: time of the first payment, UTC epoch milliseconds.
        :param pace: when payments are due.
        :param seed: another stream of the same world.
        :param resting: customers, by number, whose turn comes last in the first round.
        :param drift: what changes; None: nothing.
        :raises WorldError: a pace that is none.
        """
        pace.check()
        self.world = world
        self.start_ms = start_ms
        self.pace = pace
        self.names = (world.arguments.seed, "live", start_ms, seed)
        self.draws = Draws(*self.names, "episodes")
        self.label_draws = Draws(*self.names, "labels")
        self.order_draws = ArrayDraws(*self.names, "order")
        self.payment_draws = ArrayDraws(*self.names, "payments")
        self.prefix = live_id_prefix(world, start_ms, seed)
        self.sent = 0
        self.waiting: list[Waiting] = []
        self.waiting_number = 0
        self.drift = drift or Drift()
        self.fraud_weight = sum(item.weight for item in world.scenarios if item.is_fraud)
        self.scenarios = (
            *world.scenarios,
            *(newcomer.scenario for newcomer in self.drift.newcomers),
        )
        # When each scenario begins, and how many payments had been sent then; None before it has.
        self.begins_ms = [start_ms] * len(world.scenarios)
        self.begins_ms += [start_ms + newcomer.after_ms for newcomer in self.drift.newcomers]
        self.sent_before: list[int | None] = [None] * len(self.scenarios)
        self.due = [0] * len(self.scenarios)
        # So that they do not all begin their first episode at once.
        self.head_start = [self.draws.uniform() / 2 for _ in self.scenarios]
        self.resting = resting
        self.round: deque[int] = deque()
        self.ready: deque[Payment] = deque()
        self.writer = PaymentWriter(world.setting)
        past = world.past
        self.breaches = {
            number: self._open_breaches(past, scenario)
            for number, scenario in enumerate(self.scenarios)
            if scenario.victim == "paid_at_breached_merchant"
        }
        tail = past.genuine.where(np.flatnonzero(past.genuine.channel == POS)[-REMEMBERED:])
        # Shift what happened last to right before the stream, if it was long ago.
        gap_ms = max(start_ms - 1 - int(tail.event_ms[-1]), 0) if len(tail) else 0
        self.remembered: deque[tuple[int, int]] = deque(
            zip((tail.event_ms + gap_ms).tolist(), tail.customer.tolist(), strict=True),
            maxlen=REMEMBERED,
        )

    def _open_breaches(self, past: Past, scenario: Scenario) -> list[Breach]:
        found = past.breaches(scenario)
        recent = [breach for breach in found if breach.end_ms > past.end_ms - 21 * 86_400_000]
        return recent or found

    def __iter__(self) -> Iterator[LivePayment]:
        """Payments in order of time."""
        while True:
            now_ms = self.start_ms + self.pace.moment_ms(self.sent)
            payment, scenario = self._next(now_ms)
            yield self._sent(payment._replace(event_ms=now_ms), scenario)
            self.sent += 1

    def _next(self, now_ms: int) -> tuple[Payment, int]:
        if self.waiting and self.waiting[0].due_ms <= now_ms:
            item = heapq.heappop(self.waiting)
            if not item.is_counted:
                self.due[item.scenario] += 1
            return item.payment, item.scenario
        number = self._wanted_scenario(now_ms)
        if number is not None:
            return self._begin_episode(number, now_ms), number
        while not self.ready:
            self._prepare_outings(now_ms)
        return self.ready.popleft(), NO_EPISODE

    def _wanted_scenario(self, now_ms: int) -> int | None:
        """The scenario that is furthest behind its share of the payments, if any is."""
        worst, behind = None, 0.0
        for number, scenario in enumerate(self.scenarios):
            if now_ms < self.begins_ms[number]:
                continue
            before = self.sent_before[number]
            if before is None:
                before = self.sent_before[number] = self.sent
            share = scenario.weight
            if scenario.is_fraud:
                share *= self.world.arguments.fraud_share / self.fraud_weight
            lack = share * (self.sent - before + 1) - self.due[number]
            # A new episode when half of a usual one is missing.
            lack = lack / scenario.mean_payments + self.head_start[number]
            if lack > max(behind, 0.5):
                worst, behind = number, lack
        return worst

    def _begin_episode(self, number: int, now_ms: int) -> Payment:
        scenario = self.scenarios[number]
        customer = self._victim(number, scenario, now_ms)
        first, *others = self.world.engine.play(scenario, self.draws, customer, now_ms, GAP_REACH)
        self.due[number] += 1
        for payment in others:
            is_soon = payment.event_ms < now_ms + SOON_MS
            self.due[number] += is_soon
            self._wait(payment, number, is_soon)
        return first

    def _victim(self, number: int, scenario: Scenario, now_ms: int) -> int:
        genuine = self.world.past.genuine
        breaches = self.breaches.get(number)
        if breaches:
            breach = breaches[self.draws.below(len(breaches))]
            row = int(breach.payments[self.draws.below(len(breach.payments))])
            return int(genuine.customer[row])
        if scenario.begin == "after_payment":
            # Somebody who paid the wanted delay ago.
            wanted = now_ms - int(self.draws.between(*scenario.delay_minutes) * MINUTE_MS)
            return self._payer_around(wanted)
        return int(genuine.customer[self.draws.below(len(genuine))])

    def _payer_around(self, wanted_ms: int) -> int:
        low, high = 0, len(self.remembered) - 1
        while low < high:
            middle = (low + high) // 2
            if self.remembered[middle][0] < wanted_ms:
                low = middle + 1
            else:
                high = middle
        return self.remembered[low][1]

    def _wait(self, payment: Payment, scenario: int, is_counted: bool) -> None:
        self.waiting_number += 1
        heapq.heappush(
            self.waiting,
            Waiting(payment.event_ms, self.waiting_number, payment, scenario, is_counted),
        )

    def _prepare_outings(self, now_ms: int) -> None:
        """The next lot of outings; the first payment of each is ready, the others wait."""
        wanted = max(int(self.pace.rate * LOT_SECONDS), 1)
        if not self.round:
            self.round.extend(self._new_round(now_ms))
        cards = [self.round.popleft() for _ in range(min(wanted, len(self.round)))]
        habits = self.world.setting.habits
        customer = np.array(cards, np.int64)
        sizes = (
            self.payment_draws.weighted(len(cards), np.array(habits.payments["outing_sizes"])) + 1
        )
        owner = np.repeat(np.arange(len(cards)), sizes)
        low, high = habits.payments["outing_gap_minutes"]
        spread = self.payment_draws.uniform(len(owner))
        position = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        gap = np.where(position > 0, low + (high - low) * spread * spread, 0) * MINUTE_MS
        steps = np.cumsum(np.rint(gap).astype(np.int64))
        offset = steps - np.repeat(steps[np.cumsum(sizes) - sizes], sizes)
        columns = payments_at(
            self._setting(now_ms), self.payment_draws, customer[owner], now_ms + offset
        )
        # Who is travelling may have nothing to pay; the rest of an outing moves up.
        seen: set[int] = set()
        for payment in rows(columns):
            if payment.customer in seen:
                self._wait(payment, NO_EPISODE, is_counted=True)
            else:
                seen.add(payment.customer)
                self.ready.append(payment)

    def _setting(self, now_ms: int) -> Setting:
        """The world with the habits of the moment."""
        setting = self.world.setting
        if not self.drift.changes:
            return setting
        habits = self.drift.habits_at(setting.habits, now_ms - self.start_ms)
        return replace(setting, habits=habits)

    def _new_round(self, now_ms: int) -> list[int]:
        """All cards in the order of their turns: busy ones tend to come first."""
        people, habits = self.world.setting.people, self.world.setting.habits
        hour = local_hour(np.full(len(people), now_ms), people.utc_offset_minutes)
        weight = people.pace * habits.hour_activity[people.segment, hour]
        waits = -log(np.maximum(self.order_draws.uniform(len(people)), 2.0**-53)) / weight
        order = [int(card) for card in np.argsort(waits, kind="stable")]
        # Those who rest come last, in their own order; in the next round they are like the others.
        resting, self.resting = self.resting, frozenset()
        return sorted(order, key=lambda card: card in resting)

    def _sent(self, payment: Payment, number: int) -> LivePayment:
        transaction_id = f"{self.prefix}{self.sent:06d}"
        scenario = None if number == NO_EPISODE else self.scenarios[number]
        if scenario is None and payment.channel == POS:
            self.remembered.append((payment.event_ms, payment.customer))
        return LivePayment(
            event_ms=payment.event_ms,
            card_id=self.world.setting.people.card_ids[payment.customer],
            transaction_id=transaction_id,
            value=self.writer.line(transaction_id, payment),
            is_fraud=scenario is not None and scenario.is_fraud,
            scenario=scenario.name if scenario else None,
            label=self._label(scenario, payment.event_ms),
        )

    def _label(self, scenario: Scenario | None, now_ms: int) -> Label | None:
        if scenario is None or self.label_draws.uniform() >= scenario.label_share:
            return None
        return Label(
            is_fraud=scenario.is_fraud,
            reason=chosen_reason(scenario, self.label_draws.uniform()),
            scenario=scenario.name if scenario.is_fraud else None,
            labelled_ms=delayed(
                scenario, now_ms, self.label_draws.uniform(), self.label_draws.uniform()
            ),
        )


def live_id_prefix(world: World, start_ms: int, seed: int = 0) -> str:
    """What the transaction_ids of `live_payments` begin with, and no others do."""
    return f"p-{world.arguments.seed}-{start_ms:x}-{seed}-"


def live_payments(
    world: World,
    start_ms: int,
    rate: float | Pace,
    seed: int = 0,
    resting: frozenset[int] = frozenset(),
    drift: Drift | None = None,
) -> Iterator[LivePayment]:
    """
    Payments of a world from a moment on, without end, in order of time.

    :param start_ms: UTC epoch milliseconds of the first.
    :param rate: payments per second, or a pace with bursts.
    :param seed: another stream of the same world.
    :param resting: customers, by number, whose turn comes last in the first round, because they
        paid in a live stream just before.
    :param drift: what changes from a time on; None: nothing.
    :raises WorldError: a rate that is none.
    """
    pace = rate if isinstance(rate, Pace) else Pace(rate)
    return iter(LiveStream(world, start_ms, pace, seed, resting, drift))
