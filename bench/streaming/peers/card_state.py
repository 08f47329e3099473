"""Everything that a card's next payment needs to know about the card."""

from typing import Any

from bench.streaming.peers.card_history import MINUTE_MS, CardHistory, History

# How far back another payment with the same transaction_id counts: as far as in the job.
REMEMBERED_MS = 32 * 24 * 60 * MINUTE_MS


class CardState:
    """One card's history, with the transactions that it is made of."""

    __slots__ = ("_history", "_seen")

    def __init__(self) -> None:
        self._history = CardHistory()
        # Time by transaction_id, in order of time.
        self._seen: dict[str, int] = {}

    def add(self, payment: dict[str, Any]) -> History | None:
        """
        Take a payment in.

        :param payment: the message as JSON has it.
        :return: what was before it; None if it is a copy.
        """
        seen, transaction_id = self._seen, payment["transaction_id"]
        if transaction_id in seen:
            return None
        event_ms = payment["event_ms"]
        oldest = event_ms - REMEMBERED_MS
        while seen and next(iter(seen.values())) < oldest:
            del seen[next(iter(seen))]
        seen[transaction_id] = event_ms
        return self._history.add(
            event_ms,
            payment["amount_cents"],
            payment["merchant_id"],
            payment["latitude"],
            payment["longitude"],
        )

    def __getstate__(self) -> tuple[CardHistory, dict[str, int]]:
        return self._history, self._seen

    def __setstate__(self, state: tuple[CardHistory, dict[str, int]]) -> None:
        self._history, self._seen = state
