"""A system that fails is recorded once and then left out; ours is retried if it falls behind."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("confluent_kafka", reason="only the streaming environment sends")
from bench.streaming.plan import QUICK
from bench.streaming.results import Results
from bench.streaming.run import Bench
from swipestream.errors import JobError


def bench(folder: Path, results: Results, said: list[str]) -> Bench:
    """Without a stage, since nothing runs on it."""
    stage: Any = None
    return Bench(stage, QUICK, folder, {}, results, said.append)


def test_a_failed_system_is_noted_and_left_out_with_its_reason(tmp_path: Path) -> None:
    results, said, runs = Results(), list[str](), list[Any]()
    under_test = bench(tmp_path, results, said)

    def fail() -> None:
        runs.append("run")
        raise JobError("the job has ended", "look into its log")

    for _ in range(2):
        under_test.attempt("spark_stream", results.latency_failures, fail)
    assert runs == ["run"]
    assert results.latency_failures == {"spark_stream": "the job has ended"}
    assert "the job has ended" in said[-1]
    assert Results.read(tmp_path / "results.json") == results


def test_what_failed_over_the_topic_is_not_tried_at_a_rate(tmp_path: Path) -> None:
    results, said = Results(failures={"spark_stream": "no Java"}), list[str]()
    bench(tmp_path, results, said).attempt(
        "spark_stream", results.latency_failures, lambda: said.append("ran")
    )
    assert said == ["spark_stream is left out, since it failed: no Java"]
    assert results.latency_failures == {}
