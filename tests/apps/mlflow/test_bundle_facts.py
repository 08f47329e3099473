"""What is recorded of a bundle: flattened, finite, and no more than MLflow accepts."""

import json
import math
from pathlib import Path

import pytest

from apps.mlflow.bundle_facts import MAX_TEXT, leaves, read_facts
from apps.mlflow.errors import StoreError
from tests.apps.mlflow.conftest import write_bundle


def test_measures_and_parameters_are_named_by_their_path(models: Path) -> None:
    facts = read_facts(models / "m-1")
    assert facts.metrics == {
        "average_precision.value": 0.71,
        "average_precision.low": 0.68,
        "average_precision.high": 0.74,
        "roc_auc": 0.97,
    }
    assert facts.parameters["model.parameters.num_leaves"] == "31"
    assert facts.parameters["training.parts.train.rows"] == "1000"
    assert facts.parameters["thresholds.review"] == "0.25"
    assert facts.tags["features"] == "amount_cents"
    assert facts.tags["gate"] == "none"
    assert facts.created_ms == 1_893_456_000_000
    assert [path.name for path in facts.files] == [
        "bundle.json",
        "model.onnx",
        "model_card.md",
        "reliability.png",
    ]


def test_the_gates_verdict_is_a_tag_and_its_figures_are_measures(models: Path) -> None:
    verdict = {
        "verdict": "refused",
        "reasons": ["too few frauds", "no better"],
        "against": "m-0",
        "figures": {"candidate": 0.5, "difference": float("nan"), "interval": [-0.1, 0.2]},
    }
    (models / "m-1" / "gate.json").write_text(json.dumps(verdict))
    facts = read_facts(models / "m-1")
    assert facts.tags["gate"] == "refused"
    assert facts.tags["gate_reasons"] == "too few frauds; no better"
    assert facts.tags["gate_against"] == "m-0"
    gate = {name: value for name, value in facts.metrics.items() if name.startswith("gate.")}
    assert gate == {"gate.candidate": 0.5, "gate.interval.0": -0.1, "gate.interval.1": 0.2}
    assert all(math.isfinite(value) for value in facts.metrics.values())


def test_odd_names_and_long_texts_fit(tmp_path: Path) -> None:
    odd = {"model": {"100 € a day (at most)": 1, "note": "x" * 10_000}}
    facts = read_facts(write_bundle(tmp_path, "m-1", **odd))
    assert facts.parameters["model.100 _ a day _at most_"] == "1"
    assert len(facts.parameters["model.note"]) == MAX_TEXT


def test_long_lists_are_left_to_the_pictures() -> None:
    assert dict(leaves({"days": list(range(100)), "interval": [1, 2]})) == {
        "interval.0": 1,
        "interval.1": 2,
    }


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        ("{", "cannot be read"),
        ("[]", "is not a JSON object"),
        ('{"version": "m-2"}', "is not that of model m-1"),
        ('{"version": "m-1"}', "has no created_at"),
        ('{"version": "m-1", "created_at": "soon"}', "has no created_at"),
    ],
)
def test_what_is_no_bundle_is_said(models: Path, content: str, fact: str) -> None:
    (models / "m-1" / "bundle.json").write_text(content)
    with pytest.raises(StoreError, match=fact):
        read_facts(models / "m-1")


def test_a_bundle_that_is_not_there_is_said(models: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read: FileNotFoundError"):
        read_facts(models / "m-3")
