"""What the simulator knows of the payments it sent, and how the decisions compare."""

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from simulator.live import LivePayment


@dataclass
class Truth:
    """The frauds among the payments sent, by transaction_id with their scenario."""

    payments: int = 0
    frauds: dict[str, str] = field(default_factory=dict)
    # Noted and not yet taken; one thread may add while another takes.
    _new: deque[tuple[str, str]] = field(default_factory=deque)

    def note(self, payment: LivePayment) -> None:
        """Remember a payment that is about to be sent."""
        self.payments += 1
        if payment.is_fraud:
            scenario = payment.scenario or "unknown"
            self.frauds[payment.transaction_id] = scenario
            self._new.append((payment.transaction_id, scenario))

    def take_new(self) -> Iterator[tuple[str, str]]:
        """The frauds noted since the last time, by transaction_id and scenario."""
        while self._new:
            yield self._new.popleft()

    def caught(self, alerted: Collection[str]) -> int:
        """How many frauds are among the alerts."""
        return sum(transaction_id in self.frauds for transaction_id in alerted)


@dataclass(frozen=True)
class Judgement:
    """
    Decisions against the truth.

    :param alerts: payments to review or block.
    :param right: of the alerts, those that are fraud.
    :param frauds: frauds that were scored.
    """

    alerts: int
    right: int
    frauds: int

    @property
    def precision(self) -> float | None:
        """Share of the alerts that are fraud; None without alerts."""
        return self.right / self.alerts if self.alerts else None

    @property
    def recall(self) -> float | None:
        """Share of the frauds that became alerts; None without frauds."""
        return self.right / self.frauds if self.frauds else None


def judge(alerted: Collection[str], frauds: Collection[str]) -> Judgement:
    """:param frauds: those that were scored."""
    known = set(frauds)
    return Judgement(len(alerted), sum(name in known for name in alerted), len(known))
