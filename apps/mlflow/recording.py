"""Bundles as MLflow's runs and model versions; recording twice is the same as once."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.mlflow.bundle_facts import VERSION_TAG, BundleFacts, read_facts

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODEL = "swipestream"
BUNDLE = "bundle"
# What one request may hold.
METRICS_AT_ONCE, PARAMETERS_AT_ONCE = 1000, 100


def record(client: "MlflowClient", experiment: str, folder: Path) -> str:
    """
    Make a bundle's run and its version of the registered model, unless they are there.

    :param experiment: id of the experiment that holds the runs.
    :return: MLflow's number of the version.
    :raises StoreError: the folder is not a bundle.
    """
    facts = read_facts(folder)
    run = _finished_run(client, experiment, facts.version)
    if run is None:
        run = _write_run(client, experiment, facts)
    for name, text in facts.tags.items():
        # The verdict of the gate may come later.
        if run.data.tags.get(name) != text:
            client.set_tag(run.info.run_id, name, text)
    number = version_numbers(client).get(facts.version)
    if number is None:
        version = client.create_model_version(
            MODEL,
            source=f"{run.info.artifact_uri}/{BUNDLE}",
            run_id=run.info.run_id,
            tags={VERSION_TAG: facts.version},
            description=f"Bundle {facts.version}; model_card.md is among its files.",
        )
        number = str(version.version)
    return number


def version_numbers(client: "MlflowClient") -> dict[str, str]:
    """MLflow's numbers by bundle; the registered model is made if there is none."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(
            MODEL, description="Scores card payments; each version is a bundle."
        )
        return {}
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    found: dict[str, str] = {}
    token: str | None = ""
    while token is not None:
        page = client.search_model_versions(f"name = '{MODEL}'", page_token=token or None)
        found |= {str(item.tags.get(VERSION_TAG)): str(item.version) for item in page}
        token = page.token or None
    return found


def set_aliases(client: "MlflowClient", named: Mapping[str, str | None]) -> None:
    """
    Let aliases name versions.

    :param named: bundle by alias; None, or one that is not recorded, removes the alias.
    """
    numbers = version_numbers(client)
    present = {str(key): str(value) for key, value in _aliases(client).items()}
    for alias, version in named.items():
        number = numbers.get(version) if version else None
        if number is not None and present.get(alias) != number:
            client.set_registered_model_alias(MODEL, alias, number)
        elif number is None and alias in present:
            client.delete_registered_model_alias(MODEL, alias)


def _aliases(client: "MlflowClient") -> Mapping[str, Any]:
    aliases: Mapping[str, Any] = client.get_registered_model(MODEL).aliases
    return aliases


def _finished_run(client: "MlflowClient", experiment: str, version: str) -> Any:
    runs = client.search_runs([experiment], f"tags.`{VERSION_TAG}` = '{version}'")
    finished = None
    for run in runs:
        if run.info.status == "FINISHED" and finished is None:
            finished = run
        else:
            # Somebody was interrupted while writing it.
            client.delete_run(run.info.run_id)
    return finished


def _write_run(client: "MlflowClient", experiment: str, facts: BundleFacts) -> Any:
    from mlflow.entities import Metric, Param

    run = client.create_run(
        experiment,
        start_time=facts.created_ms,
        tags={VERSION_TAG: facts.version},
        run_name=facts.version,
    )
    number = run.info.run_id
    metrics = [Metric(name, value, facts.created_ms, 0) for name, value in facts.metrics.items()]
    parameters = [Param(name, text) for name, text in facts.parameters.items()]
    for begin in range(0, len(metrics), METRICS_AT_ONCE):
        client.log_batch(number, metrics=metrics[begin : begin + METRICS_AT_ONCE])
    for begin in range(0, len(parameters), PARAMETERS_AT_ONCE):
        client.log_batch(number, params=parameters[begin : begin + PARAMETERS_AT_ONCE])
    for path in facts.files:
        client.log_artifact(number, str(path), BUNDLE)
    client.set_terminated(number, "FINISHED", facts.created_ms)
    return client.get_run(number)
