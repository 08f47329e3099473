"""What a person sees while a model is trained; on stderr, so that stdout stays data."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

OnRound = Callable[[int, int, float], None]


class Progress:
    """Reports steps; this one says nothing."""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A step of unknown length."""
        yield

    @contextmanager
    def rounds(self, name: str) -> Iterator[OnRound]:
        """A step that counts; its function is told how many, at most how many, and the measure."""
        yield lambda done, total, score: None


class ConsoleProgress(Progress):
    """Bars on a terminal; in a file or a pipe one line per step."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        with self._bars() as bars:
            task = bars.add_task(name, total=None, note="")
            yield
            bars.update(task, total=1, completed=1)
        self._line(name, started)

    @contextmanager
    def rounds(self, name: str) -> Iterator[OnRound]:
        started = time.monotonic()
        last = ""
        with self._bars() as bars:
            task = bars.add_task(name, total=None, note="")

            def on_round(done: int, total: int, score: float) -> None:
                nonlocal last
                last = f"{done} trees, average precision {score:.3f} on validation"
                bars.update(task, total=total, completed=done, note=last)

            yield on_round
            bars.update(task, total=1, completed=1)
        self._line(f"{name}: {last}", started)

    def _bars(self) -> Bars:
        columns = (
            TextColumn("{task.description:<26}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
        )
        return Bars(*columns, console=self._console, disable=not self._console.is_terminal)

    def _line(self, name: str, started: float) -> None:
        if not self._console.is_terminal:
            self._console.print(f"{name} ({time.monotonic() - started:.1f} s)", highlight=False)
