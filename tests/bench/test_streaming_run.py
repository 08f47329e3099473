"""Who fails is noted once and left out from then on; ours gets a second try if it falls behind."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("confluent_kafka", reason="only the streaming environment sends")
from bench.streaming import run
from bench.streaming.plan import OURS, QUICK
from bench.streaming.results import Latency, Results
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


@pytest.mark.parametrize("profiles", [None, ("latency", "bulk")])
def test_ours_is_tried_with_its_profile_for_bulk_where_it_falls_behind(
    profiles: tuple[str, str] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = list[tuple[str, int, bool]]()

    def at_rate(bench: Bench, name: str, rate: int, *, is_bulk: bool = False) -> None:
        tried.append((name, rate, is_bulk))
        stored = 5 if rate == 5_000 and not is_bulk else 10
        bench.results.latency.append(Latency(name, rate, 10, stored, [], {}, is_bulk))

    monkeypatch.setattr(run, "at_rate", at_rate)
    monkeypatch.setattr(run, "PROFILES", profiles)
    under_test = bench(tmp_path, Results(), [])
    under_test.plan = replace(QUICK, rates=(1_000, 5_000))
    nothing: Any = None
    under_test.systems = {OURS: nothing, "plain_loop": nothing}
    run.at_rates(under_test)
    assert tried == [
        (OURS, 1_000, False),
        ("plain_loop", 1_000, False),
        (OURS, 5_000, False),
        *([(OURS, 5_000, True)] if profiles else []),
        ("plain_loop", 5_000, False),
    ]
