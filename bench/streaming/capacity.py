"""What a cluster needs for a rate of payments, from what was measured on one machine."""

from collections.abc import Iterator

from bench.streaming.growth import BACKEND, HEAP, ROCKSDB
from bench.streaming.plan import Plan
from bench.streaming.results import GrowthPoint, Results
from flink_jobs.pipelines import PAYMENTS

BEGIN = "<!-- capacity: begin, written by python -m bench streaming -->"
END = "<!-- capacity: end -->"
RATES = (10_000, 100_000, 1_000_000)
# A core that is busy half of the time still answers without delay.
BUSY_SHARE = 0.5
DAY_SECONDS = 86_400
# The growth part's files span this long, and all their payments are in the state.
FILE_DAYS = Plan.days
KEPT_DAYS = PAYMENTS.kept.kept_ms / 1000 / DAY_SECONDS
GB, TB = 1e9, 1e12
STATES = {"heap": HEAP, "RocksDB": ROCKSDB}


def capacity_tables(results: Results) -> str:
    """
    Markdown: a row for each rate and kind of state.

    :param results: of a run with the part on growth.
    """
    points = {point.value: point for point in results.growth if point.curve == BACKEND}
    lines = [
        results.growth_header,
        "",
        "| payments/s | state | cores and slots for Flink | heap or disk for it | per slot "
        "| cores for Kafka | topic, a day | cores for Postgres | rows, a day | Postgres, a day |",
        "| ---: | --- |" + " ---: |" * 8,
        *(row(rate, value, points[value]) for rate in RATES for value in STATES if value in points),
        *basis(points),
    ]
    return "\n".join(lines) + "\n"


def row(rate: int, value: str, point: GrowthPoint) -> str:
    """
    One rate with one kind of state.

    :param value: of the curve on backends.
    """
    a_day = rate * DAY_SECONDS
    slots = cores(point, "own", rate)
    state = state_bytes(value, point) * a_day * KEPT_DAYS
    return (
        f"| {rate:,} | `{STATES[value]}` | {slots:,} | {size(state)} | {size(state / slots)} "
        f"| {cores(point, 'kafka', rate):,} | {size(point.message_bytes * a_day)} "
        f"| {cores(point, 'postgres', rate):,} | {a_day / 1e9:,.1f} billion "
        f"| {size(point.row_bytes * a_day)} |"
    )


def cores(point: GrowthPoint, group: str, rate: int) -> int:
    """Cores, rounded up, each busy for `BUSY_SHARE` of the time."""
    busy = point.cpu_seconds.get(group, 0.0) / 1e6 * rate
    return max(1, -int(-busy / BUSY_SHARE // 1))


def state_bytes(value: str, point: GrowthPoint) -> float:
    """
    For each payment: on Java's heap, or on RocksDB's disk.

    :param value: of the curve on backends.
    """
    is_on_heap = STATES[value] == HEAP
    return (point.heap_mb if is_on_heap else point.state_mb or 0.0) * 2**20 / point.payments


def size(count: float) -> str:
    """
    In GB or TB.

    :param count: of bytes.
    """
    return f"{count / TB:,.1f} TB" if count >= TB else f"{count / GB:,.1f} GB"


def basis(points: dict[str, GrowthPoint]) -> Iterator[str]:
    """What the table is computed from, a paragraph for each kind of state."""
    for value in STATES:
        if value not in points:
            continue
        point = points[value]
        cpu = ", ".join(f"{group} {used:,.0f}" for group, used in point.cpu_seconds.items())
        state = state_bytes(value, point)
        used = f"{state:,.0f} of state, {point.message_bytes:,.0f} of the topic"
        yield ""
        yield (
            f"`{STATES[value]}`: {point.per_second:,.0f} payments/s on this machine; CPU seconds "
            f"per million: {cpu}. Bytes for a payment: {used}, {point.row_bytes:,.0f} of Postgres "
            f"({point.payments:,} payments of {point.cards:,} cards over {FILE_DAYS} days; a card "
            f"keeps {KEPT_DAYS:.0f})."
        )
        if state:
            enough = GB / (state * DAY_SECONDS * KEPT_DAYS)
            yield f"A gigabyte of it is enough for {enough:,.1f} payments/s."
