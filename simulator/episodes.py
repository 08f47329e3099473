"""The engine that plays a scenario for one card."""

import numpy as np

from simulator.columns import ATM, ONLINE_CHANNEL, Columns, Payment
from simulator.draws import Draws, Integers
from simulator.genuine import MINUTE_MS, Setting
from simulator.people import DAY_MS
from simulator.portable_math import exp, normal_quantile
from simulator.scenarios import Phase, Scenario
from simulator.shops import ONLINE
from simulator.trips import HOUR_MS

SCALES = 1024
DEVICE_MASK = (1 << 48) - 1
# A place this far away is far.
FAR_KM = 1500.0
# Days between the payments of a leaked card that hardly pays.
LONGEST_GAP_DAYS = 5.0


class Engine:
    """Plays scenarios in one world."""

    def __init__(self, setting: Setting) -> None:
        """:param setting: the world before its payments."""
        self.setting = setting
        habits, people, shops, cities = (
            setting.habits,
            setting.people,
            setting.shops,
            setting.cities,
        )
        spread = habits.spread[:, None]
        z = normal_quantile((np.arange(SCALES) + 0.5) / SCALES)[None, :]
        # How a category's amounts scatter, in equal shares.
        self._scales: list[list[float]] = exp(spread * z - spread * spread / 2).tolist()
        self._mean: list[float] = habits.mean_cents.tolist()
        self._chances: list[list[list[float]]] = habits.category_chance.tolist()
        self._hours: list[list[float]] = habits.hour_activity.tolist()
        self._level: list[float] = people.level.tolist()
        self._pace: list[float] = people.pace.tolist()
        self._typical: list[float] = people.typical_cents.tolist()
        self._segment: list[int] = people.segment.tolist()
        self._offset: list[int] = people.utc_offset_minutes.tolist()
        self._home: list[int] = people.city.tolist()
        self._favourites: list[list[int]] = people.favourites.tolist()
        self._main: list[int] = people.main_device.tolist()
        self._second: list[int] = people.second_device.tolist()
        self._substitute: list[int] = shops.substitute.tolist()
        self._pool_start: list[int] = shops.pool_start.tolist()
        self._pool_size: list[int] = shops.pool_size.tolist()
        self._order: list[int] = shops.order.tolist()
        self._shop_level: list[float] = shops.level.tolist()
        self._shop_category: list[int] = shops.category.tolist()
        self._shop_latitude: list[int] = shops.latitude.tolist()
        self._shop_longitude: list[int] = shops.longitude.tolist()
        self._cash = habits.category("cash")
        self._country: list[int] = cities.country.tolist()
        self._city_weight: list[float] = cities.weight.tolist()
        self._distance: list[list[float]] = cities.distance.tolist()

    def here(self, customer: int, event_ms: int) -> int:
        """The city where a card holder is."""
        trip, _ = self.setting.trips.at(np.array([customer]), np.array([event_ms]))
        index = int(trip[0])
        return self._home[customer] if index < 0 else int(self.setting.trips.city[index])

    def card_hour(self, draws: Draws, customer: int, around_ms: int) -> int:
        """The same day at an hour at which people like this customer pay, UTC milliseconds."""
        offset = self._offset[customer] * MINUTE_MS
        midnight = (around_ms + offset) // DAY_MS * DAY_MS
        hour = draws.weighted(self._hours[self._segment[customer]])
        return midnight + hour * HOUR_MS + draws.below(HOUR_MS) - offset

    def play(
        self,
        scenario: Scenario,
        draws: Draws,
        customer: int,
        begin_ms: int,
        gap_reach: float = 1.0,
    ) -> list[Payment]:
        """
        All payments of one episode, in order.

        :param begin_ms: of the first payment.
        :param gap_reach: 1 draws gaps from their whole range, 0.2 from its shortest fifth.
        """
        payments: list[Payment] = []
        here = self.here(customer, begin_ms)
        new_device = draws.word() & DEVICE_MASK | 1
        now = begin_ms
        is_first = True
        for phase in scenario.phases:
            if draws.uniform() >= phase.chance:
                continue
            city = self._city(phase.place, draws, here, customer)
            merchant = -1
            grown = 0.0
            for _ in range(draws.whole(*phase.payments)):
                if not is_first:
                    now = self._next_moment(phase, draws, customer, now, gap_reach)
                is_first = False
                imitates = draws.uniform() < scenario.imitation
                channel = phase.channels[0][draws.weighted(phase.channels[1])]
                if channel == ONLINE_CHANNEL:
                    place = ONLINE
                else:
                    place = here if imitates and phase.place == "elsewhere" else city
                if phase.merchant == "target" and not imitates:
                    merchant = self._target(scenario, phase, customer, now)
                elif merchant < 0 or phase.merchant == "each" or imitates:
                    merchant = self._merchant(phase, draws, customer, channel, place, now, imitates)
                if phase.amount["rule"] == "growing":
                    grown = self._grown(phase, draws, grown)
                    cents = grown
                else:
                    cents = self._amount(phase, draws, customer, merchant, imitates)
                if channel == ATM:
                    cents = max(2000.0, round(cents / 2000) * 2000.0)
                payments.append(
                    Payment(
                        event_ms=now,
                        customer=customer,
                        merchant=merchant,
                        amount_cents=min(max(int(cents), 50), 2_500_000),
                        channel=channel,
                        latitude=self._shop_latitude[merchant],
                        longitude=self._shop_longitude[merchant],
                        device=self._device(phase, draws, customer, new_device)
                        if channel == ONLINE_CHANNEL
                        else 0,
                    )
                )
        return payments

    def _next_moment(
        self, phase: Phase, draws: Draws, customer: int, now: int, gap_reach: float
    ) -> int:
        if phase.gap_seconds is not None:
            low, high = phase.gap_seconds
            # Short gaps are more common than long ones.
            spread = draws.uniform() * gap_reach
            return now + int((low + (high - low) * spread * spread) * 1000)
        share = phase.share_of_card
        usual = (1 - share) / share / self._pace[customer]
        days = min(usual, LONGEST_GAP_DAYS) * draws.between(0.3, 1.7)
        later = now + int(days * DAY_MS)
        return max(self.card_hour(draws, customer, later), now + MINUTE_MS)

    def _city(self, rule: str, draws: Draws, here: int, customer: int) -> int:
        if rule == "here":
            return here
        home = self._home[customer]
        if rule == "home":
            return home
        weights = list(self._city_weight)
        for city in range(len(weights)):
            same = self._country[city] == self._country[home]
            near = self._distance[here][city] < FAR_KM
            if city == here or (rule == "abroad" and same) or (rule == "far" and near):
                weights[city] = 0.0
        if not any(weights):
            weights = [float(city != here) for city in range(len(weights))]
        return draws.weighted(weights)

    def _habit_category(self, draws: Draws, customer: int, now: int) -> int:
        if draws.uniform() < 0.35:
            return self._favourites[customer][draws.below(3)]
        hour = (now + self._offset[customer] * MINUTE_MS) // HOUR_MS % 24
        return draws.weighted(self._chances[self._segment[customer]][hour])

    def _merchant(
        self,
        phase: Phase,
        draws: Draws,
        customer: int,
        channel: int,
        place: int,
        now: int,
        imitates: bool,
    ) -> int:
        count = self.setting.shops.category_count
        if channel == ATM:
            category = self._cash
        elif phase.categories and not imitates:
            category = phase.categories[draws.below(len(phase.categories))]
        else:
            category = self._habit_category(draws, customer, now)
            if category == self._cash:
                category = self.setting.habits.category("grocery")
        pool = self._substitute[(place + 1) * count + category]
        return self._order[self._pool_start[pool] + draws.below(self._pool_size[pool])]

    def _target(self, scenario: Scenario, phase: Phase, customer: int, now: int) -> int:
        """The online merchant that every episode of a scenario is at."""
        draws = Draws(self.setting.seed, "target", scenario.name)
        return self._merchant(phase, draws, customer, ONLINE_CHANNEL, ONLINE, now, imitates=False)

    def _scale(self, draws: Draws, category: int) -> float:
        return self._scales[category][draws.below(SCALES)]

    def _grown(self, phase: Phase, draws: Draws, before: float) -> float:
        amount = phase.amount
        if before == 0:
            return draws.between(float(amount["low_cents"]), float(amount["high_cents"]))
        low, high = amount["factor"]
        return before * draws.between(low, high)

    def _amount(
        self, phase: Phase, draws: Draws, customer: int, merchant: int, imitates: bool
    ) -> float:
        amount = phase.amount
        rule = amount["rule"]
        if imitates or rule == "habit":
            category = self._shop_category[merchant]
            usual = self._mean[category] * self._level[customer] * self._shop_level[merchant]
            factor = 1.0 if imitates else draws.between(amount["low"], amount["high"])
            return usual * self._scale(draws, category) * factor
        if rule == "card_mean":
            return self._typical[customer] * draws.between(amount["low"], amount["high"])
        return draws.between(float(amount["low_cents"]), float(amount["high_cents"]))

    def _device(self, phase: Phase, draws: Draws, customer: int, new_device: int) -> int:
        names, weights = phase.devices
        kind = names[draws.weighted(weights)]
        if kind == "new":
            return new_device
        return self._second[customer] if kind == "known" else self._main[customer]


def as_columns(payments: list[Payment], scenario: list[int], episode: list[int]) -> Columns:
    """Payments of episodes as columns."""

    def column(name: str) -> Integers:
        return np.array([getattr(payment, name) for payment in payments], np.int64)

    return Columns(
        event_ms=column("event_ms"),
        customer=column("customer"),
        merchant=column("merchant"),
        amount_cents=column("amount_cents"),
        channel=column("channel"),
        latitude=column("latitude"),
        longitude=column("longitude"),
        device=column("device").astype(np.uint64),
        scenario=np.array(scenario, np.int64),
        episode=np.array(episode, np.int64),
    )
