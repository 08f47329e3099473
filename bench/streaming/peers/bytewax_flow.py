"""Bytewax: a card's history is the state of its key, in SQLite at the end of each epoch."""

import gc
import multiprocessing
import os
import pickle
import signal
import socket
import sys
import threading
from collections.abc import Iterable, Sequence
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import pyarrow as pa
from bytewax import operators as op
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main

from bench.streaming.peers.batch_scorer import BatchScorer
from bench.streaming.peers.bytewax_connectors import (
    Payment,
    PaymentsTopic,
    Place,
    RowsTable,
    told_to_stop,
)
from bench.streaming.peers.card_history import History
from bench.streaming.peers.card_state import CardState
from bench.streaming.peers.reference import Reference
from bench.streaming.peers.work import Work

EPOCH = timedelta(seconds=10)
# New objects between two garbage collections.
GARBAGE_AFTER = 100_000

WithHistory = tuple[Payment, History, Place]


class Card(StatefulBatchLogic[tuple[Payment, Place], WithHistory, bytes]):  # type: ignore[misc]
    """A card's history; takes each payment once."""

    def __init__(self, state: bytes | None) -> None:
        self._state: CardState = pickle.loads(state) if state else CardState()

    def on_batch(self, values: list[tuple[Payment, Place]]) -> tuple[list[WithHistory], bool]:
        """The new payments, with what was before each."""
        found = []
        for payment, place in values:
            history = self._state.add(payment)
            if history is not None:
                found.append((payment, history, place))
        return found, self.RETAIN

    def snapshot(self) -> bytes:
        """A copy that the next payment does not change."""
        return pickle.dumps(self._state, pickle.HIGHEST_PROTOCOL)


def dataflow(work: Work, process: int) -> Dataflow:
    """
    From the topic to the table.

    :param process: number of this process among Bytewax's.
    """
    scorer = BatchScorer(Reference(work.postgres), work.bundle)

    def scored(items: list[tuple[str, WithHistory]]) -> Iterable[tuple[str, pa.Table]]:
        """The results of many cards at once, as rows."""
        payments, histories, places = zip(*(value for _, value in items), strict=True)
        return [(str(process), scorer.rows(payments, histories, places))]

    flow = Dataflow("score_payments")
    payments = op.input("payments", flow, PaymentsTopic(work))
    with_history = op.stateful_batch("history", payments, Card)
    rows = op.flat_map_batch("score", with_history, scored)
    op.output("store", rows, RowsTable(work, process))
    return flow


def run(
    work: Work, process: int, addresses: list[str] | None, others: Sequence[BaseProcess] = ()
) -> None:
    """
    One process with one worker, until SIGTERM.

    :param addresses: of all processes; None if there is one only.
    :param others: processes to stop together with this one.
    """

    def stop(*_: object) -> None:
        told_to_stop.set()
        for other in others:
            other.terminate()

    signal.signal(signal.SIGTERM, stop)
    flow = dataflow(work, process)
    # The histories are many small objects that refer to each other in no circles.
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)
    cli_main(
        flow,
        process_id=process if addresses else None,
        addresses=addresses,
        epoch_interval=EPOCH,
        recovery_config=RecoveryConfig(work.state_dir),
    )


def run_beside(work: Work, process: int, addresses: list[str]) -> None:
    """As `run`, in a process that does not outlive the one that started it."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_parent() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    run(work, process, addresses)


def free_addresses(count: int) -> list[str]:
    """This many free addresses on this machine."""
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = ["{}:{}".format(*server.getsockname()) for server in servers]
    for server in servers:
        server.close()
    return addresses


def main() -> int:
    """:return: 0 if every process ended because it was asked to."""
    work = Work.read()
    state_dir = Path(work.state_dir)
    if not any(state_dir.glob("part-*.sqlite3")):
        init_db_dir(state_dir, work.parallelism)
    if work.parallelism == 1:
        run(work, 0, None)
        return 0
    # Processes, because threads would share Python's lock.
    addresses = free_addresses(work.parallelism)
    spawn = multiprocessing.get_context("spawn")
    others = [
        spawn.Process(target=run_beside, args=(work, number, addresses))
        for number in range(1, work.parallelism)
    ]
    for other in others:
        other.start()
    run(work, 0, addresses, others)
    for other in others:
        other.join()
    return max(abs(other.exitcode or 0) for other in others)


if __name__ == "__main__":
    sys.exit(main())
