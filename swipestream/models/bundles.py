"""The models that are there: bundles on disk, what they are, and whether they can be used."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flink_jobs.job import Job
from flink_jobs.pipelines import PAYMENTS
from swipestream.models.errors import UnknownModelError, UnusableModelError
from swipestream.settings import HomeSettings, ModelSettings
from udfs.bundle_errors import BundleError
from udfs.model_bundle import CHALLENGER, CHAMPION, MANIFEST, Pointer, read_bundle, read_pointer


@dataclass(frozen=True)
class Model:
    """
    A bundle on disk.

    :param created_at: as in bundle.json; empty if that cannot be read.
    :param role: `CHAMPION`, `CHALLENGER`, or empty.
    :param manifest: bundle.json; empty if it cannot be read.
    :param problem: why it cannot be used; None if nothing is known against it.
    """

    version: str
    created_at: str
    role: str
    manifest: dict[str, Any]
    problem: str | None


def current_user() -> str:
    """The system user, as changes name it."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def job_in_force(settings: HomeSettings) -> Job:
    """The job that `swipestream submit` would run."""
    pipeline = PAYMENTS.below(Path(settings.sql_dir)) if settings.sql_dir else PAYMENTS
    return pipeline.job


def features_in_force(settings: HomeSettings) -> tuple[str, ...]:
    """The feature list of its SQL."""
    return job_in_force(settings).model_features


def named(models_dir: Path, name: Pointer) -> str | None:
    """What a pointer names; None if nothing, or nothing that makes sense."""
    try:
        return read_pointer(models_dir, name)
    except BundleError:
        return None


def models(settings: ModelSettings) -> list[Model]:
    """Every bundle of the models folder, the newest first."""
    folder = settings.models_dir
    if not folder.is_dir():
        return []
    versions = [path.parent.name for path in folder.glob(f"[!.]*/{MANIFEST}")]
    found = [model(settings, version) for version in versions]
    return sorted(found, key=lambda item: (item.created_at, item.version), reverse=True)


def model(settings: ModelSettings, version: str) -> Model:
    """
    One bundle, checked as far as takes milliseconds.

    :raises UnknownModelError: there is none of that version.
    """
    check_exists(settings.models_dir, version)
    roles = {named(settings.models_dir, name): name for name in (CHALLENGER, CHAMPION)}
    role = roles.get(version, "")
    try:
        bundle = read_bundle(settings.models_dir / version, features_in_force(settings))
    except BundleError as error:
        return Model(version, "", role, {}, error.fact)
    manifest = dict(bundle.manifest)
    return Model(version, str(manifest.get("created_at", "")), role, manifest, None)


def check_exists(models_dir: Path, version: str) -> None:
    """:raises UnknownModelError: the models folder has no bundle of that name."""
    is_name = version == Path(version).name and not version.startswith(".")
    if not is_name or not (models_dir / version / MANIFEST).is_file():
        raise UnknownModelError(
            f"{models_dir} has no model {version}", "choose one of `swipestream model list`"
        )


def check_usable(settings: ModelSettings, version: str) -> None:
    """
    Do all that the stream does before it uses a model: hashes, features, a run and its self-test.

    :raises UnknownModelError: there is no such bundle.
    :raises UnusableModelError: the stream would refuse it.
    """
    from udfs.onnx_scorer import OnnxScorer

    check_exists(settings.models_dir, version)
    try:
        OnnxScorer.load(settings.models_dir / version, features_in_force(settings))
    except BundleError as error:
        raise UnusableModelError(error.fact, error.hint) from None
