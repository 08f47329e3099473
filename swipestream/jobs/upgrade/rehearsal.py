"""Rehearse a restore: run the new version from a savepoint in a separate Flink, writing nothing.

It shares no memory and no slot with the cluster, so a rehearsal that fails or grows too big harms
nobody. It reads what the job would read, and its windows take it in; as every payment is below its
lowest offset to write, nothing is looked up, scored or stored.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from swipestream.errors import JobError
from swipestream.jobs.client import client_command, client_environment, condensed, prepare_client
from swipestream.jobs.environment import job_environment
from swipestream.jobs.failures import is_misfit
from swipestream.jobs.submission import script_of
from swipestream.settings import FlinkSettings, JobSettings
from swipestream.stack import flink, kafka
from swipestream.stack.files import make_folder, write_if_changed
from swipestream.stack.runtime_dir import without_spaces

# The heap of the TaskManager for the state, and a little for the rest of that Flink.
OTHER_HEAP_MB = 256
REHEARSAL_SECONDS = 300
POLL_SECONDS = 0.2
END_SECONDS = 10
HIGHEST_OFFSET = 2**63 - 1
# What is about the cluster's own processes.
_NOT_HERE = ("jobmanager.", "taskmanager.", "rest.", "blob.", "web.", "heartbeat.")


class Rehearsal:
    """One run of the new version, from its plan to its first checkpoint."""

    def __init__(self, folder: Path, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.folder, self.log = folder, log
        self._process = process
        self._until = time.monotonic() + REHEARSAL_SECONDS

    def plan(self) -> dict[str, object]:
        """
        What the new version's state depends on, as flink_jobs/plan_record.py describes it.

        :raises JobError: Flink does not accept the new SQL.
        """
        path = self.folder / "plan.json"
        while True:
            with contextlib.suppress(FileNotFoundError, ValueError):
                plan: dict[str, object] = json.loads(path.read_text())
                return plan
            if self._has_ended():
                fact, hint = condensed(self.log.read_text(errors="replace"))
                raise JobError(
                    f"the new version cannot be started: {fact}",
                    "; ".join(filter(None, [hint, f"read {self.log}"])),
                )

    def failure(self) -> str:
        """
        Why the state cannot be restored; empty once a checkpoint shows that it was.

        :raises JobError: it failed for another reason, which may pass.
        """
        while True:
            if any((self.folder / "checkpoints").glob("*/chk-*/_metadata")):
                return ""
            if self._has_ended():
                output = self.log.read_text(errors="replace")
                fact, _ = condensed(output)
                if is_misfit(output):
                    return fact
                raise JobError(
                    f"the new version could not be checked: {fact}",
                    f"nothing was changed, and its state may fit; try again, or read {self.log}",
                )

    def _has_ended(self) -> bool:
        if time.monotonic() > self._until:
            raise JobError(
                f"the rehearsal of the new version did not end in {REHEARSAL_SECONDS} s",
                f"read {self.log}",
            )
        time.sleep(POLL_SECONDS)
        return self._process.poll() is not None


@contextmanager
def rehearsal(settings: JobSettings, name: str, savepoint: str) -> Iterator[Rehearsal]:
    """
    Start a rehearsal, and end it with the block.

    :param name: of the job.
    :param savepoint: on this machine; empty to plan only.
    """
    prepare_client(settings)
    folder = make_folder(flink.folder(settings) / "rehearsal")
    shutil.rmtree(folder)
    make_folder(folder)
    log = settings.state_dir / "logs" / "flink-rehearsal.log"
    make_folder(log.parent)
    script = script_of(name)
    command = client_command(
        settings,
        flink.heap_mb(settings) + OTHER_HEAP_MB,
        "--target",
        "local",
        "--python",
        str(without_spaces(settings, script.parent) / script.name),
    )
    if savepoint:
        command += ["--fromSavepoint", savepoint]
    write_configuration(settings, folder)
    partitions = kafka.topics(settings, timeout_seconds=10).get(settings.payments_topic, 1)
    environment = client_environment(settings) | job_environment(settings)
    environment |= {
        "FLINK_CONF_DIR": str(folder / "conf"),
        "PLAN_FILE": str(folder / "plan.json"),
        "WRITE_FROM": ",".join([str(HIGHEST_OFFSET)] * partitions),
        "CHECKPOINT_SECONDS": "1",
        "REHEARSAL": "1",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
    try:
        yield Rehearsal(folder, process, log)
    finally:
        end(process)
        shutil.rmtree(folder, ignore_errors=True)


def write_configuration(settings: FlinkSettings, folder: Path) -> None:
    """Flink's configuration as in the cluster, but with other folders and ports."""
    values = {
        key: value
        for key, value in flink.configuration(settings).items()
        if not key.startswith(_NOT_HERE)
    }
    scratch = without_spaces(settings, make_folder(folder / "tmp"))
    values |= {
        "rest.bind-address": "127.0.0.1",
        "rest.port": 0,
        "rest.bind-port": "0",
        "io.tmp.dirs": str(scratch),
        "execution.checkpointing.dir": flink.address_of(folder / "checkpoints"),
    }
    write_if_changed(folder / "conf" / "config.yaml", flink.configuration_text(values))


def end(process: "subprocess.Popen[bytes]") -> None:
    """End the rehearsal's Flink, its Python and all they started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
            # What it started may outlive it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            return
