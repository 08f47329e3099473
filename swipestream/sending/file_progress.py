"""How far a file has been read, as a bar."""

from types import TracebackType
from typing import Self

from swipestream.console.progress import share_bar
from swipestream.sending.produce_file import Job, Summary


class FileProgress:
    """How far a file has been read."""

    def __init__(self, job: Job, text: str = "payments") -> None:
        """:param text: what is being done."""
        self._job = job
        self._bar = share_bar()
        self._task = self._bar.add_task(text, total=None, fact="")

    def _show(self, summary: Summary) -> None:
        done, total = self._job.file.progress()
        fact = f"{summary.payments:,} payments"
        if summary.rejected:
            fact += f", {summary.rejected:,} rows not mapped"
        self._bar.update(self._task, completed=done, total=total, fact=fact)

    def __enter__(self) -> Self:
        self._bar.start()
        self._job.on_progress = self._show
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
