"""The worlds of the growth part, its report, and what follows for a cluster."""

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("confluent_kafka", reason="only the streaming environment sends")
import click
from click.testing import CliRunner

from bench.cli import one_of_each, rates_of, streaming
from bench.streaming import capacity
from bench.streaming.capacity import capacity_tables, cores
from bench.streaming.growth import BACKEND, CARDS, PARALLELISM, PER_WINDOW, fastest, worlds
from bench.streaming.plan import GROWTH, QUICK, Plan
from bench.streaming.report import tables
from bench.streaming.results import GrowthPoint, Results
from swipestream.errors import SwipestreamError

MILLION_KB_IN_MB = 1e9 / 2**20


def point(
    value: str, state_mb: float | None, own: float = 200.0, heap_mb: float = MILLION_KB_IN_MB
) -> GrowthPoint:
    return GrowthPoint(
        curve=BACKEND,
        value=value,
        payments=1_000_000,
        cards=100_000,
        per_window=7.8,
        per_second=5_000.0,
        cpu_seconds={"own": own, "kafka": 5.0, "postgres": 40.0},
        memory_mb=4_000.0,
        state_mb=state_mb,
        heap_mb=heap_mb,
        row_bytes=1_000.0,
        message_bytes=500.0,
        is_complete=True,
    )


@pytest.fixture
def results() -> Results:
    points = [point("heap", 100.0), point("RocksDB", None, own=1_000.0)]
    return Results(growth_header="2030-01-01, a machine.", growth=points)


def test_every_curve_has_its_points_and_each_world_is_made_once() -> None:
    found = list(worlds(Plan(growth_payments=900_000)))
    # 9 days of payments, of which 7 are in the window.
    assert [(plan.cards, plan.people_per_card) for plan, _ in found] == [
        *((70_000, 1), (70_000, 10), (70_000, 100)),
        *((10_000, 1), (100_000, 1), (1_000_000, 1)),
    ]
    assert {plan.payments for plan, _ in found} == {900_000}
    values: dict[str, list[str]] = {}
    for _, cases in found:
        for case in cases:
            for curve, value in case.points.items():
                values.setdefault(curve, []).append(value)
    assert values == {
        PARALLELISM: ["1", "2"],
        PER_WINDOW: ["10", "100", "1,000"],
        BACKEND: ["heap", "RocksDB"],
        CARDS: ["10,000", "100,000", "1,000,000"],
    }
    assert QUICK.growth_payments == 0


def test_the_fastest_run_of_a_case_counts() -> None:
    slow, fast = point("heap", 100.0), replace(point("heap", 90.0), per_second=6_000.0)
    assert fastest([[slow], [fast], [slow]]) == [fast]
    cut_short = replace(fast, per_second=9_000.0, is_complete=False)
    assert fastest([[cut_short], [slow]]) == [slow]


def test_a_capacity_page_needs_the_part_on_growth(tmp_path: Path) -> None:
    page = tmp_path / "capacity.md"
    page.write_text(f"{capacity.BEGIN}\nas it was\n{capacity.END}\n", "utf-8")
    options = ["--parts", "throughput", "--out", str(tmp_path), "--capacity", str(page)]
    result = CliRunner().invoke(streaming, options)
    assert isinstance(result.exception, SwipestreamError)
    assert result.exception.hint == "add --parts growth"
    assert "as it was" in page.read_text("utf-8")


def test_a_run_without_a_checkpoint_has_no_state_to_tell(results: Results) -> None:
    rows = [line for line in tables(results)[GROWTH].splitlines() if line.startswith("| state |")]
    assert rows[0].endswith("| 5,000 | 245 | 954 MB | 100 MB | 100 MB |")
    assert rows[1].endswith("| 5,000 | 1,045 | 954 MB | - | - |")


def test_points_of_a_curve_stand_together(results: Results) -> None:
    other = replace(results.growth[0], curve=CARDS)
    results.growth = [results.growth[0], other, results.growth[1]]
    assert [found.curve for found in results.by_curve()] == [BACKEND, BACKEND, CARDS]


def test_what_is_written_is_read_again(results: Results, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    results.write(path)
    assert Results.read(path) == results


@pytest.mark.parametrize(("rate", "expected"), [(100, 1), (10_000, 4), (1_000_000, 400)])
def test_cores_are_busy_half_of_the_time(rate: int, expected: int) -> None:
    assert cores(point("heap", 1.0), "own", rate) == expected


def test_a_cluster_needs_room_for_all_that_cards_keep(results: Results) -> None:
    rows = [line for line in capacity_tables(results).splitlines() if line.startswith("| 10,000 |")]
    # 1,000 bytes of state a payment, 864 million payments a day.
    assert rows[0].startswith("| 10,000 | `hashmap` | 4 | 27.6 TB | 6.9 TB | 1 | 432.0 GB | 1 |")
    assert rows[0].endswith("| 0.9 billion | 864.0 GB |")
    assert rows[1].startswith("| 10,000 | `rocksdb` | 20 |")


def test_lists_of_options_are_checked() -> None:
    assert one_of_each("--parts", None, ("a", "b")) == ("a", "b")
    with pytest.raises(SwipestreamError, match="--parts does not know c"):
        one_of_each("--parts", "a,c", ("a", "b"))
    assert rates_of("100,1000") == (100, 1000)
    for wrong in ("", "x", "0", "-5,100"):
        with pytest.raises(SwipestreamError, match="above 0"):
            rates_of(wrong)


def test_help_names_the_parts() -> None:
    assert isinstance(streaming, click.Command)
    text = " ".join(CliRunner().invoke(streaming, ["--help"]).output.split())
    assert "throughput, latency, growth, offline" in text
