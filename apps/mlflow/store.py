"""MLflow's store: an SQLite file and a folder of files, used by one process at a time."""

import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from apps.mlflow.errors import StoreError

if TYPE_CHECKING:
    from mlflow import MlflowClient

DATABASE = "mlflow.db"
ARTIFACTS = "artifacts"
LOCK = "lock"
EXPERIMENT = "swipestream"
PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.1
QUIET = ("mlflow", "alembic")


def address(store: Path) -> str:
    """The database as MLflow names it."""
    return f"sqlite:///{store / DATABASE}"


@contextlib.contextmanager
def opened(
    store: Path, patience_seconds: float = PATIENCE_SECONDS
) -> Iterator[tuple["MlflowClient", str]]:
    """
    A client and the id of the experiment that holds the runs; both are made at first use.

    :raises StoreError: the store cannot be written, is in use for too long, or is damaged.
    """
    # Before MLflow is imported, which reads them.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["DO_NOT_TRACK"] = "true"
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    with _alone(store, patience_seconds), _explained(store):
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=address(store), registry_uri=address(store))
        experiment = client.get_experiment_by_name(EXPERIMENT)
        if experiment is not None:
            yield client, str(experiment.experiment_id)
        else:
            files = (store / ARTIFACTS).as_uri()
            yield client, str(client.create_experiment(EXPERIMENT, artifact_location=files))


@contextlib.contextmanager
def _alone(store: Path, patience_seconds: float) -> Iterator[None]:
    try:
        store.mkdir(parents=True, exist_ok=True)
        handle = (store / LOCK).open("w")
    except OSError as error:
        raise StoreError(
            f"{store} cannot be written: {error.strerror}", "give it to the user who records"
        ) from None
    deadline = time.monotonic() + patience_seconds
    with handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise StoreError(
                        f"{store} has been in use for {patience_seconds:.0f} s",
                        "wait for the other process that records",
                    ) from None
                time.sleep(POLL_SECONDS)
        yield


@contextlib.contextmanager
def _explained(store: Path) -> Iterator[None]:
    try:
        yield
    except StoreError:
        raise
    except Exception as error:
        text = f"{error} {error.__cause__ or ''}"
        if "is locked" in text:
            fact, hint = "is locked by another process", "close what uses it"
        elif "not a database" in text or "malformed" in text:
            fact, hint = "is damaged", f"restore {store}, or move it away and record all models"
        elif "out-of-date" in text or "Can't locate revision" in text:
            fact, hint = "was written by another version of MLflow", f"move {store} away"
        else:
            line = (str(error).strip().splitlines() or [""])[0]
            fact, hint = f"refused: {type(error).__name__}: {line[:200]}", f"look at {store}"
        raise StoreError(f"{store / DATABASE} {fact}", hint) from error
