"""Heartbeat: keeps event time moving when payments stop coming.

The watermark moves only with messages, so the last payment before a pause would wait for the next
one. This process follows the end of the payments topic; on a partition that has been silent for
`SILENCE_SECONDS` while the topic is in use it sends a tick, whose time is that of the partition's
newest payment plus the silence. It is relative to the payments, not to the clock, so it suits
replayed history too. The pipeline drops ticks before anything else.
"""

import json
import logging
import re
import signal
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import OFFSET_END, Consumer, KafkaException, Message, Producer, TopicPartition

from swipestream import kafka_security
from swipestream.settings import Settings

LOG = logging.getLogger("swipestream.heartbeat")

SILENCE_SECONDS = 0.2
# A tick stays this far behind, so that a payment held up on its way does not come out late.
MARGIN_SECONDS = 0.1
# How long after the last payment on any partition ticks go on; then idle partitions are the
# watermark's business (`scan.watermark.idle-timeout`).
ACTIVE_SECONDS = 5.0
LOOK_BACK_MESSAGES = 200
POLL_SECONDS = 0.05
# Of these last seconds of payments the newest counts, so that late ones do not.
RECENT_SECONDS = 5.0
MAX_FUTURE_MS = 5 * 60 * 1000

_EVENT_MS = re.compile(rb'"event_ms"\s*:\s*(\d{12,13})(?![\d.eE])')


@dataclass
class PartitionClock:
    """
    What is known of one partition.

    :param arrived_at: when its last payment arrived, seconds on the caller's clock.
    :param ticked_at: when the last tick was sent, likewise.
    """

    arrived_at: float = float("-inf")
    ticked_at: float = float("-inf")
    # Payments that may still be the newest: later ones are older, by arrival and by their own time.
    _candidates: deque[tuple[float, int]] = field(default_factory=deque)

    def payment(self, event_ms: int, now: float) -> None:
        """Take note of a payment that arrived now."""
        self.arrived_at = now
        while self._candidates and self._candidates[-1][1] <= event_ms:
            self._candidates.pop()
        self._candidates.append((now, event_ms))
        while now - self._candidates[0][0] > RECENT_SECONDS:
            self._candidates.popleft()

    @property
    def newest_ms(self) -> int | None:
        """
        Time of the newest of the last payments, UTC epoch milliseconds; None before the first.

        Not the newest ever: when a history is replayed, time begins anew.
        """
        return self._candidates[0][1] if self._candidates else None

    def time_ms(self, now: float) -> int | None:
        """Where the partition's time would be now, had payments gone on; None before the first."""
        if self.newest_ms is None:
            return None
        return self.newest_ms + round((now - self.arrived_at - MARGIN_SECONDS) * 1000)

    def is_due(self, now: float) -> bool:
        """Whether it has been silent long enough, and without a tick."""
        return now - max(self.arrived_at, self.ticked_at) >= SILENCE_SECONDS


@dataclass
class TopicClock:
    """The clocks of all partitions of the payments topic."""

    partitions: dict[int, PartitionClock] = field(default_factory=dict)

    def payment(self, partition: int, event_ms: int, now: float) -> None:
        """Take note of a payment that arrived now."""
        self.partitions.setdefault(partition, PartitionClock()).payment(event_ms, now)

    def ticks(self, now: float) -> list[tuple[int, int]]:
        """:return: partition and time in milliseconds of each tick that is due."""
        times = {number: clock.time_ms(now) for number, clock in self.partitions.items()}
        in_use = [
            time_ms
            for number, time_ms in times.items()
            if time_ms is not None and now - self.partitions[number].arrived_at <= ACTIVE_SECONDS
        ]
        # No partition is moved past those in use: a history may be on its way to it, too.
        limit_ms = max(in_use, default=None)
        due = []
        for number, time_ms in times.items():
            if limit_ms is not None and time_ms is not None and self.partitions[number].is_due(now):
                self.partitions[number].ticked_at = now
                due.append((number, min(time_ms, limit_ms)))
        return due


def payment_time(message: Message) -> int | None:
    """
    The time of a payment message.

    :return: UTC epoch milliseconds; None for a tick, for what is no payment, and for a time so far
        ahead of Kafka's own that the pipeline rejects it.
    """
    value = message.value()
    if not value or b'"transaction_id"' not in value:
        return None
    found = _EVENT_MS.findall(value)
    if not found or int(found[-1]) > message.timestamp()[1] + MAX_FUTURE_MS:
        return None
    return int(found[-1])


def tick(event_ms: int) -> bytes:
    """The message that moves a partition's clock to this time, UTC epoch milliseconds."""
    return json.dumps({"kind": "tick", "event_ms": event_ms}, separators=(",", ":")).encode()


class Heartbeat:
    """Follows the payments topic and sends the ticks that are due."""

    def __init__(self, settings: Settings, topic: str) -> None:
        common = {**kafka_security.client_options(settings), "logger": LOG}
        self.topic = topic
        self.clock = TopicClock()
        self._producer = Producer({**common, "linger.ms": 0, "acks": 1})
        self._consumer = Consumer(
            {
                **common,
                "group.id": "swipestream-heartbeat",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 50,
                "auto.offset.reset": "latest",
            }
        )

    def start(self) -> None:
        """
        Take up every partition shortly before its end, to know its newest payment.

        :raises KafkaException: the broker does not answer; trying again may work.
        """
        metadata = self._consumer.list_topics(self.topic, timeout=5).topics[self.topic]
        if metadata.error is not None:
            raise KafkaException(metadata.error)
        assignment = []
        for number in metadata.partitions:
            place = TopicPartition(self.topic, number)
            low, high = self._consumer.get_watermark_offsets(place, timeout=5)
            place.offset = max(low, high - LOOK_BACK_MESSAGES) if high > low else OFFSET_END
            assignment.append(place)
        self._consumer.assign(assignment)

    def step(self) -> int:
        """
        Read what has come, then send the ticks that are due.

        :return: ticks sent.
        """
        for message in self._consumer.consume(500, POLL_SECONDS):
            if message.error() is not None:
                continue
            event_ms, partition = payment_time(message), message.partition()
            if event_ms is not None and partition is not None:
                # By Kafka's own time, so that messages read after a restart count as old.
                age = max(0.0, time.time() - message.timestamp()[1] / 1000)
                self.clock.payment(partition, event_ms, time.monotonic() - age)
        due = self.clock.ticks(time.monotonic())
        for partition, event_ms in due:
            self._producer.produce(self.topic, tick(event_ms), partition=partition)
        self._producer.poll(0)
        return len(due)

    def close(self) -> None:
        """Send what is left and let go of the broker."""
        self._producer.flush(2)
        self._consumer.close()


def run(settings: Settings, alive_file: Path) -> None:
    """
    Run until told to stop.

    :param alive_file: touched while the topic is being followed; what the stack's check looks at.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    heartbeat = Heartbeat(settings, settings.payments_topic)
    while True:
        try:
            heartbeat.start()
            break
        except KafkaException as error:
            LOG.warning("topic not there yet topic=%s reason=%s", heartbeat.topic, error)
            time.sleep(1)
    LOG.info("following topic=%s", heartbeat.topic)
    touched_at = 0.0
    try:
        while True:
            heartbeat.step()
            if time.monotonic() - touched_at > 1:
                touched_at = time.monotonic()
                alive_file.touch()
    finally:
        heartbeat.close()


if __name__ == "__main__":
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    run(Settings.load(), Path(sys.argv[1]))
