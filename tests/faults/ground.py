"""The running stack as the faults see it: its processes, its checkpoints, its connections."""

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import psutil
import psycopg
from confluent_kafka import Producer

from flink_jobs.score_payments import JOB
from simulator import World
from simulator.live import live_payments
from swipestream import kafka_security
from swipestream.jobs import cluster_jobs, wanted_jobs
from swipestream.operate.programs import programs
from swipestream.settings import Settings
from swipestream.stack import flink
from swipestream.stack.flink import folder
from swipestream.stack.postgres import admin_url, data_dir
from swipestream.stack.processes import processes_of
from swipestream.stack.program import NotReadyError
from swipestream.stack.supervision import Supervisor, instance_id
from tests.eventually import eventually
from tests.pipeline.strangers import FOREIGN, ask, requests, work_given_to_a_stranger
from tests.udfs.tiny_bundle import publish_tiny_bundle
from udfs.model_bundle import CHAMPION, MODEL, read_pointer, write_pointer

WORKER = "pyflink.fn_execution.beam.beam_boot"
PATIENCE_SECONDS = 180.0
POLL_SECONDS = 0.1
FLIPPED_BYTES = 64
# Payments a second of another producer.
COMPRESSED_RATE, OTHER_SEED = 200.0, 815


class Ground:
    """What can be harmed, and whether it has recovered."""

    def __init__(self, settings: Settings, world: World) -> None:
        """:param world: whose people pay."""
        self.settings = settings
        self.world = world
        self.supervisor = Supervisor(settings)
        self._programs = {program.name: program for program in programs(settings)}
        self._worker = 0

    def pid(self, program: str) -> int:
        """0 while it does not run."""
        return self.supervisor.states()[program].pid

    def kill(self, program: str) -> None:
        """kill -9 of this process only; the supervisor reacts as usual."""
        pid = self.wait(lambda: self.pid(program), f"{program} runs")
        os.kill(pid, signal.SIGKILL)
        self.wait(lambda: self.pid(program) != pid, f"{program} is gone")

    def pause(self, program: str, seconds: float) -> None:
        """SIGSTOP for so long."""
        pid = self.pid(program)
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            # It may have been replaced meanwhile.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def answers(self, program: str) -> bool:
        """Whether it runs and does its work."""
        state = self.supervisor.states()[program]
        if state.state != "RUNNING":
            return False
        try:
            self._programs[program].check()
        except NotReadyError:
            return False
        return True

    def all_answer(self) -> bool:
        """Whether every program does."""
        return all(self.answers(name) for name in self._programs)

    def job_runs(self) -> bool:
        """Whether the cluster lists the scoring job with all its tasks running."""
        try:
            found = [job for job in cluster_jobs.jobs(self.settings) if job.name == JOB.name]
        except NotReadyError:
            return False
        return any(job.tasks_running == job.tasks_total > 0 for job in found)

    def wait_until_it_answers(self, program: str) -> None:
        """:raises AssertionError: it does not come back."""
        self.wait(lambda: self.answers(program), f"{program} answers")

    def wait(self, look: Callable[[], int], what: str) -> int:
        """
        Check repeatedly.

        :raises AssertionError: not within `PATIENCE_SECONDS`.
        """
        return eventually(look, what=what, seconds=PATIENCE_SECONDS, pause_seconds=POLL_SECONDS)

    def python_worker(self) -> int:
        """Process id of the newest Python worker of the TaskManager; 0 if there is none."""
        try:
            family = psutil.Process(self.pid("flink-taskmanager")).children(recursive=True)
            workers = [member for member in family if WORKER in " ".join(member.cmdline())]
        except (psutil.Error, ValueError):
            return 0
        return max(workers, key=lambda worker: worker.create_time()).pid if workers else 0

    def kill_python_worker(self) -> None:
        """kill -9 the process that holds the model."""
        self._worker = self.wait(self.python_worker, "a Python worker runs")
        os.kill(self._worker, signal.SIGKILL)

    def wait_for_another_python_worker(self) -> None:
        """:raises AssertionError: none comes."""
        self.wait(
            lambda: self.python_worker() not in (0, self._worker), "another Python worker runs"
        )

    def be_a_stranger_at_the_workers_door(self) -> None:
        """
        Kill the worker and pose as its replacement, until another one runs.

        :raises AssertionError: the stranger was given payments to score.
        """
        self.kill_python_worker()
        while True:
            is_over = self.python_worker() not in (0, self._worker)
            given = work_given_to_a_stranger(self.settings)
            assert not given, given
            if is_over:
                return

    def be_a_foreign_page(self, seconds: float) -> None:
        """
        Send Flink every request, as a page of another site and as a caller without the password.

        :raises AssertionError: something was let through.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for method, path, headers, body in requests(self.job().job_id):
                for foreign in FOREIGN:
                    status, _, _ = ask(self.settings, method, path, headers | foreign, body)
                    assert status == HTTPStatus.FORBIDDEN, (method, path, foreign)
                status, _, _ = ask(self.settings, method, path, headers, body, login="")
                assert status == HTTPStatus.UNAUTHORIZED, (method, path)

    def send_compressed(self, codec: str, seconds: float) -> None:
        """
        Let another producer send other payments for so long, in compressed batches.

        :param codec: as Kafka calls it.
        """
        producer = Producer(
            {
                **kafka_security.client_options(self.settings),
                "acks": "all",
                "compression.type": codec,
                # A batch that does not get smaller is sent as it is.
                "linger.ms": 200,
                "partitioner": "murmur2_random",
            }
        )
        begin = time.time()
        for payment in live_payments(self.world, round(begin * 1000), COMPRESSED_RATE, OTHER_SEED):
            due = payment.event_ms / 1000
            if due > begin + seconds:
                break
            time.sleep(max(0.0, due - time.time()))
            message = payment.message
            producer.produce(self.settings.payments_topic, message.value, message.key)
            producer.poll(0)
        assert producer.flush(PATIENCE_SECONDS) == 0, "not all of it was confirmed"

    def job(self) -> cluster_jobs.FlinkJob:
        """The scoring job."""
        return next(job for job in cluster_jobs.jobs(self.settings) if job.name == JOB.name)

    def cancel_without_the_command(self) -> None:
        """Cancel the job as Flink's own client does; waits until it is gone."""
        before = self.job().job_id
        path = f"/jobs/{before}?mode=cancel"
        flink.open_rest(self.settings, path, method="PATCH").close()
        self.wait(
            lambda: all(job.job_id != before for job in cluster_jobs.jobs(self.settings)),
            "it is cancelled",
        )

    def corrupt_newest_checkpoint(self) -> Path:
        """Flip bytes in the middle of each file of the next checkpoint as soon as it is there."""
        job = wanted_jobs.read(self.settings, JOB.name)
        assert job is not None

        def newest() -> Path | None:
            found = wanted_jobs.complete_checkpoints(self.settings, job.job_id)
            return found[0] if found else None

        before = newest()
        # A fresh one, so that there is time until the one after it.
        self.wait(lambda: newest() not in (None, before), "a checkpoint is complete")
        folder = newest()
        assert folder is not None
        for path in folder.iterdir():
            content = bytearray(path.read_bytes())
            middle = len(content) // 2
            for at in range(middle, min(middle + FLIPPED_BYTES, len(content))):
                content[at] ^= 0x5A
            path.write_bytes(content)
        return folder

    def kill_everything(self) -> None:
        """kill -9 every process of the stack at once, its supervisor and its Python workers too."""
        doomed = list(processes_of(instance_id(self.settings)))
        for process in doomed:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        _, left = psutil.wait_procs(doomed, timeout=PATIENCE_SECONDS)
        assert not left, f"still there: {left}"

    def name_in_pid_files(self, postgres: int) -> None:
        """
        Make the leftover pid files name living processes of other programs.

        :param postgres: process id of another folder's Postgres.
        """
        file = data_dir(self.settings) / "postmaster.pid"
        _, rest = file.read_text().split("\n", 1)
        file.write_text(f"{postgres}\n{rest}")
        (self.settings.state_dir / "run" / "supervisord.pid").write_text(f"{os.getpid()}\n")

    @contextmanager
    def small_heap(self, megabytes: int) -> Iterator[None]:
        """Give the TaskManager's Java only this much memory, and then what it had before."""
        file = folder(self.settings) / "taskmanager.args"
        before = file.read_text()
        sizes = re.compile(r"-X(mx|ms|mn)\d+m")
        try:
            file.write_text(sizes.sub(rf"-X\g<1>{megabytes}m", before))
            self.kill("flink-taskmanager")
            yield
        finally:
            file.write_text(before)
            self.kill("flink-taskmanager")

    @contextmanager
    def all_connections_taken(self) -> Iterator[None]:
        """Take every connection but the superuser's, even the stream's; cut existing ones."""
        taken: list[psycopg.Connection] = []
        try:
            with psycopg.connect(admin_url(self.settings), autocommit=True) as admin:
                self._take_connections(taken)
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE usename IS NOT NULL AND pid <> pg_backend_pid() "
                    "AND NOT pid = ANY(%s)",
                    [[connection.info.backend_pid for connection in taken]],
                )
                self._take_connections(taken)
            yield
        finally:
            for connection in taken:
                connection.close()

    def _take_connections(self, taken: list[psycopg.Connection]) -> None:
        while True:
            try:
                taken.append(psycopg.connect(self.settings.stream_url, connect_timeout=5))
            except psycopg.OperationalError:
                return

    @contextmanager
    def broken_champion(self) -> Iterator[None]:
        """Truncate another model's file, and make that model the champion."""
        models = self.settings.models_dir
        good = read_pointer(models, CHAMPION)
        assert good is not None
        broken = publish_tiny_bundle(
            models,
            JOB.model_features,
            categorical=("channel", "merchant_category"),
            shift=0.25,
            promote=False,
        )
        path = models / broken / MODEL
        path.write_bytes(path.read_bytes()[:100])
        write_pointer(models, CHAMPION, broken)
        try:
            yield
        finally:
            write_pointer(models, CHAMPION, good)
