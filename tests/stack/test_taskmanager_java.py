"""The TaskManager's Java follows the machine, and the doctor tells when its heap is full."""

import os
from typing import Any

import pytest

from swipestream.settings import Settings
from swipestream.stack import doctor, flink

GIGABYTES = {8: 1365, 24: 4096, 64: flink.MOST_HEAP_MB, 2: flink.LEAST_HEAP_MB}


@pytest.mark.parametrize("gigabytes", GIGABYTES)
def test_the_heap_follows_the_machines_memory(
    gigabytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": gigabytes * 2**30 // 4096}
    monkeypatch.setattr(os, "sysconf", sizes.__getitem__)
    assert flink.heap_mb(Settings()) == GIGABYTES[gigabytes]
    assert flink.heap_mb(Settings(flink_taskmanager_heap_mb=1000)) == 1000


@pytest.mark.parametrize(
    ("mode", "cores", "quick"),
    [("auto", 2, True), ("auto", 4, False), ("quick", 16, True), ("peak", 2, False)],
)
def test_few_cores_are_not_given_to_the_slow_compiler(
    mode: str, cores: int, quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    assert (flink.QUICK_CODE in arguments(Settings(flink_taskmanager_jit=mode))) == quick


@pytest.mark.parametrize("heap", [flink.LEAST_HEAP_MB, flink.MOST_HEAP_MB])
def test_each_collector_gets_the_heap_that_suits_it(heap: int) -> None:
    short = arguments(Settings(flink_taskmanager_heap_mb=heap))
    assert "-XX:+UseG1GC" in short
    assert f"-Xms{heap // 4}m" in short
    # So that what grows old has room from the start.
    assert heap // 4 > flink.G1_YOUNG_MB
    replay = arguments(Settings(flink_taskmanager_heap_mb=heap, flink_taskmanager_gc="parallel"))
    assert "-XX:+UseParallelGC" in replay
    assert f"-Xms{heap}m" in replay
    assert "-Xmn" not in replay


def arguments(settings: Settings) -> str:
    """What the TaskManager's Java is started with."""
    (program,) = (item for item in flink.programs(settings) if item.name == "flink-taskmanager")
    (text,) = (text for path, text in program.files.items() if path.name == "taskmanager.args")
    return text


@pytest.mark.parametrize(("collecting_ms", "level"), [(12, "ok"), (700, "warn")])
def test_the_doctor_tells_when_the_heap_is_full(
    collecting_ms: int, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = dict(zip(doctor.HEAP_METRICS, (900 * 2**20, 1000 * 2**20, collecting_ms), strict=True))

    def rest(_: Settings, path: str) -> Any:
        if path == "/taskmanagers":
            return {"taskmanagers": [{"id": "embedded"}]}
        return [{"id": name, "value": str(value)} for name, value in values.items()]

    monkeypatch.setattr(flink, "rest", rest)
    (finding,) = doctor.check_heaps(Settings())
    assert finding.level == level
    assert finding.fact.startswith("900 of 1,000 MB of heap")
    assert ("FLINK_TASKMANAGER_HEAP_MB" in finding.hint) == (level == "warn")
