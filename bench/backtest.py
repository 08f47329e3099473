"""How long a backtest takes, and how much memory, for so many payments."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from simulator import World
from swipestream.errors import SwipestreamError
from swipestream.models.training_process import TRAINING_PYTHON, run_training
from swipestream.settings import REPO_ROOT

DAYS = 90
MERCHANTS = 3000
# Enough frauds for a model of the usual size.
CARDS_TO_LEARN_FROM = 8_000
PAYMENTS_PER_CARD = 45
END_MS = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp() * 1000)


@dataclass(frozen=True)
class Result:
    """
    One backtest.

    :param measured: payments that count; all are computed, scored and decided.
    :param seconds: from the Parquet files of the world to the figures, a page and JSON.
    :param cpu_seconds: of all threads.
    :param memory_mb: the most that the process had.
    :param disk_mb: the most that its temporary files took.
    """

    payments: int
    measured: int
    trees: int
    seconds: float
    cpu_seconds: float
    memory_mb: float
    disk_mb: float


def run(payments: int, seed: int, say: Callable[[str], None]) -> Result:
    """
    Make a world, train a model on a smaller one, and try it on the first.

    :param payments: about as many.
    :param say: told what happens.
    :raises SwipestreamError: a step failed.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        smaller = min(CARDS_TO_LEARN_FROM, max(1, payments // PAYMENTS_PER_CARD))
        say(f"training a model on {smaller:,} cards")
        _world(folder / "smaller", smaller, seed + 1)
        trained = run_training(folder / "models", ["--world", folder / "smaller"])
        if trained.version is None:
            raise SwipestreamError("the model was not trained", "see the message above")
        cards = max(1, payments // PAYMENTS_PER_CARD)
        say(f"making a world of {cards:,} cards and {DAYS} days")
        count = _world(folder / "world", cards, seed)
        say(f"backtest of {count:,} payments")
        return _timed(folder, count, folder / "models" / trained.version)


def _world(folder: Path, cards: int, seed: int) -> int:
    world = World.generate(
        seed=seed, customers=cards, merchants=MERCHANTS, days=DAYS, end_ms=END_MS
    )
    world.write(folder)
    return len(world.payments)


def _timed(folder: Path, payments: int, model: Path) -> Result:
    scratch = folder / "scratch"
    scratch.mkdir()
    command = [
        *(TRAINING_PYTHON, "-m", "training.backtest"),
        *("--world", folder / "world", "--name", "world", "--model", model),
        # The simulated weeks of the model are those of the world; it has seen none of its payments.
        *("--since", datetime.fromtimestamp(END_MS / 1000 - 83 * 86_400, UTC).isoformat()[:19]),
        *("--json", folder / "figures.json", "--html", folder / "page.html"),
    ]
    begin = time.monotonic()
    process = subprocess.Popen(
        list(map(str, command)),
        cwd=REPO_ROOT,
        env=os.environ | {"TMPDIR": str(scratch)},
        stdout=subprocess.DEVNULL,
    )
    disk = 0
    while (found := os.wait4(process.pid, os.WNOHANG))[0] == 0:
        disk = max(disk, _size(scratch))
        time.sleep(0.5)
    seconds = time.monotonic() - begin
    _, status, usage = found
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SwipestreamError("the backtest failed", "see the message above")
    figures = json.loads((folder / "figures.json").read_text("utf-8"))
    manifest = json.loads((model / "bundle.json").read_text("utf-8"))
    return Result(
        payments=payments,
        measured=figures["total"]["payments"],
        trees=manifest["model"]["trees"],
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        memory_mb=usage.ru_maxrss / 1024,
        disk_mb=disk / 2**20,
    )


def _size(folder: Path) -> int:
    """Bytes of all files; those that vanish meanwhile do not count."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
    return total
