"""The offline benchmark: simulate, build the training set, compute card windows in two ways."""

import json
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

import duckdb

from bench.offline.columns import COLUMNS
from bench.offline.usage import Timing
from bench.training_set import DAYS, END_MS, MERCHANTS, build
from simulator import World
from simulator.messages import PaymentWriter
from swipestream.errors import SwipestreamError
from swipestream.models.training_process import TRAINING_PYTHON
from swipestream.settings import REPO_ROOT

FEWEST_MERCHANTS, CARDS_PER_MERCHANT = 300, 8

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Simulated:
    """
    A world that was made and written.

    :param payments: it has.
    :param per_second: payments made a second, people and shops included.
    :param messages_per_second: payments made into messages of the topic a second.
    """

    payments: int
    per_second: float
    messages_per_second: float


@dataclass(frozen=True)
class Offline:
    """
    What was measured.

    :param payments: of the world, all of them history for the features.
    :param simulator_per_second: payments made.
    :param messages_per_second: payments made into messages of the topic.
    :param set_rows: rows of the training set: payments with mature labels.
    :param training_set: every feature and label, by SQL in DuckDB.
    :param sql_windows: only the card's history, by the same SQL.
    :param pandas_windows: the same in pandas.
    :param differences: rows in which the two disagree, by column; without the columns that agree.
    """

    payments: int
    simulator_per_second: float
    messages_per_second: float
    set_rows: int
    training_set: Timing
    sql_windows: Timing
    pandas_windows: Timing
    differences: dict[str, int]


def measure(
    payments: int, cards: int, seed: int, say: Callable[[str], None], threads: int = 2
) -> Offline:
    """
    Run everything once, one after the other, in a temporary folder.

    :param payments: about as many, over `bench.training_set.DAYS` days.
    :param cards: that pay.
    :param say: told what happens.
    :param threads: how many DuckDB may use; pandas uses one.
    :raises SwipestreamError: a program failed.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        say(f"making a world of {cards:,} cards and {DAYS} days")
        made = apart(simulate, folder / "world", payments, cards, seed)
        say(f"building the training set of {made.payments:,} payments on {threads} threads")
        built = apart(build, folder, made.payments, threads)
        say("computing card windows in DuckDB")
        in_sql, in_pandas = folder / "sql.parquet", folder / "pandas.parquet"
        sql_windows = run_program("sql_windows", folder, threads, in_sql)
        say("computing card windows in pandas")
        pandas_windows = run_program("pandas_windows", folder, in_pandas)
        return Offline(
            payments=made.payments,
            simulator_per_second=made.per_second,
            messages_per_second=made.messages_per_second,
            set_rows=built.rows,
            training_set=Timing(built.seconds, built.cpu_seconds, built.memory_mb),
            sql_windows=sql_windows,
            pandas_windows=pandas_windows,
            differences=differences(in_sql, in_pandas),
        )


def apart(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """
    Call a function in a new, small process.

    The peak memory of a process counts for those that it starts as well, and this one may have
    been large.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


def simulate(folder: Path, payments: int, cards: int, seed: int) -> Simulated:
    """
    Make a world and write it; make its messages and drop them.

    :param folder: for the world's files.
    :param payments: about as many.
    :param cards: that pay, one per customer.
    """
    begin = time.monotonic()
    world = World.generate(
        seed=seed,
        customers=cards,
        merchants=min(MERCHANTS, max(FEWEST_MERCHANTS, cards // CARDS_PER_MERCHANT)),
        days=DAYS,
        end_ms=END_MS,
        pace=payments / cards / DAYS,
    )
    count = len(world.payments)
    made = time.monotonic()
    deque(PaymentWriter(world.setting).lines(world.payments, world.transaction_ids), maxlen=0)
    told = time.monotonic()
    world.write(folder)
    return Simulated(count, count / (made - begin), count / (told - made))


def run_program(name: str, *arguments: object) -> Timing:
    """
    Run a program of this package in the training environment.

    :param name: of its module.
    :raises SwipestreamError: it failed.
    """
    found = subprocess.run(
        [TRAINING_PYTHON, "-m", f"bench.offline.{name}", *map(str, arguments)],
        cwd=REPO_ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if found.returncode:
        raise SwipestreamError(f"bench.offline.{name} failed", "see the message above")
    result = json.loads(found.stdout)
    return Timing(result["seconds"], result["cpu_seconds"], result["memory_mb"])


def differences(in_sql: Path, in_pandas: Path) -> dict[str, int]:
    """
    Compare two files of card windows.

    :param in_sql: Parquet with `COLUMNS`, a row per payment.
    :param in_pandas: the same columns and rows, computed with pandas.
    :return: payments whose values are not exactly equal, by column; nothing of the columns that
        agree. Of transaction_id: payments that only one of the files has.
    """
    with duckdb.connect(config={"threads": 1}) as connection:
        ours = connection.read_parquet(str(in_sql)).set_alias("ours")
        theirs = connection.read_parquet(str(in_pandas)).set_alias("theirs")
        joined = ours.join(theirs, "ours.transaction_id = theirs.transaction_id", how="outer")
        counts = joined.aggregate(
            ", ".join(f"COUNT_IF(ours.{name} IS DISTINCT FROM theirs.{name})" for name in COLUMNS)
        ).fetchall()[0]
    return {name: count for name, count in zip(COLUMNS, counts, strict=True) if count}
