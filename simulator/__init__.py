"""A small world of card payments, honest and not, the same for the same seed on every machine.

world = World.generate(seed=7, customers=25_000, merchants=3_000, days=90, end_ms=now_ms)
world.write(folder)                  # customers, merchants, payments, labels as Parquet
world = World.read(folder)           # the same world again
world.payments_table(from_ms, to_ms), world.labels_table()
for payment in live_payments(world, start_ms=now_ms, rate=200):
    ...                              # payment.event_ms, .value, .is_fraud, .label
disturbed(messages, Disorder(late=0.05, malformed=0.01), account := Account())
"""

from simulator.disorder import Account, Disorder, Message, disturbed
from simulator.live import LivePayment, live_payments
from simulator.pace import Pace
from simulator.world import World

__all__ = [
    "Account",
    "Disorder",
    "LivePayment",
    "Message",
    "Pace",
    "World",
    "disturbed",
    "live_payments",
]
