"""How long two million payments take to become a training set."""

import json
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from simulator import World
from swipestream.errors import SwipestreamError
from swipestream.models.training_process import TRAINING_PYTHON
from swipestream.settings import REPO_ROOT

# With the usual pace of the cards, the default of the command gives two million payments.
DAYS = 90
MERCHANTS = 3000
THREADS = 2
END_MS = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp() * 1000)


@dataclass(frozen=True)
class Result:
    """
    One training set, built once.

    :param payments: of the world, all of them history for the features.
    :param rows: of the training set: those with mature labels.
    :param seconds: from the Parquet files of the world to that of the training set.
    :param cpu_seconds: of all threads.
    :param memory_mb: the most that the process had.
    :param content: the set's hash.
    """

    payments: int
    rows: int
    seconds: float
    cpu_seconds: float
    memory_mb: float
    content: str


def run(cards: int, seed: int, say: Callable[[str], None]) -> Result:
    """
    Make a world, build its training set in the training environment, and delete both.

    :param cards: of the world, one per customer.
    :param say: told what happens.
    :raises SwipestreamError: the set could not be built.
    """
    with tempfile.TemporaryDirectory() as folder:
        say(f"making a world of {cards:,} cards and {DAYS} days")
        world = World.generate(
            seed=seed, customers=cards, merchants=MERCHANTS, days=DAYS, end_ms=END_MS
        )
        world.write(Path(folder) / "world")
        payments = len(world.payments)
        say(f"building the training set of {payments:,} payments on {THREADS} threads")
        return build(Path(folder), payments, THREADS)


def build(folder: Path, payments: int, threads: int) -> Result:
    """
    Build a training set in the training environment.

    :param folder: holds the files of ``world``; ``set.parquet`` is written beside it.
    :param payments: of the world.
    :param threads: how many DuckDB may use.
    :raises SwipestreamError: the set could not be built.
    """
    found = subprocess.run(
        [TRAINING_PYTHON, "-m", "bench.training_set_speed", folder, str(threads)],
        cwd=REPO_ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if found.returncode:
        raise SwipestreamError("the training set was not built", "see the message above")
    return Result(payments=payments, **json.loads(found.stdout))
