"""The demo from beginning to end."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

from rich.live import Live

from simulator.disorder import Account, Disorder, Message, disturbed
from simulator.live import live_id_prefix, live_payments
from swipestream.console.progress import Say
from swipestream.console.terminal import stderr
from swipestream.demo.alert_text import alert_text
from swipestream.demo.known_truth import TruthRecord, noted
from swipestream.demo.outcomes import PAUSE_PER_LOOK, OutcomeReader, Outcomes
from swipestream.demo.sender import TrackingSender, send_on_time
from swipestream.demo.stage import Stage
from swipestream.demo.truth import Judgement, Truth, judge
from swipestream.demo.view import Moment, line, panel
from swipestream.jobs.upgrade.accounts import now_ms
from swipestream.verify.topic_reading import topic_stretch

VIEW_SECONDS = 1.0
# What would slow the first payments down waits this long.
LATER_SECONDS = 75.0
LINE_SECONDS = 5.0
# Of the shortest window that a live run fills more than a history does, many times over.
RESTING_MS = 3600 * 1000
# How long messages under way may take once nothing new is sent.
DRAIN_SECONDS = 60.0
SHOWN_ALERTS = 5

# A little of what happens to a real stream.
DISORDER = Disorder(
    late=0.01, duplicate=0.01, out_of_order=0.005, malformed=0.002, unknown=0.002,
    late_seconds=(5.0, 3600.0),
)  # fmt: skip


@dataclass(frozen=True)
class Report:
    """
    What the demo found.

    :param lost: partition and offset of messages that are in no table, at most 20.
    """

    seconds: float
    sent: int
    account: Account
    outcomes: Outcomes
    judgement: Judgement
    lost: tuple[tuple[int, int], ...]
    alerts: tuple[str, ...]
    scenarios: dict[str, tuple[int, int]]

    @property
    def is_complete(self) -> bool:
        """Whether every message is accounted for."""
        return not self.lost and self.outcomes.accounted == self.sent


def play(
    stage: Stage,
    rate: float,
    seconds: float | None,
    seed: int,
    say: Say,
    later: Callable[[], None] = lambda: None,
) -> Report:
    """
    Send live payments until told to stop, then wait until every one is accounted for.

    :param rate: payments per second.
    :param seconds: how long; None until Ctrl-C.
    :param seed: of the live payments.
    :param later: called when they have flowed for `LATER_SECONDS`, if they do so long.
    """
    settings = stage.settings
    first_offsets = topic_stretch(settings, settings.payments_topic).end
    reader = OutcomeReader(settings.postgres_url, settings.payments_topic, first_offsets)
    truth, account, stop = Truth(), Account(), threading.Event()
    begin = time.time() + 0.2
    start_ms = round(begin * 1000)
    payments = live_payments(
        stage.world,
        start_ms=start_ms,
        rate=rate,
        seed=seed,
        resting=who_paid_live(stage, reader),
    )

    def planned() -> Iterator[Message]:
        return (payment.message for payment in noted(payments, truth))

    say(f"live payments at {rate:g}/s from now on" + ("; Ctrl-C ends it" if not seconds else ""))
    sender = TrackingSender(settings)
    failure: list[BaseException] = []

    def send() -> None:
        try:
            until = begin + seconds if seconds else float("inf")
            send_on_time(disturbed(planned(), DISORDER, account, seed), sender, until, stop)
            sender.flush()
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=send, name="sender", daemon=True)
    timer = threading.Timer(LATER_SECONDS, later)
    timer.daemon = True
    with (
        TruthRecord(settings, f"{live_id_prefix(stage.world, start_ms, seed)}%") as record,
        stop_on_signals(stop),
    ):
        thread.start()
        timer.start()
        try:
            watch(reader, sender, truth, record, begin, thread)
            thread.join()
        finally:
            record.add_new(truth)
    timer.cancel()
    if failure:
        raise failure[0]
    # Not earlier: what was planned but not sent is not lost.
    outcomes = drained(reader, sender.delivered)
    alerts = reader.alerts()
    lost = reader.unaccounted(sender.places())
    scored_frauds = reader.known(truth.frauds)
    alerted = [str(alert["transaction_id"]) for alert in alerts]
    reader.close()
    return Report(
        seconds=time.time() - begin,
        sent=sender.delivered,
        account=account,
        outcomes=outcomes,
        judgement=judge(alerted, scored_frauds),
        lost=tuple(lost),
        alerts=tuple(alert_text(alert) for alert in telling(alerts)),
        scenarios=by_scenario(truth, scored_frauds, set(alerted)),
    )


def who_paid_live(stage: Stage, reader: OutcomeReader) -> frozenset[int]:
    """
    The customers who paid in an earlier live run on this stage a short while ago, by number.

    They rest, or their cards' last minutes would be fuller than the history taught the model.
    """
    since_ms = max(stage.world.arguments.end_ms, now_ms() - RESTING_MS)
    paid = reader.customers_since(since_ms)
    names = stage.world.setting.people.customer_ids
    return frozenset(number for number, name in enumerate(names) if name in paid)


class stop_on_signals:  # noqa: N801
    """The first Ctrl-C asks for the summary, the second ends at once."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def __enter__(self) -> None:
        self._before = {
            number: signal.signal(number, self._handle)
            for number in (signal.SIGINT, signal.SIGTERM)
        }

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._stop.is_set():
            raise KeyboardInterrupt
        self._stop.set()


def watch(
    reader: OutcomeReader,
    sender: TrackingSender,
    truth: Truth,
    record: TruthRecord,
    begin: float,
    thread: threading.Thread,
) -> None:
    """Show what happens while the sender works, and write down the frauds among it."""

    def moment() -> Moment:
        record.add_new(truth)
        alerted = reader.alerted_ids()
        return Moment(
            seconds=time.time() - begin,
            sent=sender.queued,
            outcomes=reader.outcomes(),
            frauds=len(truth.frauds),
            caught=truth.caught(alerted),
            latest_alerts=tuple(alert_text(alert) for alert in reader.latest_alerts(3)),
        )

    def moments(pause_seconds: float) -> Iterator[Moment]:
        look_seconds = 0.0
        while thread.is_alive():
            thread.join(max(pause_seconds, PAUSE_PER_LOOK * look_seconds))
            look_begin = time.monotonic()
            yield moment()
            look_seconds = time.monotonic() - look_begin

    if not stderr.is_terminal:
        for seen in moments(LINE_SECONDS):
            stderr.print(line(seen), soft_wrap=True)
        return
    with Live(panel(moment()), console=stderr, auto_refresh=False) as live:
        for seen in moments(VIEW_SECONDS):
            live.update(panel(seen), refresh=True)


def drained(reader: OutcomeReader, sent: int) -> Outcomes:
    """The outcomes once every message has one, or when waiting longer makes no sense."""
    deadline = time.monotonic() + DRAIN_SECONDS
    outcomes = reader.outcomes()
    while outcomes.accounted < sent and time.monotonic() < deadline:
        time.sleep(0.2)
        outcomes = reader.outcomes()
    return outcomes


def telling(alerts: list[dict[str, object]]) -> list[dict[str, object]]:
    """A few alerts of different kinds: the best of each channel first, then by score."""
    chosen: list[dict[str, object]] = []
    for channel in ("online", "pos", "atm"):
        chosen += [alert for alert in alerts if alert["channel"] == channel][:2]
    chosen += [alert for alert in alerts if alert not in chosen]
    return chosen[:SHOWN_ALERTS]


def by_scenario(truth: Truth, scored: set[str], alerted: set[str]) -> dict[str, tuple[int, int]]:
    """:return: per scenario, frauds scored and frauds caught."""
    counts: dict[str, tuple[int, int]] = {}
    for transaction_id, scenario in truth.frauds.items():
        if transaction_id in scored:
            total, caught = counts.get(scenario, (0, 0))
            counts[scenario] = (total + 1, caught + (transaction_id in alerted))
    return counts
