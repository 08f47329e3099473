"""How long it takes until payments are scored live again, and what was lost on the way."""

import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import psycopg

from swipestream.demo.outcomes import OutcomeReader
from swipestream.settings import Settings
from swipestream.verify.parity import run as parity
from swipestream.verify.reconcile import run as reconciling
from tests.faults.faults import Fault
from tests.faults.ground import Ground
from tests.faults.traffic import Traffic

# Live: the newest stored payment is at most this far behind ...
LIVE_SECONDS = 2.0
# ... and stays so for this long.
STAYS_SECONDS = 3.0
POLL_SECONDS = 0.25
# Generous, because the machine may be busy; how long it took is reported, not judged.
LIVE_DEADLINE_SECONDS = 240.0
ON_THEIR_WAY_SECONDS = 60.0
# Two sinks write a payment and its alert, one a moment after the other.
SETTLED_SECONDS = 10

LAG = (
    "SELECT EXTRACT(EPOCH FROM now() AT TIME ZONE 'UTC' - max(event_time)) FROM scored_payments "
    "WHERE event_time > now() AT TIME ZONE 'UTC' - INTERVAL '1 hour'"
)
STALE_ALERTS = (
    "SELECT count(*) FROM alerts AS a "
    "LEFT JOIN scored_payments AS s USING (transaction_id, card_id) "
    "WHERE a.scored_at < now() AT TIME ZONE 'UTC' - make_interval(secs => %s) "
    "AND s.decision IS DISTINCT FROM a.decision"
)


@dataclass(frozen=True)
class Result:
    """
    What a fault did.

    :param back_seconds: from the end of the fault until every process answered again.
    :param live_seconds: from then until payments were live again; 0 if they were before.
    :param outage_seconds: from the fault's beginning until payments were live again.
    :param sent: messages taken by the broker meanwhile.
    :param lost: of those, messages that are in no table.
    :param doubled: messages that two tables claim.
    :param mismatched: stored values that differ from those computed again.
    :param stale_alerts: alerts whose payment is not stored with the same decision.
    """

    fault: str
    text: str
    sent: int
    back_seconds: float
    live_seconds: float
    outage_seconds: float
    lost: int
    doubled: int
    mismatched: int
    stale_alerts: int

    @property
    def is_clean(self) -> bool:
        """Whether nothing is lost, doubled, or wrong."""
        return not (self.lost or self.doubled or self.mismatched or self.stale_alerts)

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def lag_seconds(settings: Settings) -> float:
    """How far the newest stored payment is behind now; infinite if nobody can tell."""
    try:
        with psycopg.connect(settings.postgres_url, connect_timeout=2) as connection:
            row = connection.execute(LAG).fetchone()
    except psycopg.Error:
        return float("inf")
    return float(row[0]) if row and row[0] is not None else float("inf")


def wait_until_live(ground: Ground) -> tuple[float, float]:
    """
    Wait until all processes answer and payments are stored as they come.

    :return: monotonic seconds at which the processes answered, and since which payments are live.
    :raises AssertionError: not in time.
    """
    deadline = time.monotonic() + LIVE_DEADLINE_SECONDS
    back: float | None = None
    live: float | None = None
    while back is None or live is None or time.monotonic() - live < STAYS_SECONDS:
        now = time.monotonic()
        lag = lag_seconds(ground.settings)
        # Tasks whose JobManager is gone still score for some seconds: that is not yet the outage's
        # end, so the job must be listed, too.
        is_live = lag <= LIVE_SECONDS and ground.job_runs()
        live = (live if live is not None else now) if is_live else None
        if back is None and ground.all_answer():
            back = now
        assert now < deadline, f"not live in {LIVE_DEADLINE_SECONDS:.0f} s: {lag:.1f} s behind"
        time.sleep(POLL_SECONDS)
    return back, live


def suffer(fault: Fault, ground: Ground, traffic: Traffic) -> Result:
    """
    Cause the fault, wait until the stack has healed, and look for damage.

    :raises AssertionError: the stack does not heal.
    """
    first, since = traffic.confirmed, datetime.now(UTC)
    begin = time.monotonic()
    fault.do(ground)
    done = time.monotonic()
    back, live = wait_until_live(ground)
    # There may have been no outage, as with a model that is refused.
    live = max(live, done)
    places = traffic.places(first)
    lost = still_unaccounted(ground.settings, places)
    ledger = reconciling.reconcile(ground.settings, since, patience_seconds=ON_THEIR_WAY_SECONDS)
    report = parity.run(ground.settings, since, patience_seconds=ON_THEIR_WAY_SECONDS)
    return Result(
        fault=fault.name,
        text=fault.text,
        sent=len(places),
        back_seconds=round(max(0.0, back - done), 1),
        live_seconds=round(max(0.0, live - max(back, done)), 1),
        outage_seconds=round(live - begin, 1),
        lost=max(lost, len(ledger.unaccounted) + len(ledger.waiting), len(report.unstored)),
        doubled=len(ledger.doubled),
        mismatched=report.mismatched
        + len(report.unsent)
        + len(report.misjudged)
        + report.not_recomputed,
        stale_alerts=stale_alerts(ground.settings),
    )


def still_unaccounted(settings: Settings, places: list[tuple[int, int]]) -> int:
    """How many messages have no outcome, once they have had time to get one; at most 20."""
    deadline = time.monotonic() + ON_THEIR_WAY_SECONDS
    reader = OutcomeReader(settings.postgres_url, settings.payments_topic, {})
    try:
        while (missing := len(reader.unaccounted(places))) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        return missing
    finally:
        reader.close()


def stale_alerts(settings: Settings) -> int:
    """How many alerts have no payment with their decision."""
    deadline = time.monotonic() + SETTLED_SECONDS
    with psycopg.connect(settings.postgres_url, autocommit=True) as connection:
        while True:
            row = connection.execute(STALE_ALERTS, [SETTLED_SECONDS]).fetchone()
            count = int(row[0]) if row else 0
            if not count or time.monotonic() > deadline:
                return count
            time.sleep(POLL_SECONDS)
