"""MLflow's record of models, kept by a program in a separate environment: apps/mlflow/."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from swipestream.models.bundles import named
from swipestream.models.errors import RecordError
from swipestream.settings import REPO_ROOT, HomeSettings, ModelSettings
from udfs.model_bundle import CHALLENGER, CHAMPION

REGISTRY_PYTHON = REPO_ROOT / ".venv-registry" / "bin" / "python"
TIMEOUT_SECONDS = 300


def store_dir(settings: HomeSettings) -> Path:
    """MLflow's database and files."""
    return settings.state_dir / "mlflow"


def is_installed() -> bool:
    """Whether `make registry` was run."""
    return REGISTRY_PYTHON.exists()


def registry_environment() -> dict[str, str]:
    """
    MLflow's environment: no user's settings for it, and no calls to other servers.

    Its jobs and its assistant are switched off: they are for other uses than a record.
    """
    mine = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    return mine | {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "PYTHONWARNINGS": "ignore",
    }


def sync(settings: ModelSettings, versions: Sequence[str] = ()) -> None:
    """
    Record models, and let the aliases name what the pointers name. Twice is the same as once.

    :param versions: of bundles; the champion and the challenger are recorded anyway.
    :raises RecordError: it could not, in one line, with the command that does it later.
    """
    again = f"`swipestream model record {' '.join(versions) or '--all'}`"
    if not is_installed():
        raise RecordError("not recorded: MLflow is not installed", f"run `make registry`, {again}")
    command = [
        *(str(REGISTRY_PYTHON), "-m", "apps.mlflow"),
        *("--store", str(store_dir(settings))),
        *("--models", str(settings.models_dir.absolute())),
    ]
    for name in (CHAMPION, CHALLENGER):
        command += [f"--{name}", named(settings.models_dir, name) or ""]
    try:
        result = subprocess.run(
            [*command, *versions],
            cwd=REPO_ROOT,
            env=registry_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RecordError(
            f"not recorded: MLflow does not answer: {type(error).__name__}", f"later run {again}"
        ) from None
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines() or [f"status {result.returncode}"]
        facts = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        hints = [line.removeprefix("hint: ") for line in lines if line.startswith("hint: ")]
        hint = f"{hints[-1]}, then run {again}" if hints else f"later run {again}"
        raise RecordError(f"not recorded: {(facts or lines)[-1]}", hint)
