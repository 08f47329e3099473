"""How far long work has come, on standard error: a list of steps, a bar, or lines with seconds."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, Self

from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.spinner import Spinner
from rich.table import Table

from swipestream.console.terminal import stderr

Say = Callable[[str], None]
UNFINISHED = ("checking", "preparing", "starting", "stopping", "external, asking")


class StepDisplay:
    """Shows the latest fact of each step: a live list on a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        self._facts: dict[str, str] = {}
        self._begin: dict[str, float] = {}
        self._spinners: dict[str, Spinner] = {}
        self._unfinished: set[str] = set()
        self._live = Live(console=stderr, refresh_per_second=10, transient=False)

    def __enter__(self) -> Self:
        if stderr.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if stderr.is_terminal:
            self._live.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal to a question."""
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()

    def report(self, step: str, fact: str) -> None:
        """
        :param step: program or step.
        :param fact: what is true of it now.
        """
        self._begin.setdefault(step, time.monotonic())
        self._facts[step] = fact
        self._unfinished.discard(step)
        if stderr.is_terminal:
            self._live.update(self._table())
        elif fact not in UNFINISHED:
            seconds = time.monotonic() - self._begin[step]
            stderr.print(f"{step}: {fact} ({seconds:.1f} s)", soft_wrap=True)

    def progress(self, step: str, fact: str) -> None:
        """
        :param step: one that takes long.
        :param fact: how far it has come; shown on a terminal only.
        """
        self._begin.setdefault(step, time.monotonic())
        self._facts[step] = fact
        self._unfinished.add(step)
        if stderr.is_terminal:
            self._live.update(self._table())

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for step, fact in self._facts.items():
            if fact in UNFINISHED or step in self._unfinished:
                mark = self._spinners.setdefault(step, Spinner("dots"))
                table.add_row(mark, step, fact)
            else:
                table.add_row("[green]✓[/green]", step, fact)
        return table


class OnStep(Protocol):
    """Takes the present step and, if known, how much is done of how much."""

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None: ...


@contextmanager
def step_bar() -> Iterator[OnStep]:
    """Show the step that what is returned is called with."""
    with _bar(MofNCompleteColumn()) as bar:
        task = bar.add_task("starting", total=None)

        def show(step: str, done: int = 0, total: int = 0) -> None:
            bar.update(task, description=step, completed=done, total=max(total, done) or None)

        yield show


def count_bar() -> Progress:
    """A bar with a text, how many of how many, and the time passed."""
    return _bar(MofNCompleteColumn(), TimeElapsedColumn())


def share_bar() -> Progress:
    """A bar with a text, a share, the time left and a remark, the field `fact`."""
    return _bar(TaskProgressColumn(), TimeRemainingColumn(), TextColumn("{task.fields[fact]}"))


def _bar(*columns: ProgressColumn) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        *columns,
        console=stderr,
        disable=not stderr.is_terminal,
        transient=True,
    )


def since_now() -> Say:
    """Says facts on standard error, each with the seconds that have passed since this call."""
    begin = time.monotonic()

    def say(fact: str) -> None:
        stderr.print(f"[dim]{time.monotonic() - begin:5.0f} s[/dim]  {fact}", soft_wrap=True)

    return say
