"""Starting the training program, which lives in an environment of its own."""

import subprocess
from pathlib import Path

from swipestream.errors import SwipestreamError
from swipestream.settings import REPO_ROOT

TRAINING_PYTHON = REPO_ROOT / ".venv-training" / "bin" / "python"


class TrainingEnvironmentError(SwipestreamError):
    """The environment that training needs is not installed."""


def run_training(world: Path, models: Path, seed: int, promote: bool | None = None) -> int:
    """
    Learn from a world's history and publish the model; progress and messages pass through.

    LightGBM's numpy and PyFlink's do not fit into one environment, hence a process.

    :param world: folder with the history.
    :param models: where bundles go.
    :param promote: make it the champion; None: only if there is none.
    :return: exit status.
    :raises TrainingEnvironmentError: the environment is not there.
    """
    if not TRAINING_PYTHON.exists():
        raise TrainingEnvironmentError(f"{TRAINING_PYTHON} does not exist", "run `make setup`")
    command = [
        *(TRAINING_PYTHON, "-m", "training"),
        *("--world", world.absolute()),
        *("--out", models.absolute()),
        *("--seed", seed),
    ]
    if promote is not None:
        command.append("--promote" if promote else "--no-promote")
    return subprocess.run(list(map(str, command)), cwd=REPO_ROOT, check=False).returncode
