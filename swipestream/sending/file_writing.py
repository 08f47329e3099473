"""Writing a history as a file of messages."""

import itertools
import time
from dataclasses import dataclass
from pathlib import Path

from simulator import Account, Disorder, Message, World, disturbed
from simulator.errors import WorldError
from simulator.messages import PaymentWriter
from swipestream.console.progress import share_bar

LINES_AT_ONCE = 10_000


@dataclass(frozen=True)
class Written:
    """What was written."""

    messages: int
    seconds: float
    account: Account | None


def write_messages(world: World, file: Path, disorder: Disorder) -> Written:
    """
    Write all payments of a history, in the order in which they would be sent.

    :param file: ends in .jsonl or .parquet.
    :param disorder: only for .jsonl. A message that is not text, or is missing, becomes the line it
        would be; a tombstone becomes an empty line.
    :raises WorldError: the file cannot be written.
    """
    try:
        if file.suffix == ".parquet":
            import pyarrow.parquet as pq

            begin = time.monotonic()
            pq.write_table(world.payments_table(), file, compression="zstd")
            return Written(len(world.payments), time.monotonic() - begin, None)
        return _write_lines(world, file, disorder)
    except OSError as error:
        raise WorldError(f"{file} cannot be written: {error.strerror}", "name another") from None


def _write_lines(world: World, file: Path, disorder: Disorder) -> Written:
    payments, ids = world.payments, world.transaction_ids
    begin = time.monotonic()
    lines = PaymentWriter(world.setting).lines(payments, ids)
    account = None
    if disorder != Disorder():
        account = Account()
        messages = map(Message, payments.event_ms.tolist(), itertools.repeat(None), lines, ids)
        disordered = disturbed(messages, disorder, account, world.arguments.seed)
        lines = (message.value or b"" for message in disordered)
    count = 0
    with file.open("wb") as stream, share_bar() as progress:
        task = progress.add_task(str(file), total=len(payments), fact="")
        while lot := list(itertools.islice(lines, LINES_AT_ONCE)):
            stream.write(b"\n".join(lot))
            stream.write(b"\n")
            count += len(lot)
            progress.update(task, completed=count)
    return Written(count, time.monotonic() - begin, account)
