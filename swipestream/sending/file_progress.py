"""How far a file has been read, as a bar."""

from collections.abc import Iterator
from contextlib import contextmanager

from swipestream.console.progress import share_bar
from swipestream.sending.produce_file import Job, Summary


@contextmanager
def file_progress(job: Job, text: str = "payments") -> Iterator[None]:
    """
    Show how far a file has been read.

    :param text: what is being done.
    """
    with share_bar() as bar:
        task = bar.add_task(text, total=None, fact="")

        def show(summary: Summary) -> None:
            done, total = job.file.progress()
            fact = f"{summary.payments:,} payments"
            if summary.rejected:
                fact += f", {summary.rejected:,} rows not mapped"
            bar.update(task, completed=done, total=total, fact=fact)

        job.on_progress = show
        yield
