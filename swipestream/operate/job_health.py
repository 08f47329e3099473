"""Whether the jobs that should run do, and have the memory for it."""

import contextlib
import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from flink_jobs.pipelines import PAYMENTS
from swipestream.jobs import cluster_jobs, wanted_jobs
from swipestream.jobs.wanted_jobs import WantedJob
from swipestream.operate.control import last_lines
from swipestream.settings import FlinkSettings
from swipestream.stack import flink
from swipestream.stack.program import NotReadyError
from swipestream.stack.supervision import log_path

# Level, name, fact, hint.
Found = tuple[str, str, str, str]

SCORING_JOB = PAYMENTS.job.name
HEAP_METRICS = (
    "Status.JVM.Memory.Heap.Used",
    "Status.JVM.Memory.Heap.Max",
    "Status.JVM.GarbageCollector.All.TimeMsPerSecond",
)
# Milliseconds a second; a healthy TaskManager needs a few.
BUSY_COLLECTING_MS, FULL_COLLECTING_MS = 200, 500
# It is heard of every 2 s.
SILENT_SECONDS = 8
# How long its metrics may take to come.
ANSWER_SECONDS = 6.0
OUT_OF_MEMORY = "java.lang.OutOfMemoryError"
OUT_OF_MEMORY_LINES = 2_000
RECENT_SECONDS = 900
# How long a job that was stopped and brought back is reported.
STOPPED_IS_NEWS_SECONDS = 24 * 3600
RAISE_HEAP = "raise FLINK_TASKMANAGER_HEAP_MB, then run `swipestream down` and `swipestream up`"
_LOG_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")


def check_jobs(settings: FlinkSettings) -> Iterator[Found]:
    """
    Every job that was submitted runs with all its tasks, and every one that runs is kept.

    :raises NotReadyError: the cluster does not answer, or is another folder's.
    """
    running = cluster_jobs.jobs(settings)
    wanted = wanted_jobs.read_all(settings) if flink.embedded(settings) else []
    kept = {job.job_id for job in wanted if job.is_wanted}
    for job in running:
        name, fact = f"job {job.name}", f"{job.tasks_running} of {job.tasks_total} tasks"
        if job.state != "RUNNING":
            cause = cluster_jobs.root_cause(settings, job.job_id)
            yield "FAIL", name, f"{job.state}, {fact}", cause
        elif job.tasks_running < job.tasks_total:
            hint = "it is starting, or waits for slots: look again in a minute"
            yield "FAIL", name, f"{job.state}, only {fact}", hint
        elif flink.embedded(settings) and job.job_id not in kept:
            hint = f"end it with `swipestream cancel {job.job_id}`, or nobody brings it back"
            yield "warn", name, f"{job.state}, {fact}, and is not kept", hint
        else:
            yield "ok", name, f"{job.state}, {fact}", ""
    names = {job.name for job in running}
    yield from check_stopped_jobs(wanted)
    for lost in wanted:
        if lost.is_wanted and not lost.problem and lost.name not in names:
            hint = "it should come back by itself; read `swipestream logs job-keeper`"
            yield "FAIL", f"job {lost.name}", f"was submitted as {lost.job_id} and is gone", hint
            names.add(lost.name)
    if SCORING_JOB not in names:
        hint = f"run `swipestream submit {SCORING_JOB}`"
        yield "warn", f"job {SCORING_JOB}", "does not run, payments are not scored", hint


def check_stopped_jobs(known: Iterable[WantedJob]) -> Iterator[Found]:
    """Jobs that are not brought back, and those that somebody stopped behind the keeper's back."""
    for job in known:
        if job.problem:
            yield "FAIL", f"job {job.name}", f"ended: {job.problem}", job.hint
        if job.is_wanted and time.time() - job.stopped_by_others_at < STOPPED_IS_NEWS_SECONDS:
            at = datetime.fromtimestamp(job.stopped_by_others_at, UTC)
            fact = f"stopped without `swipestream cancel` before {at:%F %T} UTC"
            hint = f"see docs/security.md; `swipestream cancel {job.name}` ends it for good"
            yield "warn", f"job {job.name}", fact, hint


def check_heaps(settings: FlinkSettings) -> Iterator[Found]:
    """
    The state fits: a TaskManager whose heap is full does little but look for free memory.

    :raises NotReadyError: the JobManager does not answer.
    """
    yield from out_of_memory(settings)
    for member in flink.rest(settings, "/taskmanagers")["taskmanagers"]:
        silent = time.time() - member["timeSinceLastHeartbeat"] / 1000
        values = heap_metrics(settings, member["id"])
        if silent > SILENT_SECONDS or any(name not in values for name in HEAP_METRICS[:2]):
            fact = f"TaskManager {member['id']} does not say how full its heap is"
            if silent > SILENT_SECONDS:
                fact += f", and was last heard of {silent:.0f} s ago"
            hint = f"read `swipestream logs flink-taskmanager`; if its heap is full, {RAISE_HEAP}"
            yield "FAIL", "state", fact, hint
            continue
        used, most, collecting = (values.get(name, 0.0) for name in HEAP_METRICS)
        fact = (
            f"{used / 2**20:,.0f} of {most / 2**20:,.0f} MB of heap, "
            f"{collecting / 10:.0f} % of the time spent on freeing some"
        )
        level = (
            "FAIL"
            if collecting > FULL_COLLECTING_MS
            else "warn"
            if collecting > BUSY_COLLECTING_MS
            else "ok"
        )
        yield level, "state", fact, "" if level == "ok" else RAISE_HEAP


def heap_metrics(settings: FlinkSettings, member: str) -> dict[str, float]:
    """What a TaskManager says of its heap; less than all of it if it does not answer in time."""
    path = f"/taskmanagers/{member}/metrics?get={','.join(HEAP_METRICS)}"
    until = time.monotonic() + ANSWER_SECONDS
    while True:
        values: dict[str, float] = {}
        with contextlib.suppress(NotReadyError):
            values = {item["id"]: float(item["value"]) for item in flink.rest(settings, path)}
        if len(values) == len(HEAP_METRICS) or time.monotonic() >= until:
            return values
        # Flink begins to fetch them when it is asked.
        time.sleep(0.5)


def out_of_memory(settings: FlinkSettings) -> Iterator[Found]:
    """The embedded TaskManager ended for want of heap a while ago: it will again."""
    if not flink.embedded(settings):
        return
    said_at = ended_at = None
    for line in last_lines(log_path(settings, "flink-taskmanager"), OUT_OF_MEMORY_LINES):
        found = _LOG_TIME.match(line)
        if found:
            said_at = datetime.fromisoformat(found[0].replace(" ", "T"))
        if OUT_OF_MEMORY in line:
            ended_at = said_at
    if ended_at is None:
        return
    ago = (datetime.now() - ended_at).total_seconds()
    if ago < RECENT_SECONDS:
        fact = f"the TaskManager ran out of heap at {ended_at:%H:%M:%S}"
        yield "FAIL", "state", fact, RAISE_HEAP
