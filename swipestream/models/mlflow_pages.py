"""MLflow's own pages over the record of models, on loopback only."""

import contextlib
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

from swipestream.errors import ServiceError
from swipestream.models import mlflow_record
from swipestream.models.mlflow_record import registry_environment, store_dir
from swipestream.settings import LOOPBACK, REPO_ROOT, ModelSettings
from swipestream.stack.files import make_folder
from swipestream.stack.ports import check_ports

START_SECONDS = 180
END_SECONDS = 10
POLL_SECONDS = 0.2


class MlflowPages:
    """A running server; ends with the context."""

    def __init__(self, process: subprocess.Popen[bytes], address: str, log: Path) -> None:
        self.address = address
        self._process = process
        self._log = log

    def wait(self) -> None:
        """
        Until Ctrl-C, or until somebody ends the server.

        :raises ServiceError: it has ended by itself.
        """

        def interrupt(number: int, frame: FrameType | None) -> None:
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGTERM, interrupt)
        try:
            self._process.wait()
        except KeyboardInterrupt:
            return
        finally:
            signal.signal(signal.SIGTERM, before)
        raise ServiceError("MLflow has ended", f"read {self._log}")

    def wait_until_ready(self) -> None:
        """:raises ServiceError: it does not answer, or has ended."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self._process.poll() is not None:
                raise ServiceError(f"MLflow did not start: {last_line(self._log)}", self._hint)
            with contextlib.suppress(urllib.error.URLError, OSError):
                urllib.request.urlopen(f"{self.address}/health", timeout=5).close()
                return
            if time.monotonic() > deadline:
                raise ServiceError(f"MLflow does not answer on {self.address}", self._hint)
            time.sleep(POLL_SECONDS)

    @property
    def _hint(self) -> str:
        return f"read {self._log}"

    def close(self) -> None:
        """End it."""
        # Its workers are separate processes in a separate group.
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(END_SECONDS)
                return


def serve(settings: ModelSettings) -> MlflowPages:
    """
    Start the server and wait until it answers.

    :raises SwipestreamError: MLflow is not installed, its port is taken, or it does not start.
    """
    # By module, so that a test may put another program there.
    python = mlflow_record.REGISTRY_PYTHON
    if not python.exists():
        raise ServiceError("MLflow is not installed", "run `make registry`")
    check_ports({"MLFLOW_PORT": settings.mlflow_port})
    store = make_folder(store_dir(settings))
    log = make_folder(settings.state_dir / "logs") / "mlflow.log"
    command = [
        *(str(python), "-m", "mlflow", "server"),
        *("--backend-store-uri", f"sqlite:///{store / 'mlflow.db'}"),
        *("--default-artifact-root", (store / "artifacts").as_uri()),
        *("--host", LOOPBACK, "--port", str(settings.mlflow_port), "--workers", "1"),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=REPO_ROOT,
            env=registry_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    pages = MlflowPages(process, f"http://{LOOPBACK}:{settings.mlflow_port}", log)
    try:
        pages.wait_until_ready()
    except BaseException:
        pages.close()
        raise
    return pages


def last_line(log: Path) -> str:
    """What a program said last; empty if it said nothing."""
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return lines[-1][:200] if lines else "it said nothing"
