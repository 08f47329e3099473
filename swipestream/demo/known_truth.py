"""What the simulator knows of the payments it sends, written where dashboards compare with it.

Labels of the same payments come days later, or never. No model, feature or decision reads this.
"""

from collections.abc import Iterable, Iterator
from typing import Self

import psycopg

from simulator import World
from simulator.live import LivePayment
from simulator.messages import history_ids
from swipestream.demo.truth import Truth
from swipestream.settings import DatabaseSettings

ADD_RUN = "INSERT INTO simulated_runs (id_pattern) VALUES (%s) ON CONFLICT DO NOTHING"
ADD_FRAUD = (
    "INSERT INTO simulated_frauds (transaction_id, scenario) VALUES (%s, %s) ON CONFLICT DO NOTHING"
)


class TruthRecord:
    """Writes down frauds as they are sent; a payment of its run that is not there is genuine."""

    def __init__(self, settings: DatabaseSettings, id_pattern: str) -> None:
        """:param id_pattern: matches the transaction_ids of the run and no others, for LIKE."""
        self._connection = psycopg.connect(settings.postgres_url, autocommit=True)
        self._connection.execute(ADD_RUN, (id_pattern,))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def add(self, frauds: Iterable[tuple[str, str]]) -> None:
        """:param frauds: transaction_id and scenario; those that are there already stay."""
        with self._connection.cursor() as cursor:
            cursor.executemany(ADD_FRAUD, list(frauds))

    def add_new(self, truth: Truth) -> None:
        """Write down what was noted since the last time; another thread may be noting more."""
        self.add(truth.take_new())


def noted(payments: Iterable[LivePayment], truth: Truth) -> Iterator[LivePayment]:
    """The same payments, each noted before it is sent."""
    for payment in payments:
        truth.note(payment)
        yield payment


def note_history(settings: DatabaseSettings, world: World, from_ms: int) -> None:
    """
    Write down the frauds of a world's history.

    :param from_ms: leave out what was before; UTC epoch milliseconds.
    """
    chosen = world.between(from_ms, None)
    frauds = chosen[world.is_fraud[chosen]]
    kinds = [world.scenarios[number].name for number in world.payments.scenario[frauds].tolist()]
    arguments = world.arguments
    (first,) = history_ids(arguments.seed, arguments.end_ms, 1)
    begin, _, number = first.rpartition("-")
    with TruthRecord(settings, f"{begin}-{'_' * len(number)}") as record:
        record.add(zip(world.ids_of(frauds), kinds, strict=True))
