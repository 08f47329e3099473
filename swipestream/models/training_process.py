"""Starting the training program, which has a separate environment."""

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from swipestream.errors import SwipestreamError
from swipestream.settings import REPO_ROOT
from udfs.model_bundle import CHALLENGER, CHAMPION, Pointer, read_pointer, write_pointer

TRAINING_PYTHON = REPO_ROOT / ".venv-training" / "bin" / "python"
PASSED = "passed"


class TrainingEnvironmentError(SwipestreamError):
    """The environment that training needs is not installed."""


@dataclass(frozen=True)
class TrainingResult:
    """
    What a training process left behind.

    :param status: its exit status.
    :param version: of the bundle; None if there is none.
    :param is_passed: whether the gate lets it be put forward.
    """

    status: int
    version: str | None = None
    is_passed: bool = False


def run_training(
    models: Path,
    arguments: Sequence[object],
    database_url: str | None = None,
    niceness: int = 0,
) -> TrainingResult:
    """
    Train a model and judge it; progress and messages pass through. Pointers stay as they are.

    LightGBM's numpy and PyFlink's do not fit into one environment, hence a process.

    :param models: where bundles go.
    :param arguments: options of `python -m training`.
    :param database_url: with a password, so it does not go by the command line.
    :param niceness: how far to step back behind other processes, 0 to 19.
    :raises TrainingEnvironmentError: the environment is not there.
    """
    if not TRAINING_PYTHON.exists():
        raise TrainingEnvironmentError(f"{TRAINING_PYTHON} does not exist", "run `make setup`")
    environment = dict(os.environ)
    if database_url:
        environment["DATABASE_URL"] = database_url
    with tempfile.TemporaryDirectory() as folder:
        outcome = Path(folder) / "outcome.json"
        command = [
            *(("nice", "-n", niceness) if niceness else ()),
            *(TRAINING_PYTHON, "-m", "training"),
            *("--out", models.absolute()),
            *arguments,
            *("--outcome", outcome),
        ]
        status = subprocess.run(
            list(map(str, command)), cwd=REPO_ROOT, env=environment, check=False
        ).returncode
        if status or not outcome.exists():
            return TrainingResult(status)
        found = json.loads(outcome.read_text(encoding="utf-8"))
    return TrainingResult(status, found["version"], found["verdict"] == PASSED)


def put_forward(models: Path, result: TrainingResult, promote: bool | None) -> Pointer | None:
    """
    Let a pointer name a new model that the gate has let through.

    :param promote: True: champion at once; None: champion if there is none, else challenger; False:
        nothing changes.
    :return: the pointer's name; None if none was changed.
    """
    if result.version is None or not result.is_passed or promote is False:
        return None
    is_first = read_pointer(models, CHAMPION) is None
    name: Pointer = CHAMPION if promote or is_first else CHALLENGER
    write_pointer(models, name, result.version)
    return name


def run_program(module: str, *arguments: object) -> int:
    """
    Run a module in the training environment; what it says passes through.

    :param module: such as ``bench.handbook``.
    :return: exit status.
    :raises TrainingEnvironmentError: the environment is not there.
    """
    if not TRAINING_PYTHON.exists():
        raise TrainingEnvironmentError(f"{TRAINING_PYTHON} does not exist", "run `make setup`")
    command = [TRAINING_PYTHON, "-m", module, *arguments]
    return subprocess.run(list(map(str, command)), cwd=REPO_ROOT, check=False).returncode
