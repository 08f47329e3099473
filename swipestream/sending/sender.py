"""The Kafka producer of payments and labels, and what became of each message."""

import logging
from collections.abc import Callable
from typing import Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from swipestream import kafka_security
from swipestream.errors import ServiceError
from swipestream.settings import KafkaSettings

LOG = logging.getLogger("swipestream.sending")
QUEUE_MESSAGES = 200_000
# A live payment waits no longer than this; in bulk, bigger batches are quicker.
LIVE_LINGER_MS = 5
BULK_LINGER_MS = 50
# librdkafka's value for a partition that follows from the key.
BY_KEY = -1


class Sender:
    """Sends messages, counts what the broker has confirmed."""

    def __init__(
        self, settings: KafkaSettings, topics: tuple[str, ...] = (), linger_ms: int = LIVE_LINGER_MS
    ) -> None:
        """
        Connect.

        :param topics: that must exist; the payments topic if none are named.
        :param linger_ms: how long a message may wait for others to share a batch.
        :raises ServiceError: no broker answers, or a topic is missing.
        """
        self.settings = settings
        self.queued = 0
        self.delivered = 0
        self.failed = 0
        self.failure = ""
        LOG.addHandler(logging.NullHandler())
        LOG.propagate = False
        self._producer = Producer(
            {
                **kafka_security.client_options(settings),
                "enable.idempotence": True,
                "compression.type": "lz4",
                "linger.ms": linger_ms,
                "batch.num.messages": 20_000,
                "queue.buffering.max.messages": QUEUE_MESSAGES,
                # As a Java producer does: one card, one partition, with every sender.
                "partitioner": "murmur2_random",
                "logger": LOG,
            }
        )
        self._check(topics or (settings.payments_topic,))

    def _check(self, topics: tuple[str, ...]) -> None:
        address = self.settings.kafka_address
        try:
            known = self._producer.list_topics(timeout=5).topics
        except KafkaException as error:
            kafka_security.check_access(self.settings)
            raise ServiceError(
                f"kafka at {address} does not answer: {error.args[0].str()}",
                "run `swipestream up`, or set KAFKA_BOOTSTRAP",
            ) from None
        for topic in topics:
            if topic not in known:
                raise ServiceError(
                    f"kafka at {address} has no topic {topic}",
                    "run `swipestream up`, which makes it, or create it",
                )

    def send(
        self,
        topic: str,
        key: str | bytes | None,
        value: bytes | None,
        partition: int = BY_KEY,
    ) -> None:
        """
        Queue one message; waits while the queue is full.

        :param partition: of the topic, if it is not to follow from the key.
        """
        while True:
            try:
                self._producer.produce(topic, value, key, partition, on_delivery=self._delivered)
                break
            except BufferError:
                self._producer.poll(0.1)
            except KafkaException as error:  # too large
                self.failed += 1
                self.failure = error.args[0].str()
                break
        self.queued += 1
        if self.queued % 1024 == 0:
            self._producer.poll(0)

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is None:
            self.delivered += 1
        else:
            self.failed += 1
            self.failure = error.str()

    def poll(self, seconds: float = 0.0) -> None:
        """Let confirmations in."""
        self._producer.poll(seconds)

    def flush(
        self, timeout_seconds: float = 60.0, on_progress: Callable[[int], None] | None = None
    ) -> None:
        """
        Wait until the broker has confirmed everything.

        :param on_progress: told the number of messages confirmed so far.
        :raises ServiceError: some messages were refused or not confirmed in time.
        """
        left = self._producer.flush(timeout_seconds)
        if on_progress:
            on_progress(self.delivered)
        if left or self.failed:
            reason = self.failure or f"no answer within {timeout_seconds:g} s"
            raise ServiceError(
                f"{left + self.failed} of {self.queued} messages did not get to kafka: {reason}",
                "run `swipestream doctor`",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.flush()
        else:
            self._producer.flush(5)
