"""Disordered payments at a steady rate, whatever happens to the broker."""

import threading
import time
from collections.abc import Iterator

from confluent_kafka import KafkaError, Message, Producer

from simulator import World
from simulator.disorder import Account, Disorder, disturbed
from simulator.disorder import Message as PlannedMessage
from simulator.live import live_payments
from swipestream import kafka_security
from swipestream.settings import Settings

# Of the payments; the delays are mostly short.
DISORDER = Disorder(late=0.05, duplicate=0.02, late_seconds=(5.0, 600.0))
SEED = 4711

Place = tuple[int, int]  # partition, offset


class Traffic:
    """Sends until it is stopped, and knows where the broker put each message."""

    def __init__(self, settings: Settings, world: World, rate: float) -> None:
        self._topic = settings.payments_topic
        self._world = world
        self._rate = rate
        self._confirmed: list[Place] = []
        self.refused: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
        self._producer = Producer(
            {
                **kafka_security.client_options(settings),
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 5,
                # Longer than any outage: what cannot be sent now is sent later, in order.
                "message.timeout.ms": 600_000,
                "queue.buffering.max.messages": 500_000,
                "partitioner": "murmur2_random",
                "log_level": 0,
            }
        )

    @property
    def confirmed(self) -> int:
        """Messages that the broker has taken."""
        return len(self._confirmed)

    def places(self, first: int = 0) -> list[Place]:
        """Where they are, from a given number on."""
        return self._confirmed[first:]

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """
        Send no more, and wait until all that was sent is confirmed.

        :raises AssertionError: something was not, so it is not known what was sent.
        """
        self._stop.set()
        self._thread.join(30)
        left = self._producer.flush(60)
        assert not left and not self.refused, f"{left} not confirmed, {self.refused[:3]} refused"

    def _run(self) -> None:
        start_ms = round(time.time() * 1000) + 500
        account = Account()
        for message in disturbed(self._planned(start_ms), DISORDER, account, SEED):
            wait = message.send_ms / 1000 - time.time()
            if self._stop.wait(max(wait, 0)):
                return
            self._producer.produce(
                self._topic, message.value, message.key, on_delivery=self._delivered
            )
            self._producer.poll(0)

    def _planned(self, start_ms: int) -> Iterator[PlannedMessage]:
        for payment in live_payments(self._world, start_ms, self._rate, SEED):
            yield payment.message

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        partition, offset = message.partition(), message.offset()
        if error is not None or partition is None or offset is None:
            self.refused.append(str(error))
        else:
            self._confirmed.append((partition, offset))
