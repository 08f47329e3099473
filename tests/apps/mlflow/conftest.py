"""Bundles as the MLflow record reads them; the program itself needs MLflow's environment."""

import json
from pathlib import Path
from typing import Any

import pytest

CREATED_AT = "2030-01-01T00:00:00Z"


def write_bundle(models: Path, version: str, **changes: Any) -> Path:
    """A folder with what the record reads of a bundle; nothing in it is a model."""
    folder = models / version
    folder.mkdir(parents=True)
    manifest = {
        "format": 1,
        "version": version,
        "created_at": CREATED_AT,
        "features": [{"name": "amount_cents", "unit": "cents", "kind": "numeric"}],
        "thresholds": {"review": 0.25, "block": 0.75},
        "model": {"kind": "lightgbm", "trees": 3, "parameters": {"num_leaves": 31}},
        "training": {"seed": 7, "parts": {"train": {"rows": 1000, "frauds": 10}}},
        "metrics": {
            "average_precision": {"value": 0.71, "low": 0.68, "high": 0.74},
            "roc_auc": 0.97,
            "unknown": None,
        },
    } | changes
    (folder / "bundle.json").write_text(json.dumps(manifest))
    (folder / "model.onnx").write_bytes(b"not a model")
    (folder / "model_card.md").write_text(f"# Model {version}\n")
    (folder / "reliability.png").write_bytes(b"not a picture")
    return folder


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A models folder with two bundles."""
    folder = tmp_path / "models"
    for version in ("m-1", "m-2"):
        write_bundle(folder, version)
    return folder
