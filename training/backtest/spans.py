"""Which payments of a history are measured, and why not all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from training.data.training_set import WARM_UP_DAYS
from training.errors import TrainingDataError
from training.measure.prequential import DAY_MS

# In a shorter history nothing would be left.
LEAST_DAYS_FOR_WARM_UP = 21
LEAST_DAYS_UNSEEN = 1


@dataclass(frozen=True)
class Span:
    """
    Payments that are measured.

    :param from_ms: UTC epoch milliseconds.
    :param to_ms: just after the last.
    :param notes: what somebody should know of this choice, a line each.
    """

    from_ms: int
    to_ms: int
    notes: tuple[str, ...]

    @property
    def days(self) -> float:
        """Its length."""
        return (self.to_ms - self.from_ms) / DAY_MS


def choose_span(
    first_ms: int,
    last_ms: int,
    labels_until_ms: int | None,
    manifest: Mapping[str, Any] | None,
    since_ms: int | None = None,
    until_ms: int | None = None,
) -> Span:
    """
    Leave out the first days, what the model has learned from, and what labels are still to come of.

    :param first_ms: time of the oldest payment, UTC epoch milliseconds.
    :param last_ms: of the newest.
    :param labels_until_ms: of payments up to then nine in ten labels have come; None: nothing is
        known to be fraud, so nothing has to wait.
    :param manifest: of the model's bundle; None if models are trained on the way.
    :param since_ms: somebody wants to begin here.
    :param until_ms: somebody wants to end here.
    :raises TrainingDataError: no payment is left.
    """
    notes = []
    is_short = last_ms - first_ms < LEAST_DAYS_FOR_WARM_UP * DAY_MS
    if since_ms is not None:
        from_ms = max(since_ms, first_ms)
    else:
        from_ms = first_ms if is_short else first_ms + WARM_UP_DAYS * DAY_MS
    to_ms = last_ms + 1
    if until_ms is not None:
        to_ms = min(to_ms, until_ms)
    elif labels_until_ms is not None and from_ms < labels_until_ms < to_ms:
        to_ms = labels_until_ms
        notes.append(
            f"payments from {moment(to_ms)} on are decided and not measured: their labels are "
            "still to come (--until measures them)"
        )
    elif labels_until_ms is not None and labels_until_ms <= from_ms:
        notes.append(
            "many labels of these payments are still to come: there are more frauds than are known"
        )
    if is_short:
        notes.append(
            f"the history has {(last_ms - first_ms) / DAY_MS:.0f} days: cards have less history "
            "than they will have in the stream"
        )
    from_ms, seen = _unseen(from_ms, to_ms, manifest, since_ms is not None)
    notes += seen
    if from_ms >= to_ms:
        raise TrainingDataError(
            f"no payment is left to measure from {moment(from_ms)} to {moment(to_ms)}",
            "choose others with --since and --until, or take a longer history",
        )
    return Span(from_ms, to_ms, tuple(notes))


def _unseen(
    from_ms: int, to_ms: int, manifest: Mapping[str, Any] | None, is_chosen: bool
) -> tuple[int, list[str]]:
    training = (manifest or {}).get("training", {})
    seen_until_ms = training.get("seen_until_ms")
    begin_ms = _ms(training.get("from"))
    if not isinstance(seen_until_ms, int) or begin_ms is None:
        return from_ms, []
    if seen_until_ms <= from_ms or begin_ms >= to_ms:
        return from_ms, []
    until = moment(seen_until_ms)
    if not is_chosen and to_ms - seen_until_ms >= LEAST_DAYS_UNSEEN * DAY_MS:
        return seen_until_ms, [
            f"measured from {until} on, because the model may have learned from earlier payments "
            "(--since chooses)"
        ]
    return from_ms, [
        f"the model may have learned from the payments until {until}: figures of them are too good"
    ]


def moment(ms: int) -> str:
    """A time in UTC, to the minute."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def _ms(text: Any) -> int | None:
    try:
        found = datetime.strptime(str(text), "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(found.timestamp() * 1000)
