"""The report of the streaming benchmark about its runs."""

from pathlib import Path

import pytest

pytest.importorskip("confluent_kafka", reason="only the streaming environment sends")
from bench.marks import MarksError, put_between_marks
from bench.streaming.meter import Meter, Sample
from bench.streaming.plan import LATENCY, OURS, THROUGHPUT, Plan
from bench.streaming.report import MARKS, tables
from bench.streaming.results import Latency, Results, Throughput
from bench.streaming.run import rates, throughput
from bench.streaming.stage import Stage
from swipestream.errors import SwipestreamError


def run_of(system: str, per_second: float, repeat: int = 0) -> Throughput:
    return Throughput(
        system=system,
        repeat=repeat,
        per_second=per_second,
        cpu_seconds={"own": 100.0, "kafka": 5.0, "postgres": 30.0},
        memory_mb={"own": 512.0},
        start_seconds=3.0,
        stored=10,
        is_complete=True,
        curve=[],
    )


@pytest.fixture
def results() -> Results:
    return Results(
        throughput_header="2030-01-01, a machine.",
        payments=10,
        messages=11,
        cards=2,
        days=9,
        throughput=[run_of(OURS, 900.0), run_of(OURS, 1000.0, 1), run_of("plain_loop", 5000.0)],
        latency_header="2030-01-02, a machine.",
        latency=[Latency(OURS, 100, 50, 50, [float(n) for n in range(102)], {"own": 0.5})],
        differences={OURS: {}, "plain_loop": {"score": 3}},
        failures={"spark_stream": "it went away"},
        parity="10 payments, 0 mismatched, 0 missing, 0 extra",
        parity_seconds=4.0,
    )


def test_the_quickest_comes_first_and_several_runs_show_their_spread(results: Results) -> None:
    rows = [line for line in tables(results)[THROUGHPUT].splitlines() if line.startswith("| ")]
    assert rows[2].startswith("| plain Python loop | 5,000 | 100 | 5 | 30 | 135 |")
    assert rows[3].startswith("| swipestream | 950 (900 to 1,000) |")
    assert "| PySpark | failed: it went away |" in rows[4]


def test_latency_and_differences_are_told(results: Results) -> None:
    parts = tables(results)
    row = "| 100/s | swipestream | 50 ms | 95 ms | 99 ms | 100.0% | 0.50 |"
    assert row in parts[LATENCY]
    assert "plain Python loop differs from ours, in rows: score 3." in parts[THROUGHPUT]
    assert "0 missing, 0 extra; in 4 s, reading topic" in parts[THROUGHPUT]


def test_who_falls_behind_has_no_percentiles(results: Results) -> None:
    results.latency = [Latency(OURS, 5_000, 50, 40, [40_000.0] * 102, {"own": 0.9})]
    # How long its payments waited depends on the length of the run, not on the system.
    assert "| 5,000/s | swipestream | - | - | - | 80.0% | 0.90 |" in tables(results)[LATENCY]


def test_what_is_written_is_read_again(results: Results, tmp_path: Path) -> None:
    results.write(tmp_path / "results.json")
    assert Results.read(tmp_path / "results.json") == results


def test_what_another_version_wrote_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(
        '{"throughput": [], "latency": [], "growth": [], "x": 1}'
    )
    with pytest.raises(SwipestreamError, match="not as this version writes results"):
        Results.read(tmp_path / "results.json")


def test_a_rate_is_measured_again_and_others_stay_if_of_the_same_day(results: Results) -> None:
    results.latency.append(Latency(OURS, 1_000, 50, 50, [], {}))
    results.forget_latency("2030-01-02, a machine.", [1_000], ["plain_loop"])
    assert [run.rate for run in results.latency] == [100, 1_000]
    results.forget_latency("2030-01-02, a machine.", [1_000], [OURS])
    assert [run.rate for run in results.latency] == [100]
    results.forget_latency("2030-01-03, a machine.", [1_000], [OURS])
    assert results.latency == []


def test_the_last_rate_is_a_share_of_what_the_slowest_sustains(results: Results) -> None:
    assert rates(Plan(rates=(100,)), results) == [100, 800]
    assert rates(Plan(rates=(100,), share_of_slowest=0), results) == [100]


def test_start_and_end_of_a_run_do_not_count() -> None:
    # 100 s of start, then 10 messages a second, then nothing for another 100 s.
    curve = [(0.0, 0), *((100.0 + n, n * 10) for n in range(1, 101)), (300.0, 1000)]
    meter = Meter([Sample(float(at), {"own": float(at)}) for at in range(301)])
    stage = Stage(None, None, Path(), messages=1000, payments=1000)  # type: ignore[arg-type]
    found = throughput(OURS, 0, stage, meter, 0.0, curve, 1000)
    assert found.per_second == pytest.approx(10.0)
    # One second of CPU a second, a tenth of one a message.
    assert found.cpu_seconds["own"] == pytest.approx(1e6 / 10)
    assert found.start_seconds == 101.0


@pytest.mark.parametrize(
    ("curve", "per_second"),
    [
        # From the first of two large steps to the second.
        ([(0.0, 0), (20.0, 0), (40.0, 600), (41.0, 610), (50.0, 1000), (51.0, 1000)], 40.0),
        # One step: from the start.
        ([(0.0, 0), (20.0, 0), (50.0, 1000), (51.0, 1000)], 20.0),
        ([(0.0, 0), (20.0, 0)], 0.0),
    ],
)
def test_large_steps_are_measured_from_one_to_the_other(
    curve: list[tuple[float, int]], per_second: float
) -> None:
    meter = Meter([Sample(float(at), {"own": float(at)}) for at in range(52)])
    stage = Stage(None, None, Path(), messages=1000, payments=1000)  # type: ignore[arg-type]
    found = throughput("spark_stream", 0, stage, meter, 0.0, curve, 1000)
    assert found.per_second == pytest.approx(per_second)
    assert found.cpu_seconds.get("own", 0.0) == pytest.approx(
        1e6 / per_second if per_second else 0.0
    )


def test_tables_go_between_the_marks(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    begin, end = MARKS[LATENCY]
    other = "\n".join(MARKS[THROUGHPUT])
    document.write_text(f"before\n{begin}\nold\n{end}\nbetween\n{other}\nafter\n")
    put_between_marks(document, begin, end, "new\n")
    assert document.read_text() == f"before\n{begin}\nnew\n{end}\nbetween\n{other}\nafter\n"
    document.write_text("nothing\n")
    with pytest.raises(MarksError, match="has no marks"):
        put_between_marks(document, begin, end, "new\n")
