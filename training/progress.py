"""What a person sees while a model is trained; on stderr, so that stdout stays data."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

# Told how many are done, of at most how many, and what is worth saying about the last one.
OnStep = Callable[[int, int, str], None]


class Progress:
    """Reports steps; this one says nothing."""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A step of unknown length."""
        yield

    @contextmanager
    def counted(self, name: str) -> Iterator[OnStep]:
        """A step that counts."""
        yield lambda done, total, note: None

    def warn(self, text: str) -> None:
        """Something that somebody should look at; training goes on."""


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
    def counted(self, name: str) -> Iterator[OnStep]:
        started = time.monotonic()
        last = ""
        with self._bars() as bars:
            task = bars.add_task(name, total=None, note="")

            def on_step(done: int, total: int, note: str) -> None:
                nonlocal last
                last = note
                bars.update(task, total=total, completed=done, note=note)

            yield on_step
            bars.update(task, total=1, completed=1)
        self._line(f"{name}: {last}" if last else name, started)

    def warn(self, text: str) -> None:
        self._console.print(f"warning: {text}", highlight=False, soft_wrap=True)

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
