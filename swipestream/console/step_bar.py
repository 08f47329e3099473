"""One line of progress on standard error: the step, and how far it is; on a terminal only."""

from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from swipestream.console.terminal import stderr


class StepBar:
    """Shows the present step; call it with the step and, if known, how much is done of how much."""

    def __init__(self) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=stderr,
            disable=not stderr.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("starting", total=None)

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        self._bar.update(
            self._task, description=step, completed=done, total=max(total, done) or None
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
