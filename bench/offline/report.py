"""The offline benchmark as lines for a document."""

from collections.abc import Iterator, Mapping
from typing import Any

from bench.offline.measure import Offline
from bench.offline.usage import Timing


def offline_of(values: Mapping[str, Any]) -> Offline:
    """
    What was measured, as it was written down.

    :param values: `dataclasses.asdict` of it.
    """
    timings = ("training_set", "sql_windows", "pandas_windows")
    return Offline(**{**values, **{name: Timing(**values[name]) for name in timings}})


def offline_rows(offline: Offline) -> Iterator[str]:
    """
    Markdown: a table of the work, the simulator's rates, and whether the windows are equal.

    :param offline: what was measured.
    """
    yield "| work | with | seconds | CPU seconds | peak memory |"
    yield "| --- | --- |" + " ---: |" * 3
    for work, tool, timing in (
        ("training set", "SQL in DuckDB", offline.training_set),
        ("card windows", "SQL in DuckDB", offline.sql_windows),
        ("card windows", "pandas", offline.pandas_windows),
    ):
        yield (
            f"| {work} | {tool} | {timing.seconds:.1f} | {timing.cpu_seconds:.1f} "
            f"| {timing.memory_mb:,.0f} MB |"
        )
    yield ""
    yield (
        f"{offline.payments:,} payments, {offline.set_rows:,} of them in the training set. "
        f"The simulator makes {offline.simulator_per_second:,.0f} payments/s and "
        f"{offline.messages_per_second:,.0f} messages/s."
    )
    yield ""
    yield equality(offline.differences)


def equality(differences: dict[str, int]) -> str:
    """
    One sentence on the card windows in SQL and pandas.

    :param differences: rows that differ, by column.
    """
    if not differences:
        return "Card windows: every column in pandas equals that of the SQL, exactly."
    listed = ", ".join(f"{column} {count:,}" for column, count in differences.items())
    return f"Card windows: pandas differs from the SQL, in rows: {listed}."
