"""How cost grows: our job alone, over topics that differ in one respect."""

import dataclasses
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.machine import when_and_where
from bench.streaming.plan import OURS, Plan
from bench.streaming.results import GrowthPoint, Results
from bench.streaming.run import measuring, read_topic, told
from bench.streaming.stage import Stage, set_up
from bench.streaming.systems import JOB_NAME, OurStream
from swipestream.console.progress import Say
from swipestream.errors import SwipestreamError
from swipestream.jobs import cluster_jobs
from swipestream.operate import control
from swipestream.settings import FlinkSettings, Settings
from swipestream.stack import flink
from swipestream.stack.java import java_home
from swipestream.stack.program import NotReadyError
from swipestream.stack.supervision import Supervisor

WINDOW_DAYS = 7
# By then, a checkpoint that begins after the last payment is complete.
CHECKPOINT_SECONDS = 120.0
POLL_SECONDS = 1.0
MB = 2**20
# Of the young and of the old generation.
HEAP_USED = re.compile(
    r"^ (?:PSYoungGen|ParOldGen|garbage-first heap)\s.*?used (\d+)K", re.MULTILINE
)
CARDS, PER_WINDOW = "cards", "payments of a card in 7 days"
PARALLELISM, BACKEND = "parallel copies of each step", "state"
HEAP, ROCKSDB = "hashmap", "rocksdb"


@dataclass(frozen=True)
class Case:
    """
    One topic, and how the job runs over it.

    :param points: the curves that it is a point of, with its value on each.
    :param parallelism: of each step.
    :param backend: of the state, as FLINK_STATE_BACKEND has it.
    """

    points: dict[str, str]
    parallelism: int = 2
    backend: str = HEAP


@dataclass
class Weight:
    """How much the job remembers, as in `GrowthPoint`."""

    state_mb: float | None = None
    heap_mb: float = 0.0


def worlds(plan: Plan) -> Iterator[tuple[Plan, list[Case]]]:
    """Plans with different cards, each with the cases that run over their payments."""
    plan = dataclasses.replace(plan, payments=plan.growth_payments)
    rarest = min(plan.growth_per_window)
    people = round(plan.payments * WINDOW_DAYS / plan.days / rarest)
    for number, per_window in enumerate(plan.growth_per_window):
        cases = [Case({PER_WINDOW: f"{per_window:,}"})]
        if number == 0:
            cases = [
                Case({PARALLELISM: "1"}, parallelism=1),
                Case({PER_WINDOW: f"{per_window:,}", PARALLELISM: "2", BACKEND: "heap"}),
                Case({BACKEND: "RocksDB"}, backend=ROCKSDB),
            ]
        shared = dataclasses.replace(plan, cards=people, people_per_card=round(per_window / rarest))
        yield shared, cases
    for cards in plan.growth_cards:
        yield dataclasses.replace(plan, cards=cards), [Case({CARDS: f"{cards:,}"})]


def run(base: Settings, plan: Plan, folder: Path, results: Results, say: Say) -> None:
    """
    Measure every curve; what is measured is written down after each run.

    :param base: whose cache is used; its stack is left alone.
    :param folder: for results, and the benchmark's own state, which is deleted in the end.
    :param results: what this part has measured before is forgotten.
    """
    results.growth, results.growth_failures = [], {}
    results.growth_header = when_and_where()
    for small, cases in worlds(plan):
        with set_up(base, small, folder, say) as stage:
            for case in cases:
                shown = ", ".join(f"{name} {value}" for name, value in case.points.items())
                say(f"growth: {shown}")
                runs: list[list[GrowthPoint]] = []
                for _ in range(plan.growth_repeats):
                    try:
                        runs.append(measure(stage, small, case, say))
                    except SwipestreamError as error:
                        say(f"failed: {error.fact}")
                        results.growth_failures[shown] = error.fact
                if runs:
                    results.growth += fastest(runs)
                results.write(folder / "results.json")


def fastest(runs: list[list[GrowthPoint]]) -> list[GrowthPoint]:
    """The points of a case's least disturbed run; complete runs come first."""
    return max(runs, key=lambda points: (points[0].is_complete, points[0].per_second))


def measure(stage: Stage, plan: Plan, case: Case, say: Say) -> list[GrowthPoint]:
    """Run the job over the topic; a point for each curve that the case is on."""
    weight = Weight()
    cards = -(-plan.cards // plan.people_per_card)
    with restarted(stage, case.backend) as settings, measuring(stage) as stored:
        found = read_topic(
            stage,
            plan,
            OurStream(settings, case.parallelism),
            stored,
            OURS,
            before_the_end=lambda: weigh(settings, weight),
        )
        row_bytes = stored.table_bytes() / max(1, found.stored)
    say(told(found, stage))
    return [
        GrowthPoint(
            curve=curve,
            value=value,
            payments=stage.payments,
            cards=cards,
            per_window=stage.payments * WINDOW_DAYS / plan.days / cards,
            per_second=found.per_second,
            cpu_seconds=found.cpu_seconds,
            memory_mb=found.memory_mb.get("own", 0.0),
            state_mb=weight.state_mb,
            heap_mb=weight.heap_mb,
            row_bytes=row_bytes,
            message_bytes=stage.message_bytes,
            is_complete=found.is_complete,
        )
        for curve, value in case.points.items()
    ]


@contextmanager
def restarted(stage: Stage, backend: str) -> Iterator[Settings]:
    """The stack's settings with this state backend in force."""
    if backend == stage.settings.flink_state_backend:
        yield stage.settings
        return
    settings = dataclasses.replace(stage.settings, flink_state_backend=backend)
    control.up(settings, with_superset=False)
    try:
        yield settings
    finally:
        control.up(stage.settings, with_superset=False)


def weigh(settings: FlinkSettings, weight: Weight) -> None:
    """Wait for a checkpoint that begins from now on; without one in time its size stays unknown."""
    weight.heap_mb = live_heap_mb(Supervisor(settings).states()["flink-taskmanager"].pid)
    begin_ms = time.time() * 1000
    deadline = time.monotonic() + CHECKPOINT_SECONDS
    while time.monotonic() < deadline:
        for job in cluster_jobs.running(settings, JOB_NAME):
            try:
                answer = flink.rest(settings, f"/jobs/{job.job_id}/checkpoints")
            except NotReadyError:
                continue
            newest = (answer.get("latest") or {}).get("completed")
            if newest and newest["trigger_timestamp"] >= begin_ms:
                # Of an incremental checkpoint, state_size is the whole state, not what is new.
                weight.state_mb = newest["state_size"] / MB
                return
        time.sleep(POLL_SECONDS)


def live_heap_mb(pid: int) -> float:
    """
    What a Java program holds on its heap once all garbage is gone.

    :raises SwipestreamError: it does not say.
    """
    told = ""
    for command in ("GC.run", "GC.heap_info"):
        told = subprocess.run(
            [java_home() / "bin" / "jcmd", str(pid), command],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
    used = HEAP_USED.findall(told)
    if not used:
        raise SwipestreamError("jcmd does not tell the heap's size", "is the stack of this user?")
    return sum(map(int, used)) / 1024
