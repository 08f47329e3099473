"""The results of the streaming benchmark as tables for a document."""

from collections.abc import Callable, Iterator, Sequence
from statistics import median

from bench.offline.report import offline_of, offline_rows
from bench.streaming.plan import GROWTH, LATENCY, NAMES, OFFLINE, OURS, PARTS, THROUGHPUT
from bench.streaming.results import GrowthPoint, Latency, Results, Throughput

# By part: the marks of a document between which it is written.
MARKS = {
    part: (
        f"<!-- {part}: begin, written by python -m bench streaming -->",
        f"<!-- {part}: end -->",
    )
    for part in PARTS
}
GROUPS = ("own", "kafka", "postgres")
THROUGHPUT_PICTURE = ("streaming_throughput.png", "Payments a second and CPU seconds per million")
LATENCY_PICTURE = ("streaming_latency.png", "Latency from the payment to its committed row")
GROWTH_PICTURE = ("streaming_growth.png", "Payments a second as things grow")


def tables(results: Results, pictures: str = "") -> dict[str, str]:
    """
    Markdown of each part that was measured.

    :param pictures: the folder they are in, as the text names it; ends with a slash.
    """
    parts = {}
    if results.throughput:
        parts[THROUGHPUT] = throughput_tables(results, pictures)
    if results.latency:
        parts[LATENCY] = latency_tables(results, pictures)
    if results.growth:
        parts[GROWTH] = growth_tables(results, pictures)
    if results.offline:
        parts[OFFLINE] = offline_tables(results)
    return parts


def growth_tables(results: Results, pictures: str) -> str:
    """How cost grows."""
    lines = [
        "### How cost grows",
        "",
        f"{results.growth_header} Ours alone, two copies of each step unless told otherwise.",
        "",
        "| what varies | | payments | cards | of a card in 7 days | payments/s "
        "| CPU s per million, all | on the heap | checkpoint | checkpoint per million |",
        "| --- | ---: |" + " ---: |" * 8,
        *map(growth_row, results.by_curve()),
        "",
        f"A payment takes {median(point.message_bytes for point in results.growth):,.0f} bytes of "
        f"the topic and {median(point.row_bytes for point in results.growth):,.0f} of Postgres, "
        "indexes included.",
        *(f"{tried} did not finish: {why}." for tried, why in results.growth_failures.items()),
    ]
    lines += picture(GROWTH_PICTURE, pictures)
    return "\n".join(lines) + "\n"


def growth_row(point: GrowthPoint) -> str:
    """One run."""
    size = "-" if point.state_mb is None else f"{point.state_mb:,.0f} MB"
    each = "-" if point.state_mb is None else f"{point.state_mb / point.payments * 1e6:,.0f} MB"
    unfinished = "" if point.is_complete else ", not finished"
    return (
        f"| {point.curve} | {point.value} | {point.payments:,} | {point.cards:,} "
        f"| {point.per_window:,.1f} | {point.per_second:,.0f}{unfinished} "
        f"| {sum(point.cpu_seconds.values()):,.0f} | {point.heap_mb:,.0f} MB | {size} | {each} |"
    )


def offline_tables(results: Results) -> str:
    """Simulator, training set and windows, beside pandas."""
    offline = offline_of(results.offline)
    lines = ["### The offline side", "", results.offline_header, "", *offline_rows(offline)]
    return "\n".join(lines) + "\n"


def picture(named: tuple[str, str], pictures: str) -> list[str]:
    """A picture's lines below its table; none if the text names no folder."""
    name, text = named
    return ["", f"![{text}]({pictures}{name})"] if pictures else []


def throughput_tables(results: Results, pictures: str) -> str:
    """Throughput over the whole topic, and whether all systems compute the same."""
    systems = [name for name in NAMES if results.runs(name) or name in results.failures]
    lines = [
        "### Throughput",
        "",
        f"{results.throughput_header} {results.payments:,} payments of {results.cards:,} cards "
        f"over {results.days} days in {results.messages:,} messages.",
        "",
        *throughput_rows(results, systems),
        "",
        *equality_lines(results, systems),
    ]
    lines += picture(THROUGHPUT_PICTURE, pictures)
    return "\n".join(lines) + "\n"


def latency_tables(results: Results, pictures: str) -> str:
    """Latencies at fixed rates."""
    lines = [
        "### Latency",
        "",
        results.latency_header,
        "",
        *latency_rows(results),
    ]
    if results.latency_failures:
        lines += [
            "",
            *(f"{NAMES[name]} failed: {why}." for name, why in results.latency_failures.items()),
        ]
    lines += picture(LATENCY_PICTURE, pictures)
    return "\n".join(lines) + "\n"


def throughput_rows(results: Results, systems: Sequence[str]) -> Iterator[str]:
    """A row for each system: medians over its runs, lowest and highest in brackets."""
    yield (
        "| system | payments/s | CPU s per million: own | Kafka | Postgres | all | "
        "peak memory, own | first row after | runs |"
    )
    yield "| --- |" + " ---: |" * 8
    for name in sorted(systems, key=results.sustained, reverse=True):
        runs = results.runs(name)
        if not runs:
            yield f"| {NAMES[name]} | failed: {results.failures[name]} |" + " |" * 7
            continue
        cpu = [spread(runs, lambda run, g=group: run.cpu_seconds.get(g, 0.0)) for group in GROUPS]  # type: ignore[misc]
        yield " | ".join(
            [
                f"| {NAMES[name]}",
                spread(runs, lambda run: run.per_second),
                *cpu,
                spread(runs, lambda run: sum(run.cpu_seconds.values())),
                f"{median(run.memory_mb.get('own', 0) for run in runs):,.0f} MB",
                f"{median(run.start_seconds for run in runs):.0f} s",
                f"{len(runs)} |",
            ]
        )


def latency_rows(results: Results) -> Iterator[str]:
    """A row for each rate and system, and one more where ours was tried with other settings."""
    yield "| offered | system | p50 | p95 | p99 | stored in time | busy cores, own |"
    yield "| ---: | --- |" + " ---: |" * 5
    for rate in sorted({run.rate for run in results.latency}):
        for name in NAMES:
            for run in results.latency:
                if run.rate == rate and run.system == name:
                    yield latency_row(run)


def latency_row(run: Latency) -> str:
    """Milliseconds; none if it fell behind: they would only reflect the length of the run."""
    is_told = run.keeps_up and run.quantiles_ms
    marks = [f"{run.quantiles_ms[at]:,.0f} ms" if is_told else "-" for at in (50, 95, 99)]
    share = run.stored / run.sent if run.sent else 0.0
    return (
        f"| {run.rate:,}/s | {NAMES[run.system]} | {' | '.join(marks)} | {share:.1%} "
        f"| {run.cpu_cores.get('own', 0.0):.2f} |"
    )


def equality_lines(results: Results, systems: Sequence[str]) -> Iterator[str]:
    """What the check for equal features and scores found."""
    if results.parity:
        yield (
            f"Ours, computed again by DuckDB and the model: {results.parity}; in "
            f"{results.parity_seconds:.0f} s, reading topic and scores included."
        )
    for name in systems:
        if name == OURS or name not in results.differences:
            continue
        found = results.differences[name]
        if found is None:
            yield f"{NAMES[name]}: not compared."
        elif found:
            listed = ", ".join(f"{column} {count:,}" for column, count in found.items())
            yield f"{NAMES[name]} differs from ours, in rows: {listed}."
        else:
            yield f"{NAMES[name]}: every feature as ours, every score within 1e-6."
    for name, reason in results.failures.items():
        yield f"{NAMES[name]} did not finish: {reason}."


def spread(runs: Sequence[Throughput], value: Callable[[Throughput], float]) -> str:
    """Median, and from lowest to highest if there are several."""
    values = [value(run) for run in runs]
    text = f"{median(values):,.0f}"
    return f"{text} ({min(values):,.0f} to {max(values):,.0f})" if len(values) > 1 else text
