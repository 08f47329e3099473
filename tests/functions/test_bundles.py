"""Bundles of rows for Python functions end when nothing more waits, and grow in a backlog."""

from collections.abc import Callable
from pathlib import Path

from swipestream.jobs import client, ending
from swipestream.settings import Settings
from tests.eventually import eventually

JOB = Path(__file__).with_name("bundle_job.py")
DEADLINE_SECONDS = 90
# Longer than a test: if PyFlink's timer decided, no row would leave sooner.
LONGEST = "600 s"
# So many that the source, too, has warmed up long before the end.
ROWS = 300_000
# Half of the most that a bundle holds.
LARGE = 500


def batches(
    stack: Settings,
    folder: Path,
    source: str,
    until: Callable[[list[int]], bool],
    seconds_a_batch: float = 0.0,
) -> list[int]:
    """
    The sizes of the batches that a function was given.

    :param source: options of the generator of rows.
    :param until: whether these are enough.
    """
    record = folder / "batches"
    options = {
        "pipeline.name": "bundles",
        "parallelism.default": "1",
        # So that the function's task has an input, as behind an exchange.
        "pipeline.operator-chaining.enabled": "false",
        "execution.buffer-timeout.interval": "5 ms",
        "swipestream.bundle.longest": LONGEST,
        "python.fn-execution.bundle.size": "1000",
        "python.fn-execution.arrow.batch.size": "1000",
    }
    client.prepare_client(stack)
    job_id = client.run_client(
        stack,
        JOB,
        {
            "RECORD": str(record),
            "SECONDS_A_BATCH": str(seconds_a_batch),
            "OPTIONS": "\n".join(f"{name}={value}" for name, value in options.items()),
            "SOURCE": f"CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', {source})",
        },
        bounded=False,
        restore_from="",
    )
    try:
        return eventually(
            lambda: [int(line) for line in record.read_text().split()] if record.exists() else [],
            until,
            "such batches",
            seconds=DEADLINE_SECONDS,
            pause_seconds=0.2,
        )
    finally:
        ending.cancel(stack, job_id)


def test_a_row_behind_which_none_waits_is_not_held(stack: Settings, tmp_path: Path) -> None:
    found = batches(stack, tmp_path, "'rows-per-second' = '1'", until=lambda sizes: len(sizes) >= 4)
    # The first holds what came while the worker started.
    assert found[-1] < 3


def test_a_backlog_is_handed_over_in_large_batches(stack: Settings, tmp_path: Path) -> None:
    found = batches(
        stack,
        tmp_path,
        f"'rows-per-second' = '1000000', 'number-of-rows' = '{ROWS}'",
        until=lambda sizes: max(sizes, default=0) > LARGE or sum(sizes) >= ROWS,
        seconds_a_batch=0.02,
    )
    assert max(found) > LARGE, f"the first {found[:50]}, the last {found[-50:]}"
