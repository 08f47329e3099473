"""Quix Streams: histories in RocksDB behind a changelog topic, rows written at each checkpoint."""

import signal
import sys
import uuid
from collections.abc import Iterable
from concurrent.futures import Future
from multiprocessing import Process, connection
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from types import FrameType
from typing import Any

from quixstreams import Application, State
from quixstreams.sinks import BaseSink

from bench.streaming.peers.batch_scorer import BatchScorer
from bench.streaming.peers.card_history import History
from bench.streaming.peers.packed_history import added
from bench.streaming.peers.reference import Reference
from bench.streaming.peers.stored_rows import RowWriter
from bench.streaming.peers.work import Work

HISTORY = b"history"
# Rows that are scored and stored at once.
BULK_ROWS = 10_000
LIVE_ROWS = 1_000
# Messages between two checkpoints, and seconds.
BULK_MESSAGES = 50_000
BULK_SECONDS = 5.0
LIVE_SECONDS = 0.1
LIVE_POLL_SECONDS = 0.02

Payment = tuple[dict[str, Any], History, tuple[int, int, int]]


class ScoredPayments(BaseSink):  # type: ignore[misc]
    """
    Scores and stores payments in a thread while the next come in; a checkpoint waits for it.

    So offsets and state are committed only for stored payments, as with a sink that stores at each
    checkpoint; but a payment need not wait for a checkpoint.
    """

    def __init__(self, work: Work) -> None:
        """:param work: names the model, the database and its table."""
        super().__init__()
        self._work = work
        self._rows = BULK_ROWS if work.is_bulk else LIVE_ROWS
        # What waits, and now and then a checkpoint that wants to know when all before is stored.
        self._waiting: SimpleQueue[Payment | Future[None]] = SimpleQueue()

    def setup(self) -> None:
        """Read the model and the reference data, connect, and start."""
        work = self._work
        self._scorer = BatchScorer(Reference(work.postgres), work.bundle)
        self._writer = RowWriter(work.postgres, work.table)
        Thread(target=self._store_all, name="sink", daemon=True).start()

    def add(
        self,
        value: tuple[dict[str, Any], History],
        key: Any,
        timestamp: int,
        headers: Any,
        topic: str,
        partition: int,
        offset: int,
    ) -> None:
        """Take a payment and its history."""
        self._waiting.put((*value, (partition, offset, timestamp)))

    def flush(self) -> None:
        """Wait until all is stored; raises what went wrong."""
        checkpoint: Future[None] = Future()
        self._waiting.put(checkpoint)
        checkpoint.result()

    def _store_all(self) -> None:
        batch: list[Payment] = []
        error: Exception | None = None
        while True:
            item = self._waiting.get()
            if not isinstance(item, Future):
                batch.append(item)
                is_all = not self._work.is_bulk and self._waiting.empty()
                if not is_all and len(batch) < self._rows:
                    continue
            try:
                if batch and error is None:
                    self._writer.upsert(self._scorer.rows(*zip(*batch, strict=True)))
            except Exception as caught:
                # The application ends at its next checkpoint.
                error = caught
            batch = []
            if isinstance(item, Future):
                item.set_exception(error) if error else item.set_result(None)


def with_history(payment: dict[str, Any], state: State) -> Iterable[tuple[dict[str, Any], History]]:
    """
    The payment and its card's history; nothing if it is a copy.

    :param state: of the card.
    """
    found = added(state.get_bytes(HISTORY), payment)
    if found is None:
        return ()
    state.set_bytes(HISTORY, found[0])
    return ((payment, found[1]),)


def run(work: Work, group: str, worker: int) -> None:
    """
    Consume a share of the partitions until SIGTERM.

    :param group: consumer group, which also names the state and the changelog topic.
    :param worker: its number in the group.
    """
    app = Application(
        broker_address=work.kafka,
        consumer_group=group,
        auto_offset_reset="earliest",
        state_dir=work.state_dir,
        commit_interval=BULK_SECONDS if work.is_bulk else LIVE_SECONDS,
        commit_every=BULK_MESSAGES if work.is_bulk else 0,
        consumer_poll_timeout=1.0 if work.is_bulk else LIVE_POLL_SECONDS,
        # A worker that is started again takes its partitions back at once.
        consumer_extra_config={"group.instance.id": f"{group}-{worker}"},
        producer_extra_config={"compression.type": "lz4"},
        loglevel="WARNING",
    )
    payments = app.dataframe(app.topic(work.topic))
    payments.apply(with_history, stateful=True, expand=True).sink(ScoredPayments(work))
    app.run()


def consumer_group(state_dir: Path) -> str:
    """A different name for each state folder: offsets are useless without the state."""
    file = state_dir / "consumer-group"
    if not file.exists():
        file.write_text(f"quixstreams-{uuid.uuid4().hex}", "utf-8")
    return file.read_text("utf-8")


def main() -> int:
    """:return: 0 if every worker ended because it was asked to."""
    work = Work.read()
    group = consumer_group(Path(work.state_dir))
    if work.parallelism == 1:
        run(work, group, 0)
        return 0
    # Each worker would create it if missing, and of two at once, the second would fail.
    (Path(work.state_dir) / group).mkdir(exist_ok=True)
    workers = [Process(target=run, args=(work, group, n)) for n in range(work.parallelism)]
    for worker in workers:
        worker.start()

    def stop(*_: int | FrameType | None) -> None:
        for worker in workers:
            worker.terminate()

    signal.signal(signal.SIGTERM, stop)
    # If one ends, all end: nobody would read its partitions for a while.
    connection.wait([worker.sentinel for worker in workers])
    stop()
    for worker in workers:
        worker.join()
    return max(abs(worker.exitcode or 0) for worker in workers)


if __name__ == "__main__":
    sys.exit(main())
