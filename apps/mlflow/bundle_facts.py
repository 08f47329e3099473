"""What of a bundle goes to MLflow as parameters, metrics and tags. Knows no MLflow."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from apps.mlflow.errors import StoreError

MANIFEST = "bundle.json"
GATE = "gate.json"
VERSION_TAG = "swipestream.version"
# What describes how a model was made; `metrics` says how good it is.
DESCRIBING = ("model", "training", "thresholds", "data", "code", "calibration", "search")
MAX_NAME = 250
MAX_TEXT = 5000
MAX_LIST = 20

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_NOT_ALLOWED = re.compile(r"[^\w\-./ ]", re.ASCII)


@dataclass(frozen=True)
class BundleFacts:
    """
    A bundle as MLflow sees it.

    :param created_ms: UTC epoch milliseconds.
    :param parameters: text by name, such as ``model.parameters.num_leaves``.
    :param metrics: numbers by name, such as ``average_precision``; what is NaN is left out.
    :param files: what is kept beside them.
    """

    version: str
    created_ms: int
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    files: tuple[Path, ...]


def read_facts(folder: Path) -> BundleFacts:
    """
    Read a bundle. It is not checked: what is not usable may be recorded as well.

    :raises StoreError: there is no bundle, or bundle.json is not one.
    """
    manifest = _read_object(folder / MANIFEST)
    gate = _read_object(folder / GATE) if (folder / GATE).exists() else {}
    version = str(manifest.get("version", ""))
    if not _NAME.fullmatch(version) or version != folder.name:
        raise StoreError(f"{folder / MANIFEST} is not that of model {folder.name}", "restore it")
    try:
        created = datetime.fromisoformat(str(manifest["created_at"]))
    except (KeyError, ValueError):
        raise StoreError(f"{folder / MANIFEST} has no created_at", "restore it") from None
    features = [str(item.get("name")) for item in manifest.get("features", [])]
    described = {name: manifest[name] for name in DESCRIBING if name in manifest}
    metrics = dict(leaves(manifest.get("metrics", {})))
    metrics |= {f"gate.{name}": value for name, value in leaves(gate.get("figures", {}))}
    tags = {
        VERSION_TAG: version,
        "features": ",".join(features),
        "feature_count": str(len(features)),
        "gate": str(gate.get("verdict", "none")),
        "gate_reasons": "; ".join(map(str, gate.get("reasons") or [])),
        "gate_against": str(gate.get("against") or ""),
    }
    tags |= {f"metrics.{name}": value for name, value in metrics.items() if isinstance(value, str)}
    return BundleFacts(
        version=version,
        created_ms=round(created.timestamp() * 1000),
        parameters={name: str(value)[:MAX_TEXT] for name, value in leaves(described)},
        metrics={
            name: float(value)
            for name, value in metrics.items()
            if not isinstance(value, str) and math.isfinite(value)
        },
        tags={name: text[:MAX_TEXT] for name, text in tags.items()},
        files=tuple(sorted(path for path in folder.iterdir() if path.is_file())),
    )


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, str | int | float]]:
    """
    Texts and numbers of nested JSON by their path with dots; NULLs are left out.

    Long lists are measures per day or per point of a curve, which the pictures show.
    """
    if isinstance(tree, Mapping):
        for name, value in tree.items():
            part = _NOT_ALLOWED.sub("_", str(name))
            yield from leaves(value, f"{path}.{part}" if path else part)
    elif isinstance(tree, list):
        for number, value in enumerate(tree[:MAX_LIST] if len(tree) <= MAX_LIST else []):
            yield from leaves(value, f"{path}.{number}")
    elif isinstance(tree, str | int | float) and len(path) <= MAX_NAME:
        yield path, tree


def _read_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{path} cannot be read: {type(error).__name__}", "see `swipestream model list`"
        ) from None
    if not isinstance(content, dict):
        raise StoreError(f"{path} is not a JSON object", "see `swipestream model list`")
    return content
