"""The faults: what is done to the running stack, one small function each.

To add one, write a function and put it into `FAULTS`. It does its harm and returns when the harm is
done: nothing is left paused, full or stopped. It does not wait for what recovers by itself.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.operate import control
from swipestream.stack.postgres import data_dir
from tests.faults.ground import Ground

OUTAGE_SECONDS = 60.0
PAUSE_SECONDS = 20.0
FULL_SECONDS = 20.0
MODEL_SECONDS = 6.0
# Enough to start with, and too little for the job.
SMALL_HEAP_MB = 96
FOREIGN_PAGE_SECONDS = 20.0
COMPRESSED_SECONDS = 10.0


@dataclass(frozen=True)
class Fault:
    """
    One thing that goes wrong.

    :param name: for the command line and the table.
    :param text: what is done, for the table.
    :param is_short: part of the normal test run.
    """

    name: str
    text: str
    do: Callable[[Ground], None]
    is_short: bool = False


def kill(program: str) -> Callable[[Ground], None]:
    """kill -9 of one process."""
    return lambda ground: ground.kill(program)


def kill_twice(program: str) -> Callable[[Ground], None]:
    """A second kill -9 as soon as it is back."""

    def do(ground: Ground) -> None:
        ground.kill(program)
        ground.wait_until_it_answers(program)
        ground.kill(program)

    return do


def stop(program: str) -> Callable[[Ground], None]:
    """A minute without it."""

    def do(ground: Ground) -> None:
        ground.supervisor.stop(program)
        try:
            time.sleep(OUTAGE_SECONDS)
        finally:
            ground.supervisor.start(program)

    return do


def pause(program: str) -> Callable[[Ground], None]:
    """The process exists but does nothing, as on a machine that hangs."""
    return lambda ground: ground.pause(program, PAUSE_SECONDS)


def kill_python_worker(ground: Ground) -> None:
    ground.kill_python_worker()


def kill_python_worker_twice(ground: Ground) -> None:
    ground.kill_python_worker()
    ground.wait_for_another_python_worker()
    ground.kill_python_worker()


def fill_connections(ground: Ground) -> None:
    """Even those reserved for the stream; the job's own are cut, so that it needs new ones."""
    with ground.all_connections_taken():
        time.sleep(FULL_SECONDS)


def corrupt_checkpoint(program: str) -> Callable[[Ground], None]:
    """The newest checkpoint is damaged just before it is needed."""

    def do(ground: Ground) -> None:
        ground.corrupt_newest_checkpoint()
        ground.kill(program)

    return do


def kill_everything(ground: Ground) -> None:
    """
    As after a power cut: nothing runs, and the pid files name processes of other programs.

    Nothing recovers from that by itself: `swipestream up` does it, as when a machine starts.
    """
    with throw_away_postgres(ground.settings) as other:
        pid = int((data_dir(other) / "postmaster.pid").read_text().splitlines()[0])
        ground.kill_everything()
        ground.name_in_pid_files(pid)
        control.up(ground.settings)


def shrink_heap(ground: Ground) -> None:
    """A minute in which the TaskManager does little but look for memory, or ends for lack of it."""
    with ground.small_heap(SMALL_HEAP_MB):
        time.sleep(OUTAGE_SECONDS)


def break_model(ground: Ground) -> None:
    """A broken file becomes the champion, and then the good one again."""
    with ground.broken_champion():
        time.sleep(MODEL_SECONDS)


def send_zstd(ground: Ground) -> None:
    ground.send_compressed("zstd", COMPRESSED_SECONDS)


def be_a_stranger_at_the_workers_door(ground: Ground) -> None:
    ground.be_a_stranger_at_the_workers_door()


def be_a_foreign_page(ground: Ground) -> None:
    ground.be_a_foreign_page(FOREIGN_PAGE_SECONDS)


def cancel_without_the_command(ground: Ground) -> None:
    ground.cancel_without_the_command()


FAULTS = (
    Fault("kill_taskmanager", "kill -9 the TaskManager", kill("flink-taskmanager")),
    Fault(
        "kill_taskmanager_twice",
        "kill -9 the TaskManager, twice in a row",
        kill_twice("flink-taskmanager"),
    ),
    Fault("kill_jobmanager", "kill -9 the JobManager", kill("flink-jobmanager"), is_short=True),
    Fault(
        "kill_jobmanager_twice",
        "kill -9 the JobManager, twice in a row",
        kill_twice("flink-jobmanager"),
    ),
    Fault("kill_python_worker", "kill -9 the Python worker", kill_python_worker, is_short=True),
    Fault(
        "kill_python_worker_twice",
        "kill -9 the Python worker, twice in a row",
        kill_python_worker_twice,
    ),
    Fault("kill_kafka", "kill -9 Kafka", kill("kafka"), is_short=True),
    Fault("kill_kafka_twice", "kill -9 Kafka, twice in a row", kill_twice("kafka")),
    Fault("kill_postgres", "kill -9 Postgres", kill("postgres"), is_short=True),
    Fault("kill_postgres_twice", "kill -9 Postgres, twice in a row", kill_twice("postgres")),
    Fault("stop_postgres", "Postgres stopped for 60 s", stop("postgres")),
    Fault("stop_kafka", "Kafka stopped for 60 s", stop("kafka")),
    Fault("fill_connections", "Postgres' connections all taken for 20 s", fill_connections),
    Fault("pause_taskmanager", "TaskManager paused for 20 s", pause("flink-taskmanager")),
    Fault("pause_jobmanager", "JobManager paused for 20 s", pause("flink-jobmanager")),
    Fault("pause_kafka", "Kafka paused for 20 s", pause("kafka")),
    Fault(
        "corrupt_checkpoint_taskmanager",
        "newest checkpoint corrupted, then kill -9 the TaskManager",
        corrupt_checkpoint("flink-taskmanager"),
    ),
    Fault(
        "corrupt_checkpoint_jobmanager",
        "newest checkpoint corrupted, then kill -9 the JobManager",
        corrupt_checkpoint("flink-jobmanager"),
    ),
    Fault(
        "kill_everything",
        "kill -9 every process at once, pid files name others; then `swipestream up`",
        kill_everything,
    ),
    Fault(
        "shrink_heap",
        f"TaskManager with {SMALL_HEAP_MB} MB of heap for 60 s",
        shrink_heap,
    ),
    Fault("break_model", "a broken model as champion for 6 s", break_model),
    Fault("zstd_batches", "another producer's batches of zstd for 10 s", send_zstd),
    Fault(
        "stranger_as_worker",
        "kill -9 the Python worker while a stranger offers himself at every port",
        be_a_stranger_at_the_workers_door,
    ),
    Fault(
        "foreign_page",
        "a foreign web page asks Flink to end, save or replace the job for 20 s",
        be_a_foreign_page,
    ),
    Fault(
        "cancel_without_the_command",
        "the job cancelled by Flink's REST endpoint, with its password",
        cancel_without_the_command,
    ),
)


def chosen(names: str) -> list[Fault]:
    """
    :param names: "all", "short", or names with commas between.
    :raises ValueError: there is no such fault.
    """
    if names == "all":
        return list(FAULTS)
    if names == "short":
        return [fault for fault in FAULTS if fault.is_short]
    by_name = {fault.name: fault for fault in FAULTS}
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in by_name]
    if unknown:
        raise ValueError(f"there is no fault {unknown[0]}; there are {', '.join(by_name)}")
    return [by_name[name] for name in wanted]
