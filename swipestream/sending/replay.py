"""Replaying a part of a world's history through the payments topic."""

from collections.abc import Callable

from simulator import World
from simulator.messages import PaymentWriter
from swipestream.sending.sender import Sender

PROGRESS_STEP = 2_000


def replay(
    world: World,
    from_ms: int,
    to_ms: int,
    sender: Sender,
    on_progress: Callable[[int, int], None] | None = None,
) -> int:
    """
    Send the payments of a time at full speed, in order of event time.

    :param from_ms: first moment, UTC epoch milliseconds.
    :param to_ms: first moment not sent any more.
    :param on_progress: told now and then how many of how many are sent.
    :return: number of payments sent and confirmed.
    :raises ServiceError: the broker did not take them all.
    """
    positions = world.between(from_ms, to_ms)
    total = len(positions)
    payments = world.payments.where(positions)
    lines = PaymentWriter(world.setting).lines(payments, world.ids_of(positions))
    card_ids = world.setting.people.card_ids
    topic = sender.settings.payments_topic
    for number, (customer, value) in enumerate(zip(payments.customer.tolist(), lines, strict=True)):
        sender.send(topic, card_ids[customer], value)
        if on_progress and number % PROGRESS_STEP == 0:
            on_progress(number, total)
    sender.flush()
    if on_progress:
        on_progress(total, total)
    return total
