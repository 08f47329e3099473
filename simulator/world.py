"""A world: people, shops, trips, and the payments and labels of its history."""

import datetime
import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from simulator.columns import Columns, joined
from simulator.draws import Integers, Mask
from simulator.episodes import Engine
from simulator.errors import WorldError
from simulator.genuine import Setting, genuine_payments
from simulator.habits import load_habits
from simulator.history import Past, play_past
from simulator.labels import Labels, make_labels
from simulator.messages import SOURCE, history_ids, payment_table
from simulator.people import DAY_MS, email, full_names, make_people, opened_ms
from simulator.places import STEPS, choose_cities
from simulator.scenarios import Scenario, read_scenarios
from simulator.shops import ONLINE, make_shops, shop_names
from simulator.trips import make_trips

# Raised whenever the same arguments give other bytes.
GENERATOR_VERSION = 1
# Trips continue after the history, for live payments.
TRIPS_AFTER_DAYS = 21
SMALLEST = {"customers": 10, "merchants": 20, "days": 1}
LARGEST = {"customers": 1_000_000, "merchants": 1_000_000, "days": 3660}


@dataclass(frozen=True)
class WorldArguments:
    """All that a world depends on."""

    seed: int = 7
    customers: int = 25_000
    merchants: int = 3_000
    days: int = 90
    # UTC epoch milliseconds right after the last payment.
    end_ms: int = 0
    fraud_share: float = 0.007
    # Payments per card and day.
    pace: float = 0.48

    def check(self) -> None:
        """:raises WorldError: a number that makes no world."""
        for name, least in SMALLEST.items():
            value = getattr(self, name)
            if not least <= value <= LARGEST[name]:
                raise WorldError(
                    f"{name} = {value} is not between {least} and {LARGEST[name]}",
                    f"use --{name} {max(least, min(value, LARGEST[name]))}",
                )
        if not 0 <= self.fraud_share < 0.5:
            raise WorldError(f"fraud share {self.fraud_share} is not in [0, 0.5)", "use 0.007")
        if not 0 < self.pace <= 20:
            raise WorldError(f"pace {self.pace} is not in (0, 20]", "use 0.48")
        if self.begin_ms < 946_684_800_000 or self.end_ms > 4_102_444_800_000:
            raise WorldError(
                "the history is not between the years 2000 and 2100",
                "end_ms is in milliseconds since 1970",
            )

    @property
    def begin_ms(self) -> int:
        """UTC epoch milliseconds of the history's begin."""
        return self.end_ms - self.days * DAY_MS


@dataclass(frozen=True)
class World:
    """A world of customers, merchants, payments and labels; equal arguments give equal bytes."""

    arguments: WorldArguments
    setting: Setting
    scenarios: tuple[Scenario, ...]

    @classmethod
    def generate(
        cls,
        seed: int,
        customers: int = 25_000,
        merchants: int = 3_000,
        days: int = 90,
        end_ms: int = 0,
        fraud_share: float = 0.007,
        pace: float = 0.48,
        scenarios: tuple[Scenario, ...] | None = None,
    ) -> Self:
        """
        Make a world. Its payments are made when first asked for.

        :param end_ms: where the history ends, UTC epoch milliseconds.
        :param fraud_share: of all payments, within [0, 0.5).
        :param pace: payments per card and day.
        :param scenarios: instead of the built-in ones.
        :raises WorldError: a number that makes no world.
        """
        arguments = WorldArguments(seed, customers, merchants, days, end_ms, fraud_share, pace)
        arguments.check()
        habits = load_habits()
        cities = choose_cities(seed, max(3, min(150, merchants // 45)))
        people = make_people(seed, customers, cities, habits, pace)
        shops = make_shops(seed, merchants, cities, habits)
        trips = make_trips(
            people, cities, habits, arguments.begin_ms, end_ms + TRIPS_AFTER_DAYS * DAY_MS
        )
        setting = Setting(seed, habits, cities, people, shops, trips)
        return cls(arguments, setting, scenarios or read_scenarios())

    @cached_property
    def engine(self) -> Engine:
        """What plays scenarios."""
        return Engine(self.setting)

    @cached_property
    def past(self) -> Past:
        """The genuine payments of the history, in order of time."""
        begin_ms, end_ms = self.arguments.begin_ms, self.arguments.end_ms
        genuine = genuine_payments(self.setting, begin_ms, end_ms).in_order()
        if not len(genuine):
            raise WorldError("this world has no payments", "use more customers or more days")
        return Past(self.arguments.seed, genuine, begin_ms, end_ms)

    @cached_property
    def payments(self) -> Columns:
        """All payments of the history, in order of time."""
        episodes = play_past(self.past, self.engine, self.scenarios, self.arguments.fraud_share)
        return joined([self.past.genuine, episodes]).in_order()

    @cached_property
    def transaction_ids(self) -> list[str]:
        """One for each of `payments`."""
        return history_ids(self.arguments.seed, self.arguments.end_ms, len(self.payments))

    @cached_property
    def labels(self) -> Labels:
        """All labels of the history's payments; some become known only after its end."""
        return make_labels(self.arguments.seed, self.payments, self.scenarios)

    @cached_property
    def is_fraud(self) -> Mask:
        """The truth about each of `payments`."""
        kinds = np.array([*(scenario.is_fraud for scenario in self.scenarios), False])
        return kinds[self.payments.scenario]

    def customers_table(self) -> Any:
        """Customers as a pyarrow Table with the columns of the database's table."""
        import pyarrow as pa

        people, cities, habits = self.setting.people, self.setting.cities, self.setting.habits
        names = full_names(people, cities)
        places = people.city.tolist()
        return pa.table(
            {
                "customer_id": people.customer_ids,
                "name": names,
                "email": [email(name, number) for number, name in enumerate(names)],
                "home_latitude": people.latitude / STEPS,
                "home_longitude": people.longitude / STEPS,
                "home_country": [cities.countries[city] for city in places],
                "home_city": [cities.names[city] for city in places],
                "utc_offset_minutes": pa.array(people.utc_offset_minutes, pa.int32()),
                "account_opened_at": pa.array(
                    opened_ms(people, self.arguments.end_ms), pa.timestamp("ms")
                ),
                "usual_device_id": [f"d-{device:012x}" for device in people.usual_device.tolist()],
                "segment": [habits.segments[segment] for segment in people.segment.tolist()],
            }
        )

    def merchants_table(self) -> Any:
        """Merchants as a pyarrow Table with the columns of the database's table."""
        import pyarrow as pa

        shops, cities, habits = self.setting.shops, self.setting.cities, self.setting.habits
        online = shops.city == ONLINE
        return pa.table(
            {
                "merchant_id": shops.merchant_ids,
                "name": shop_names(self.arguments.seed, shops, habits),
                "category": [habits.categories[category] for category in shops.category.tolist()],
                "latitude": pa.array(shops.latitude / STEPS, pa.float64(), mask=online),
                "longitude": pa.array(shops.longitude / STEPS, pa.float64(), mask=online),
                "country": list(shops.country),
                "city": [None if city < 0 else cities.names[city] for city in shops.city.tolist()],
            }
        )

    def payments_table(self, from_ms: int | None = None, to_ms: int | None = None) -> Any:
        """
        Payments as a pyarrow Table with the fields of the message, in order of time.

        :param from_ms: leave out what was before; UTC epoch milliseconds.
        :param to_ms: leave out what was then or later.
        """
        chosen = self.between(from_ms, to_ms)
        return payment_table(self.setting, self.payments.where(chosen), self.ids_of(chosen))

    def between(self, from_ms: int | None, to_ms: int | None) -> Integers:
        """Positions of the payments of a time, UTC epoch milliseconds."""
        low, high = (
            np.searchsorted(self.payments.event_ms, bound, side="left")
            for bound in (
                self.arguments.begin_ms if from_ms is None else from_ms,
                self.arguments.end_ms if to_ms is None else to_ms,
            )
        )
        return np.arange(low, high)

    def ids_of(self, positions: Integers) -> list[str]:
        """Transaction identifiers of payments."""
        ids = self.transaction_ids
        return [ids[position] for position in positions.tolist()]

    def labels_table(self) -> Any:
        """Labels as a pyarrow Table with the fields of the message, in order of `labelled_ms`."""
        import pyarrow as pa

        labels = self.labels
        return pa.table(
            {
                "transaction_id": pa.array(self.ids_of(labels.payment), pa.string()),
                "is_fraud": pa.array(labels.is_fraud, pa.bool_()),
                "reason": pa.array(labels.reason, pa.string()),
                "scenario": pa.array(labels.scenario, pa.string()),
                "event_ms": pa.array(self.payments.event_ms[labels.payment], pa.int64()),
                "labelled_ms": pa.array(labels.labelled_ms, pa.int64()),
                "source": pa.array([SOURCE] * len(labels), pa.string()),
            }
        )

    def describe(self) -> dict[str, Any]:
        """What world.json says."""
        arguments = self.arguments
        return {
            "generator_version": GENERATOR_VERSION,
            "seed": arguments.seed,
            "customers": arguments.customers,
            "merchants": arguments.merchants,
            "days": arguments.days,
            "end_ms": arguments.end_ms,
            "end_at": datetime.datetime.fromtimestamp(
                arguments.end_ms / 1000, datetime.UTC
            ).isoformat(timespec="milliseconds"),
            "fraud_share": arguments.fraud_share,
            "pace": arguments.pace,
            "currency": "EUR",
            "payments": len(self.payments),
            "frauds": int(self.is_fraud.sum()),
            "labels": len(self.labels),
        }

    def write(self, folder: Path) -> None:
        """
        Write the world as Parquet; a world already there is replaced when this one is complete.

        :param folder: made if absent.
        :raises WorldError: the folder holds something else, or cannot be written.
        """
        import pyarrow.parquet as pq

        folder = Path(folder)
        if folder.exists() and any(folder.iterdir()) and not (folder / "world.json").exists():
            raise WorldError(f"{folder} holds something that is not a world", "name another folder")
        draft = folder.with_name(folder.name + ".draft")
        try:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            for name, table in (
                ("customers", self.customers_table()),
                ("merchants", self.merchants_table()),
                ("payments", self.payments_table()),
                ("labels", self.labels_table()),
            ):
                pq.write_table(table, draft / f"{name}.parquet", compression="zstd")
            (draft / "world.json").write_text(json.dumps(self.describe(), indent=2) + "\n")
            shutil.rmtree(folder, ignore_errors=True)
            draft.rename(folder)
        except OSError as error:
            raise WorldError(
                f"{folder} cannot be written: {error.strerror}", "name another folder"
            ) from None

    @classmethod
    def read(cls, folder: Path) -> Self:
        """
        The world that was written to a folder. Its payments are made again when asked for.

        :raises WorldError: no world there, or one of another version of the simulator.
        """
        file = Path(folder) / "world.json"
        try:
            data = json.loads(file.read_text())
            version = data["generator_version"]
            values = {
                name: data[name]
                for name in (
                    "seed", "customers", "merchants", "days", "end_ms", "fraud_share", "pace",
                )
            }  # fmt: skip
        except FileNotFoundError:
            raise WorldError(
                f"{file} does not exist", f"run `swipestream simulate world --out {folder}`"
            ) from None
        except (OSError, ValueError, KeyError, TypeError):
            raise WorldError(
                f"{file} does not describe a world", "delete the folder and simulate it again"
            ) from None
        if version != GENERATOR_VERSION:
            raise WorldError(
                f"{file} was written by version {version} of the simulator, "
                f"this is version {GENERATOR_VERSION}",
                f"run `swipestream simulate world --out {folder}` again",
            )
        return cls.generate(**values)
