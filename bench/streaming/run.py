"""The streaming benchmark from beginning to end."""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg

from bench.machine import when_and_where
from bench.streaming.meter import Meter, measured
from bench.streaming.plan import LATENCY, OURS, THROUGHPUT, Plan
from bench.streaming.results import Latency, Results, Throughput
from bench.streaming.stage import Stage, set_up
from bench.streaming.stored import Stored
from bench.streaming.systems import System, system
from bench.streaming.watching import looks
from simulator import Message, live_payments
from swipestream.console.progress import Say
from swipestream.demo.sender import forget_messages, send_on_time
from swipestream.errors import SwipestreamError
from swipestream.sending.sender import Sender
from swipestream.settings import Settings
from swipestream.verify.parity.run import run as check_parity
from swipestream.verify.topic_reading import topic_stretch

# The start and the end of a run are not a steady state.
FROM_SHARE, TO_SHARE = 0.2, 0.95
POLL_SECONDS = 0.5
# After so long without a new row, none will come.
STALLED_SECONDS = 60.0
# How long a started system may take to store the first payment of a quiet topic.
READY_SECONDS = 180.0
PROBE_RATE = 20
# What is not stored by then counts as still on its way.
GRACE_SECONDS = 5.0
LEAD_MS, MOST_MS_PER_PAYMENT = 3_000, 0.1
MB = 2**20


@dataclass
class Bench:
    """The stage, what runs on it, and what was measured so far."""

    stage: Stage
    plan: Plan
    folder: Path
    systems: dict[str, System]
    results: Results
    say: Say

    def attempt(self, name: str, failures: dict[str, str], do: Callable[[], None]) -> None:
        """A system that fails is recorded in `failures` and left out from then on."""
        if reason := self.results.failures.get(name) or failures.get(name):
            self.say(f"{name} is left out, since it failed: {reason}")
            return
        try:
            do()
        except SwipestreamError as error:
            failures[name] = error.fact
            self.say(f"{name} failed: {error.fact}")
        self.results.write(self.folder / "results.json")


def run(
    base: Settings,
    plan: Plan,
    parts: Collection[str],
    folder: Path,
    results: Results,
    say: Say,
) -> None:
    """
    Run every system of the plan; what is measured is written down after each run.

    :param base: whose cache is used; its stack is left alone.
    :param parts: THROUGHPUT, LATENCY or both.
    :param folder: for results, and the benchmark's own state, which is deleted in the end.
    :param results: what these parts have measured before is forgotten.
    """
    with set_up(base, plan, folder, say, with_topic=THROUGHPUT in parts) as stage:
        partitions = len(topic_stretch(stage.settings, stage.settings.payments_topic).end)
        systems = {
            name: system(stage.settings, name, folder / "peers", partitions)
            for name in plan.systems
        }
        bench = Bench(stage, plan, folder, systems, results, say)
        if THROUGHPUT in parts:
            over_topics(bench)
        if LATENCY in parts:
            at_rates(bench)


def over_topics(bench: Bench) -> None:
    """Let the systems take turns with the topic."""
    results, stage, plan = bench.results, bench.stage, bench.plan
    results.forget_throughput()
    results.throughput_header = when_and_where()
    results.payments, results.messages = stage.payments, stage.messages
    results.cards, results.days = plan.cards, plan.days
    names = list(bench.systems)
    for repeat in range(plan.repeats):
        # Ours first, because the others are compared with it; then the other way round.
        for name in names if repeat % 2 == 0 else reversed(names):
            bench.attempt(name, results.failures, partial(over_topic, bench, name, repeat))


def at_rates(bench: Bench) -> None:
    """Let the systems take turns with each rate."""
    results = bench.results
    wanted = rates(bench.plan, results)
    results.forget_latency(when_and_where(), wanted, bench.systems)
    for rate in wanted:
        for name in bench.systems:
            bench.attempt(name, results.latency_failures, partial(at_rate, bench, name, rate))


def rates(plan: Plan, results: Results) -> list[int]:
    """The plan's rates, and one that the slowest system should sustain."""
    found = list(plan.rates)
    sustained = [results.sustained(name) for name in plan.systems if results.runs(name)]
    if plan.share_of_slowest and sustained:
        found.append(max(100, round(min(sustained) * plan.share_of_slowest / 100) * 100))
    return found


def over_topic(bench: Bench, name: str, repeat: int) -> None:
    """Let a system read the whole topic, then check its results."""
    with measuring(bench.stage) as stored:
        found = read_topic(bench.stage, bench.plan, bench.systems[name], stored, name, repeat)
        bench.results.throughput.append(found)
        bench.say(told(found, bench.stage))
        if repeat == 0 and found.is_complete:
            compare(bench, name, stored)


@contextmanager
def measuring(stage: Stage) -> Iterator[Stored]:
    """Empty tables, and a look at what gets into them."""
    stage.empty_tables()
    stretch = topic_stretch(stage.settings, stage.settings.payments_topic)
    with psycopg.connect(stage.settings.postgres_url, autocommit=True) as connection:
        yield Stored(connection, dict(stretch.begin))


def told(found: Throughput, stage: Stage) -> str:
    """A run as a line."""
    return (
        f"{found.system}: {found.per_second:,.0f}/s, "
        f"{sum(found.cpu_seconds.values()):,.0f} CPU s per million, "
        f"own {found.cpu_seconds.get('own', 0):,.0f}; {found.stored:,} of {stage.payments:,} stored"
    )


def read_topic(
    stage: Stage,
    plan: Plan,
    under_test: System,
    stored: Stored,
    name: str,
    repeat: int = 0,
    before_the_end: Callable[[], None] = lambda: None,
) -> Throughput:
    """
    Let a system read the whole topic.

    :param before_the_end: is called when all is stored and the system still runs.
    """
    with measured(lambda: {"own": under_test.processes(), **stage.service_processes()}) as meter:
        begin = time.monotonic()
        try:
            under_test.start(is_bulk=True)
            curve = follow(stored, under_test, stage, plan, begin)
            before_the_end()
        finally:
            under_test.stop()
        return throughput(name, repeat, stage, meter, begin, curve, stored.count())


def follow(
    stored: Stored, under_test: System, stage: Stage, plan: Plan, begin: float
) -> list[tuple[float, int]]:
    """
    Watch until every payment is stored, nothing changes any more, or time is up.

    :param begin: monotonic seconds of the start.
    :return: monotonic seconds and messages passed; the first entry has none.
    """
    curve = [(begin, 0)]
    for look in looks(stored, stage.messages, stage.payments):
        curve.append((look.at, look.passed))
        if look.idle_seconds > STALLED_SECONDS:
            under_test.check()
            if look.passed or look.at - begin > READY_SECONDS:
                break
        if look.at - begin >= plan.limit_seconds:
            break
    under_test.check()
    return curve


def throughput(
    name: str,
    repeat: int,
    stage: Stage,
    meter: Meter,
    begin: float,
    curve: list[tuple[float, int]],
    count: int,
) -> Throughput:
    """
    The steady part of a run; if it ended early, as much of that as there is.

    A system that commits all in one step has no middle: it is measured from its start, which counts
    against it.
    """
    reached = curve[-1][1]
    first_row = next((at for at, passed in curve if passed), curve[-1][0])
    marks = [
        next(point for point in curve if point[1] >= share * reached)
        for share in (FROM_SHARE, TO_SHARE)
    ]
    (from_at, from_passed), (to_at, to_passed) = marks
    if from_passed == to_passed:
        from_at, from_passed = begin, 0
    per_second, cpu = 0.0, {}
    if to_passed > from_passed:
        done = to_passed - from_passed
        per_second = done / (to_at - from_at)
        cpu = {
            group: seconds / done * 1e6
            for group, seconds in meter.cpu_seconds(from_at, to_at).items()
        }
    return Throughput(
        system=name,
        repeat=repeat,
        per_second=per_second,
        cpu_seconds=cpu,
        memory_mb={group: used / MB for group, used in meter.memory_bytes.items()},
        start_seconds=first_row - begin,
        stored=count,
        is_complete=count == stage.payments,
        curve=[(round(at - begin, 2), passed) for at, passed in curve],
    )


def compare(bench: Bench, name: str, stored: Stored) -> None:
    """Compare ours with DuckDB's recomputation, and the others with ours."""
    results = bench.results
    if name == OURS:
        report = check_parity(bench.stage.settings)
        results.parity = (
            f"{report.payments:,} payments, {report.mismatched:,} mismatched, "
            f"{len(report.unstored):,} missing, {len(report.unsent):,} extra"
        )
        results.parity_seconds = report.seconds
        bench.say(f"{name}: {results.parity}")
        stored.keep_as_reference()
        results.differences[name] = {}
    elif OURS in results.differences:
        results.differences[name] = stored.differences()
        bench.say(f"{name}: differs from ours in {results.differences[name] or 'nothing'}")
    else:
        results.differences[name] = None


def at_rate(bench: Bench, name: str, rate: int) -> None:
    """Let a system score payments as they come."""
    stage, plan, under_test = bench.stage, bench.plan, bench.systems[name]
    settings = stage.settings
    stage.empty_tables()
    forget_messages(settings, settings.payments_topic)
    stretch = topic_stretch(settings, settings.payments_topic)
    with (
        psycopg.connect(settings.postgres_url, autocommit=True) as connection,
        Sender(settings) as sender,
        measured(lambda: {"own": under_test.processes(), **stage.service_processes()}) as meter,
    ):
        stored = Stored(connection, dict(stretch.end))
        try:
            under_test.start(is_bulk=False)
            wait_until_ready(stage, stored, under_test, sender)
            begin_ms, planned = payments_to_come(
                stage, rate, plan.warm_seconds + plan.latency_seconds
            )
            send_on_time(planned, sender, float("inf"), threading.Event())
            sender.flush()
            busy_until = time.monotonic()
            time.sleep(GRACE_SECONDS)
            from_ms = begin_ms + plan.warm_seconds * 1000
            count, quantiles = stored.latencies(
                moment(from_ms), moment(from_ms + plan.latency_seconds * 1000)
            )
            under_test.check()
        finally:
            under_test.stop()
    busy = meter.cpu_seconds(busy_until - plan.latency_seconds, busy_until)
    found = Latency(
        system=name,
        rate=rate,
        sent=sum(message.send_ms >= from_ms for message in planned),
        stored=count,
        quantiles_ms=quantiles,
        cpu_cores={group: used / plan.latency_seconds for group, used in busy.items()},
    )
    bench.results.latency.append(found)
    middle = f"p50 {quantiles[50]:,.0f} ms, p99 {quantiles[99]:,.0f} ms" if quantiles else "no rows"
    bench.say(f"{name} at {rate:,}/s: {middle}; {count:,} of {found.sent:,} stored")


def moment(epoch_ms: float) -> datetime:
    """UTC without a zone, as the database has it."""
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).replace(tzinfo=None)


def payments_to_come(stage: Stage, rate: int, seconds: float) -> tuple[int, list[Message]]:
    """
    Made in advance, so that making them costs no time while measuring.

    :return: the first moment, UTC epoch milliseconds, and the messages in order.
    """
    # An upper bound: how long making them takes is not known in advance.
    begin_ms = round(time.time() * 1000 + LEAD_MS + rate * seconds * MOST_MS_PER_PAYMENT)
    planned = []
    for payment in live_payments(stage.world, begin_ms, rate, begin_ms % 1000):
        if payment.event_ms >= begin_ms + seconds * 1000:
            break
        planned.append(payment.message)
    return begin_ms, planned


def wait_until_ready(stage: Stage, stored: Stored, under_test: System, sender: Sender) -> None:
    """
    Send a few payments until the first is stored.

    :raises SwipestreamError: none is.
    """
    deadline = time.monotonic() + READY_SECONDS
    start_ms = round(time.time() * 1000)
    for payment in live_payments(stage.world, start_ms, PROBE_RATE, 1):
        wait = payment.event_ms / 1000 - time.time()
        if wait > 0:
            time.sleep(wait)
        sender.send(stage.settings.payments_topic, payment.card_id, payment.value)
        sender.poll()
        if stored.passed():
            return
        if time.monotonic() > deadline:
            under_test.check()
            raise SwipestreamError(f"nothing is stored after {READY_SECONDS:.0f} s")
