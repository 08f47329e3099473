"""The TaskManager's Java options fit the machine, and the doctor warns when its heap is full."""

import os

import pytest

from swipestream.settings import JobSettings
from swipestream.stack import flink

GIGABYTES = {8: 1365, 24: 4096, 64: flink.MOST_HEAP_MB, 2: flink.LEAST_HEAP_MB}


@pytest.mark.parametrize("gigabytes", GIGABYTES)
def test_the_heap_follows_the_machines_memory(
    gigabytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": gigabytes * 2**30 // 4096}
    monkeypatch.setattr(os, "sysconf", sizes.__getitem__)
    assert flink.heap_mb(JobSettings()) == GIGABYTES[gigabytes]
    assert flink.heap_mb(JobSettings(flink_taskmanager_heap_mb=1000)) == 1000


@pytest.mark.parametrize(
    ("mode", "cores", "quick"),
    [("auto", 2, True), ("auto", 4, False), ("quick", 16, True), ("peak", 2, False)],
)
def test_few_cores_are_not_given_to_the_slow_compiler(
    mode: str, cores: int, quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    assert (flink.QUICK_CODE in arguments(JobSettings(flink_taskmanager_jit=mode))) == quick


@pytest.mark.parametrize("heap", [flink.LEAST_HEAP_MB, flink.MOST_HEAP_MB])
def test_each_collector_gets_the_heap_that_suits_it(heap: int) -> None:
    short = arguments(JobSettings(flink_taskmanager_heap_mb=heap))
    assert "-XX:+UseG1GC" in short
    assert f"-Xms{heap // 4}m" in short
    # So that what grows old has room from the start.
    assert heap // 4 > flink.G1_YOUNG_MB
    replay = arguments(JobSettings(flink_taskmanager_heap_mb=heap, flink_taskmanager_gc="parallel"))
    assert "-XX:+UseParallelGC" in replay
    assert f"-Xms{heap}m" in replay
    assert "-Xmn" not in replay


def arguments(settings: JobSettings) -> str:
    """What the TaskManager's Java is started with."""
    (program,) = (item for item in flink.programs(settings) if item.name == "flink-taskmanager")
    (text,) = (text for path, text in program.files.items() if path.name == "taskmanager.args")
    return text
