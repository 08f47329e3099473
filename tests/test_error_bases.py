"""Packages share no base class for errors, but a fact and a hint (docs/adr/0032)."""

import ast
import importlib

import click
import pytest
from click.testing import CliRunner

from swipestream.console.error_lines import ErrorLines
from swipestream.settings import REPO_ROOT
from tests.test_rooms import PACKAGES, module_name

# In modules that every environment can import.
BASES = {
    "apps.mlflow.errors.StoreError",
    "bench.marks.MarksError",
    "flink_jobs.job.JobFilesError",
    "serving.client.DecisionRefusedError",
    "serving.decisions.refusal.RefusalError",
    "simulator.errors.SimulatorError",
    "swipestream.errors.SwipestreamError",
    "training.errors.TrainingError",
    "udfs.bundle_errors.BundleError",
    "udfs.rule_set.RuleError",
}
# Needs Superset's environment; the path of the file is its fact, and there is nothing to do.
WITHOUT_HINT = {"apps.superset.assets.AssetError"}


def classes() -> list[tuple[str, ast.ClassDef]]:
    """Every class at the top of a module, with its dotted name."""
    return [
        (f"{module_name(path)}.{node.name}", node)
        for package in PACKAGES
        for path in sorted((REPO_ROOT / package).rglob("*.py"))
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
    ]


def test_every_base_is_known() -> None:
    found = {
        name
        for name, node in classes()
        if any(isinstance(base, ast.Name) and base.id == "Exception" for base in node.bases)
        and "fact" in ast.unparse(node)
    }
    assert found == BASES | WITHOUT_HINT


@pytest.mark.parametrize("base", sorted(BASES))
def test_a_base_has_what_the_command_line_shows(base: str) -> None:
    module, _, name = base.rpartition(".")
    error = getattr(importlib.import_module(module), name)("a is not b", "make it b")
    assert (error.fact, error.hint) == ("a is not b", "make it b")

    @click.group(cls=ErrorLines)
    def group() -> None:
        pass

    @group.command()
    def fail() -> None:
        raise error

    result = CliRunner().invoke(group, ["fail"])
    assert (result.exit_code, result.output) == (1, "error: a is not b\nhint: make it b\n")


def test_no_two_errors_have_one_name() -> None:
    """Or `except` catches one and means the other."""
    names = [name.rpartition(".")[2] for name, _ in classes() if name.endswith("Error")]
    assert sorted(names) == sorted(set(names))
