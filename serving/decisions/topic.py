"""Handing decided payments to Kafka without waiting for it, and what became of each."""

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from swipestream import kafka_security
from swipestream.settings import KafkaSettings

# The client tells each attempt to reach a broker that is away; `is_away` says it once.
_CLIENT_LOG = logging.getLogger(f"{__name__}.client")
_CLIENT_LOG.setLevel(logging.CRITICAL)
POLL_SECONDS = 0.05
# What is not confirmed by then is given up, and sent again later.
GIVEN_UP_MS = 10_000
RECONNECT_MS = 1_000
QUEUE_MESSAGES = 100_000

Key = tuple[str, str]


@dataclass(frozen=True)
class Delivered:
    """Where Kafka has put a payment's message."""

    key: Key
    partition: int
    offset: int
    at: float


class Topic:
    """Sends to the payments topic; a thread hears what the broker has confirmed."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.name = settings.payments_topic
        self.labels_name = settings.labels_topic
        self.delivered: deque[Delivered] = deque()
        self.failures = 0
        self._last_delivery = 0.0
        self._last_failure = 0.0
        self._waiting: set[Key] = set()
        self._lock = threading.Lock()
        self._producer = Producer(
            {
                **kafka_security.client_options(settings),
                "enable.idempotence": True,
                "linger.ms": 0,
                "message.timeout.ms": GIVEN_UP_MS,
                "queue.buffering.max.messages": QUEUE_MESSAGES,
                # As a Java producer does: one card, one partition, with every sender.
                "partitioner": "murmur2_random",
                "reconnect.backoff.max.ms": RECONNECT_MS,
                "logger": _CLIENT_LOG,
            }
        )
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._hear, name="topic", daemon=True)
        self._thread.start()

    def _hear(self) -> None:
        while not self._stopped.is_set():
            self._producer.poll(POLL_SECONDS)

    def send(self, key: Key, message: bytes) -> bool:
        """
        Queue a payment; confirmed ones appear in `delivered`.

        :param key: transaction_id and card_id.
        :return: False if the queue is full.
        """

        def hear(error: KafkaError | None, confirmed: Message) -> None:
            with self._lock:
                self._waiting.discard(key)
            if error is not None:
                self.failures += 1
                self._last_failure = time.monotonic()
                return
            self._last_delivery = time.monotonic()
            place = confirmed.partition(), confirmed.offset()
            self.delivered.append(Delivered(key, place[0] or 0, place[1] or 0, self._last_delivery))

        with self._lock:
            self._waiting.add(key)
        try:
            self._producer.produce(self.name, message, key[1], on_delivery=hear)
        except (BufferError, KafkaException):
            with self._lock:
                self._waiting.discard(key)
            self.failures += 1
            self._last_failure = time.monotonic()
            return False
        return True

    def waits_for(self, key: Key) -> bool:
        """Whether a payment is queued and neither confirmed nor given up."""
        with self._lock:
            return key in self._waiting

    @property
    def waiting(self) -> int:
        """How many messages are queued."""
        return len(self._waiting)

    @property
    def is_away(self) -> bool:
        """Whether messages were given up since the last one was confirmed."""
        return self._last_failure > self._last_delivery

    def send_label(self, transaction_id: str, message: bytes, seconds: float) -> bool:
        """
        Send a label and wait until it is confirmed.

        :return: whether it was, in time.
        """
        heard: list[KafkaError | None] = []
        done = threading.Event()

        def hear(error: KafkaError | None, _: Message) -> None:
            heard.append(error)
            done.set()

        try:
            self._producer.produce(self.labels_name, message, transaction_id, on_delivery=hear)
        except (BufferError, KafkaException):
            return False
        return done.wait(seconds) and heard[0] is None

    def answers(self, seconds: float) -> bool:
        """Whether a broker is there."""
        try:
            self._producer.list_topics(self.name, timeout=seconds)
        except KafkaException:
            return False
        return True

    def close(self, seconds: float = 2.0) -> None:
        """Send what is queued, as long as that takes no longer than so many seconds."""
        self._producer.flush(seconds)
        self._stopped.set()
        self._thread.join()
