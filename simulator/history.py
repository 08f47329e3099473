"""Episodes of the past: who becomes a victim when, until fraud has its share."""

from dataclasses import dataclass

import numpy as np

from simulator.columns import POS, Columns, Payment, as_sorted_index
from simulator.draws import Draws, Integers
from simulator.episodes import Engine, as_columns
from simulator.genuine import MINUTE_MS
from simulator.people import DAY_MS
from simulator.scenarios import Scenario

# A breached merchant is busy enough that its customers are not few.
BREACH_MERCHANTS = 12


@dataclass(frozen=True)
class Breach:
    """A merchant whose card data was copied for some days."""

    merchant: int
    begin_ms: int
    end_ms: int
    # Positions in the genuine payments made there then.
    payments: Integers


class Past:
    """Genuine payments that episodes hang on to."""

    def __init__(self, seed: int, genuine: Columns, begin_ms: int, end_ms: int) -> None:
        """:param genuine: in order of time."""
        self.seed = seed
        self.genuine = genuine
        self.begin_ms = begin_ms
        self.end_ms = end_ms
        self.by_merchant = as_sorted_index(genuine.merchant)
        self.in_shops = np.flatnonzero(genuine.channel == POS)

    def breaches(self, scenario: Scenario) -> list[Breach]:
        """Merchants breached in this past, fixed by the seed and the scenario's name."""
        draws = Draws(self.seed, "breaches", scenario.name)
        order, merchants, starts, ends = self.by_merchant
        counts = ends - starts
        shop_counts = np.where(self.genuine.channel[order[starts]] == POS, counts, 0)
        busiest = np.lexsort((merchants, -shop_counts))[: max(len(merchants) // 4, 1)]
        days = max(int((self.end_ms - self.begin_ms) // DAY_MS), 1)
        found = []
        for _ in range(max(BREACH_MERCHANTS * days // 90, 2)):
            pick = int(busiest[draws.below(len(busiest))])
            length = int(draws.between(*scenario.window_days) * DAY_MS)
            begin = self.begin_ms + int(
                draws.uniform() * max(self.end_ms - self.begin_ms - length, 1)
            )
            rows = order[starts[pick] : ends[pick]]
            times = self.genuine.event_ms[rows]
            inside = rows[(times >= begin) & (times < begin + length)]
            if len(inside):
                found.append(Breach(int(merchants[pick]), begin, begin + length, inside))
        return found

    def victim(
        self, scenario: Scenario, draws: Draws, breaches: list[Breach], engine: Engine
    ) -> tuple[int, int]:
        """:return: a card's customer and when the episode begins, UTC milliseconds."""
        genuine = self.genuine
        delay = int(draws.between(*scenario.delay_minutes) * MINUTE_MS)
        if scenario.victim == "paid_at_breached_merchant" and breaches:
            breach = breaches[draws.below(len(breaches))]
            payment = int(breach.payments[draws.below(len(breach.payments))])
            begin = breach.end_ms + delay
        elif scenario.begin == "after_payment":
            payment = int(self.in_shops[draws.below(len(self.in_shops))])
            begin = int(genuine.event_ms[payment]) + delay
        else:
            payment = draws.below(len(genuine))
            begin = self.begin_ms + int(draws.uniform() * (self.end_ms - self.begin_ms))
        customer = int(genuine.customer[payment])
        if scenario.begin == "card_hours":
            begin = engine.card_hour(draws, customer, begin)
        return customer, begin


def play_past(
    past: Past, engine: Engine, scenarios: tuple[Scenario, ...], fraud_share: float
) -> Columns:
    """
    Play every scenario until it has its share of the payments.

    :param fraud_share: of all payments.
    """
    total = len(past.genuine)
    fraud_weight = sum(item.weight for item in scenarios if item.is_fraud)
    frauds = total * fraud_share / (1 - fraud_share)
    payments: list[Payment] = []
    scenario_numbers: list[int] = []
    episode_numbers: list[int] = []
    episode = 0
    for number, scenario in enumerate(scenarios):
        if scenario.is_fraud:
            wanted = round(frauds * scenario.weight / fraud_weight) if fraud_share else 0
        else:
            wanted = round(total * scenario.weight)
        draws = Draws(past.seed, "episodes", scenario.name)
        breaches = past.breaches(scenario) if scenario.victim.startswith("paid_at") else []
        done = tries = 0
        while done < wanted and tries < 20 * wanted + 100:
            tries += 1
            customer, begin = past.victim(scenario, draws, breaches, engine)
            if not past.begin_ms <= begin < past.end_ms:
                continue
            played = [
                payment
                for payment in engine.play(scenario, draws, customer, begin)
                if payment.event_ms < past.end_ms
            ]
            payments += played
            scenario_numbers += [number] * len(played)
            episode_numbers += [episode] * len(played)
            episode += 1
            done += len(played)
    return as_columns(payments, scenario_numbers, episode_numbers)
