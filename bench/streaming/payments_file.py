"""The file of payments that every system reads: in order of time, a few of them twice."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.streaming.plan import Plan
from simulator import World
from simulator.messages import PaymentWriter
from swipestream.sending.sender import BULK_LINGER_MS, Sender
from swipestream.settings import KafkaSettings

# A copy comes this many payments after the original.
COPY_DISTANCE = 50
PROGRESS_STEP = 20_000

Progress = Callable[[int, int], None]


def make_world(plan: Plan, end_ms: int, folder: Path) -> World:
    """
    Cards that pay often enough for the plan, written as Parquet for merchants' risk.

    :param end_ms: of their history, UTC epoch milliseconds.
    """
    world = World.generate(
        seed=plan.seed,
        customers=plan.cards,
        merchants=plan.merchants,
        days=plan.days,
        end_ms=end_ms,
        pace=plan.payments / plan.cards / plan.days,
    )
    world.write(folder)
    return world


def messages(
    world: World, copies: float, seed: int, people_per_card: int = 1
) -> Iterator[tuple[str, bytes]]:
    """
    Key and value of each message.

    :param copies: share of the payments that come twice.
    :param people_per_card: groups of this many people pay with the first one's card.
    """
    payments = world.payments
    payments = replace(payments, customer=payments.customer // people_per_card * people_per_card)
    is_copied = np.random.default_rng(seed).random(len(payments)) < copies
    lines = PaymentWriter(world.setting).lines(payments, world.transaction_ids)
    card_ids = world.setting.people.card_ids
    waiting: deque[tuple[int, str, bytes]] = deque()
    for number, (customer, line) in enumerate(zip(payments.customer.tolist(), lines, strict=True)):
        yield card_ids[customer], line
        if is_copied[number]:
            waiting.append((number + COPY_DISTANCE, card_ids[customer], line))
        while waiting and waiting[0][0] <= number:
            yield waiting.popleft()[1:]
    for _, card_id, line in waiting:
        yield card_id, line


def send(settings: KafkaSettings, world: World, plan: Plan, tell: Progress) -> tuple[int, int, int]:
    """
    Fill the topic.

    :param tell: called now and then with how many payments are sent, and of how many.
    :return: messages, different payments, and bytes of all messages.
    :raises ServiceError: the broker did not take them all.
    """
    sent, size = 0, 0
    with Sender(settings, linger_ms=BULK_LINGER_MS) as sender:
        for card_id, line in messages(world, plan.copies, plan.seed, plan.people_per_card):
            sender.send(settings.payments_topic, card_id, line)
            sent, size = sent + 1, size + len(card_id) + len(line)
            if sent % PROGRESS_STEP == 0:
                tell(min(sent, len(world.payments)), len(world.payments))
    return sent, len(world.payments), size
