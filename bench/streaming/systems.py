"""The systems under test, as things that are started on a topic and stopped again."""

import dataclasses
import os
import shutil
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from bench.streaming.peers.work import Work
from bench.streaming.plan import OURS
from bench.streaming.spark_jars import spark_jars
from flink_jobs.pipelines import PAYMENTS
from swipestream.errors import ServiceError, SwipestreamError
from swipestream.jobs import cluster_jobs, ending, submission
from swipestream.settings import REPO_ROOT, JobSettings
from swipestream.stack.java import java_home
from swipestream.stack.supervision import Supervisor
from udfs.model_bundle import CHAMPION, read_pointer

JOB_NAME = PAYMENTS.job.name
PEERS_PYTHON = REPO_ROOT / ".venv-peers" / "bin" / "python"
TABLE = "scored_payments"
STOP_SECONDS = 30
LOG_LINES = 5


class System(Protocol):
    """A system that scores the topic from its first message on."""

    def start(self, *, is_bulk: bool) -> None:
        """
        Start it; returns when it is running.

        :param is_bulk: tuned for throughput, else for latency.
        :raises SwipestreamError: it does not start.
        """

    def stop(self) -> None:
        """Stop it and delete its state."""

    def processes(self) -> Iterable[int]:
        """The roots of its process trees."""

    def check(self) -> None:
        """:raises ServiceError: it has ended by itself."""


class OurStream:
    """The job, in the stack's Flink."""

    def __init__(self, settings: JobSettings, bulk_parallelism: int) -> None:
        """:param bulk_parallelism: copies of each step, tuned for throughput; else as set."""
        self._settings = settings
        self._bulk_parallelism = bulk_parallelism
        self._supervisor = Supervisor(settings)

    def start(self, *, is_bulk: bool) -> None:
        """Submit the job."""
        settings = self._settings
        if is_bulk:
            settings = dataclasses.replace(settings, parallelism=self._bulk_parallelism)
        submission.submit(settings, JOB_NAME)

    def stop(self) -> None:
        """Cancel it; the next one starts without state."""
        ending.cancel_all(self._settings, JOB_NAME)

    def processes(self) -> Iterable[int]:
        """JobManager, and TaskManager with its Python workers."""
        states = self._supervisor.states()
        return [states[name].pid for name in ("flink-jobmanager", "flink-taskmanager")]

    def check(self) -> None:
        """:raises ServiceError: the job is not there any more."""
        if not cluster_jobs.running(self._settings, JOB_NAME):
            raise ServiceError(f"{JOB_NAME} has ended", "see `swipestream logs flink-taskmanager`")


class Peer:
    """A module of bench/streaming/peers, as a process."""

    def __init__(
        self, settings: JobSettings, name: str, folder: Path, partitions: int, parallelism: int
    ) -> None:
        """
        :param folder: for its state and its log.
        :param partitions: of the topic.
        """
        self._settings, self.name, self._folder = settings, name, folder
        self._partitions, self._parallelism = partitions, parallelism
        self._process: subprocess.Popen[bytes] | None = None
        self._number = 0

    def start(self, *, is_bulk: bool) -> None:
        """
        Start its process.

        :raises SwipestreamError: its environment is not installed.
        """
        if not PEERS_PYTHON.exists():
            raise SwipestreamError(f"{PEERS_PYTHON} does not exist", "run `make peers`")
        self._number += 1
        # Never the same twice: a peer may derive its name in Kafka from it.
        state = self._folder / f"{self.name}-{os.getpid()}-{self._number}"
        shutil.rmtree(state, ignore_errors=True)
        state.mkdir(parents=True)
        settings = self._settings
        version = read_pointer(settings.models_dir, CHAMPION)
        work = Work(
            kafka=settings.kafka_address,
            topic=settings.payments_topic,
            partitions=self._partitions,
            postgres=settings.postgres_url,
            table=TABLE,
            bundle=str(settings.models_dir / str(version)),
            state_dir=str(state),
            parallelism=self._parallelism,
            is_bulk=is_bulk,
        )
        path = self._folder / f"{self.name}.json"
        path.touch(mode=0o600)
        work.write(path)
        environment = os.environ | {
            "JAVA_HOME": str(java_home()),
            "PYTHONPATH": str(REPO_ROOT),
            "OMP_NUM_THREADS": "1",
        }
        if self.name.startswith("spark"):
            environment["SPARK_JARS"] = ",".join(map(str, spark_jars(settings)))
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [PEERS_PYTHON, "-m", f"bench.streaming.peers.{self.name}", path],
                cwd=REPO_ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def log(self) -> Path:
        """What it says."""
        return self._folder / f"{self.name}.log"

    def stop(self) -> None:
        """Ask it to end, then kill it; its state is deleted."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for state in self._folder.glob(f"{self.name}-*"):
            shutil.rmtree(state, ignore_errors=True)

    def processes(self) -> Iterable[int]:
        """Its one process."""
        return [self._process.pid] if self._process else []

    def check(self) -> None:
        """:raises ServiceError: it has ended, with what it said last."""
        if self._process is None or self._process.poll() is None:
            return
        said = self.log.read_text(errors="replace").strip().splitlines()[-LOG_LINES:]
        raise ServiceError(f"{self.name} has ended: {' / '.join(said)}", f"see {self.log}")


def system(settings: JobSettings, name: str, folder: Path, partitions: int) -> System:
    """
    A system by its name in `plan.NAMES`.

    :param partitions: of the topic; for throughput each may use as many workers.
    """
    if name == OURS:
        return OurStream(settings, partitions)
    return Peer(settings, name, folder, partitions, parallelism=partitions)
