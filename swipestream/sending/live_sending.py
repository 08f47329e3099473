"""Sending live payments of a simulated world, each when it is due, and their labels after them."""

import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from simulator import Account, Disorder, LivePayment, Message, Pace, World, disturbed, live_payments
from simulator.drift import Drift
from simulator.messages import label_line
from swipestream.console.progress import share_bar
from swipestream.sending.sender import Sender
from swipestream.settings import KafkaSettings

# Messages due within this time go out together; waiting shorter than this is not worth it.
GRAIN_SECONDS = 0.002
POLL_SECONDS = 0.05
SHOW_SECONDS = 0.2


@dataclass
class LiveSending:
    """One stream from now on."""

    settings: KafkaSettings
    world: World
    pace: Pace
    disorder: Disorder = field(default_factory=Disorder)
    seed: int = 0
    # None never ends.
    seconds: float | None = None
    with_labels: bool = True
    # Times as fast as labels come in life.
    label_speed: float = 1.0
    # What changes from a time on; None: nothing.
    drift: Drift | None = None
    # Told of each payment when it is drawn, shortly before it is sent.
    on_payment: Callable[[LivePayment], None] | None = None

    def __post_init__(self) -> None:
        """What was done, kept when it is interrupted."""
        self.account = Account()
        self.scenarios: Counter[str] = Counter()
        self.frauds = 0
        self.sent = 0
        self.labels_sent = 0
        self.labels_waiting: list[tuple[int, bytes, bytes]] = []
        self.longest_delay_ms = 0
        self.delivered = 0

    def run(self) -> None:
        """
        Send until the time is over.

        :raises ServiceError: no broker, no topic, or messages that did not arrive.
        """
        settings = self.settings
        topics = [settings.payments_topic]
        if self.with_labels:
            topics.append(settings.labels_topic)
        sender = Sender(settings, tuple(topics))
        try:
            with sender, share_bar() as progress:
                task = progress.add_task("live payments", total=self.seconds, fact="")
                start_ms = int(time.time() * 1000)
                shown = 0.0
                for message in self._messages(start_ms):
                    self._wait_until(message.send_ms, sender)
                    sender.send(settings.payments_topic, message.key, message.value)
                    self.sent += 1
                    now = time.time()
                    delay_ms = int(now * 1000) - message.send_ms
                    self.longest_delay_ms = max(self.longest_delay_ms, delay_ms)
                    if now - shown > SHOW_SECONDS:
                        shown = now
                        progress.update(
                            task,
                            completed=now - start_ms / 1000,
                            fact=f"{self.account.messages:,} messages, {self.frauds:,} fraud",
                        )
                self._send_labels(int(time.time() * 1000), sender)
        finally:
            self.delivered = sender.delivered

    def _messages(self, start_ms: int) -> Iterator[Message]:
        return disturbed(self._payments(start_ms), self.disorder, self.account, self.seed)

    def _payments(self, start_ms: int) -> Iterator[Message]:
        end_ms = None if self.seconds is None else start_ms + int(self.seconds * 1000)
        for payment in live_payments(self.world, start_ms, self.pace, self.seed, drift=self.drift):
            if end_ms is not None and payment.event_ms >= end_ms:
                return
            if self.on_payment:
                self.on_payment(payment)
            if payment.scenario:
                self.scenarios[payment.scenario] += 1
            self.frauds += payment.is_fraud
            if payment.label and self.with_labels:
                known_ms = payment.event_ms + int(
                    (payment.label.labelled_ms - payment.event_ms) / self.label_speed
                )
                line = label_line(
                    payment.transaction_id,
                    payment.label,
                    event_ms=payment.event_ms,
                    labelled_ms=known_ms,
                )
                heapq.heappush(
                    self.labels_waiting, (known_ms, payment.transaction_id.encode(), line)
                )
            yield payment.message

    def _wait_until(self, due_ms: int, sender: Sender) -> None:
        while (wait := due_ms / 1000 - time.time()) > GRAIN_SECONDS:
            self._send_labels(int(time.time() * 1000), sender)
            sender.poll(0)
            time.sleep(min(wait, POLL_SECONDS))

    def _send_labels(self, now_ms: int, sender: Sender) -> None:
        while self.labels_waiting and self.labels_waiting[0][0] <= now_ms:
            _, key, line = heapq.heappop(self.labels_waiting)
            sender.send(self.settings.labels_topic, key, line)
            self.labels_sent += 1

    def lines(self) -> list[str]:
        """What was sent, for people."""
        account = self.account
        lines = [
            f"{self.sent:,} messages sent, {self.delivered - self.labels_sent:,} confirmed: "
            f"{account.payments:,} payments, {self.frauds:,} of them fraud",
            *account.lines(),
        ]
        if account.messages > self.sent:
            lines.append(f"{account.messages - self.sent:,} of these were not due yet, not sent")
        if self.scenarios:
            counts = ", ".join(f"{name} {count}" for name, count in sorted(self.scenarios.items()))
            lines.append(f"from scenarios: {counts}")
        if self.with_labels:
            lines.append(
                f"{self.labels_sent:,} labels sent, {len(self.labels_waiting):,} not due yet"
            )
        if self.longest_delay_ms > 1000:
            lines.append(
                f"warning: payments left up to {self.longest_delay_ms / 1000:.1f} s after their "
                "time: lower --rate"
            )
        return lines
