"""A model small enough to check by hand, written without the packages that training needs."""

import math
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from udfs.model_bundle import CHAMPION, write_bundle, write_pointer

TINY_FEATURES = ("amount_cents", "km_from_home", "channel")
CATEGORIES = {"channel": {"pos": -1, "online": 1, "atm": 2}}
UNKNOWN_CODE = 0
CREATED_AT = "2030-01-01T00:00:00Z"

# Tree 0: amount above 10,000 cents is bad (+2), else good (-3). Unknown is good.
# Tree 1: a riskier channel than average is bad (+1), else -0.5. Unknown is good.
TREES = (("amount_cents", 10_000.0, -3.0, 2.0), ("channel", 0.5, -0.5, 1.0))


def tiny_score(amount_cents: float | None, channel: str | None, shift: float = 0.0) -> float:
    """The tiny model's score of a payment, worked out without ONNX."""
    code = CATEGORIES["channel"].get(channel, UNKNOWN_CODE) if channel is not None else None
    total = shift
    for value, (_, threshold, left, right) in zip((amount_cents, code), TREES, strict=True):
        total += right if value is not None and value > threshold else left
    return 1 / (1 + math.exp(-total))


def publish_tiny_bundle(
    models_dir: Path,
    features: Sequence[str] = TINY_FEATURES,
    categorical: Sequence[str] = ("channel",),
    shift: float = 0.0,
    wrong_by: float = 0.0,
    promote: bool = True,
    more: Mapping[str, Any] | None = None,
    beside: Mapping[str, bytes] | None = None,
) -> str:
    """
    Publish a bundle of the tiny model.

    :param features: its inputs; must include ``amount_cents`` and ``channel``.
    :param shift: added before the logistic function, so that two bundles score differently.
    :param wrong_by: added to the scores that the self-test expects.
    :param more: of bundle.json.
    :param beside: files of the bundle other than the model.
    :return: its version.
    """
    manifest = {
        "features": [
            {
                "name": name,
                "unit": "text" if name in categorical else "number",
                "kind": "categorical" if name in categorical else "numeric",
            }
            for name in features
        ],
        "categories": {name: CATEGORIES.get(name, {}) for name in categorical},
        "unknown_code": UNKNOWN_CODE,
        "thresholds": {"review": 0.5, "block": 0.9},
        "self_test": [
            {
                "features": [{"amount_cents": amount, "channel": channel}.get(n) for n in features],
                "score": tiny_score(amount, channel, shift) + wrong_by,
            }
            for amount, channel in ((500, "pos"), (900_000, "online"), (None, None), (500, "zoo"))
        ],
        **(more or {}),
    }
    files = {"model.onnx": tiny_onnx(features, shift), **(beside or {})}
    version = write_bundle(models_dir, manifest, files, CREATED_AT).name
    if promote:
        write_pointer(models_dir, CHAMPION, version)
    return version


def tiny_onnx(features: Sequence[str], shift: float = 0.0) -> bytes:
    """The tiny model as ONNX, in protocol buffers written field by field."""
    trees: dict[str, list[Any]] = {name: [] for name in ("tree", "number", "feature", "value")}
    modes, leaf_tree, leaf_number, leaf_value = [], [], [], []
    for index, (name, threshold, left, right) in enumerate(TREES):
        trees["tree"] += [index] * 3
        trees["number"] += [0, 1, 2]
        trees["feature"] += [features.index(name), 0, 0]
        trees["value"] += [threshold, 0.0, 0.0]
        modes += [b"BRANCH_LEQ", b"LEAF", b"LEAF"]
        leaf_tree += [index] * 2
        leaf_number += [1, 2]
        extra = shift if index == 0 else 0.0
        leaf_value += [left + extra, right + extra]
    attributes = [
        _ints("classlabels_int64s", [0, 1]),
        _text("post_transform", b"LOGISTIC"),
        _ints("nodes_treeids", trees["tree"]),
        _ints("nodes_nodeids", trees["number"]),
        _ints("nodes_featureids", trees["feature"]),
        _texts("nodes_modes", modes),
        _floats("nodes_values", trees["value"]),
        _ints("nodes_truenodeids", [1, 0, 0] * len(TREES)),
        _ints("nodes_falsenodeids", [2, 0, 0] * len(TREES)),
        _ints("nodes_missing_value_tracks_true", [1, 0, 0] * len(TREES)),
        _ints("class_treeids", leaf_tree),
        _ints("class_nodeids", leaf_number),
        _ints("class_ids", [1] * len(leaf_tree)),
        _floats("class_weights", leaf_value),
    ]
    node = (
        _field(1, b"features")
        + _field(2, b"label")
        + _field(2, b"probabilities")
        + _field(4, b"TreeEnsembleClassifier")
        + b"".join(_field(5, attribute) for attribute in attributes)
        + _field(7, b"ai.onnx.ml")
    )
    graph = (
        _field(1, node)
        + _field(2, b"tiny")
        + _field(11, _tensor(b"features", len(features)))
        + _field(12, _tensor(b"probabilities", 2))
    )
    opsets = [
        _field(1, b"") + _number(2, 17),
        _field(1, b"ai.onnx.ml") + _number(2, 3),
    ]
    return _number(1, 8) + _field(7, graph) + b"".join(_field(8, opset) for opset in opsets)


def _tensor(name: bytes, width: int) -> bytes:
    shape = _field(1, _field(2, b"n")) + _field(1, _number(1, width))
    return _field(1, name) + _field(2, _field(1, _number(1, 1) + _field(2, shape)))


def _floats(name: str, values: Sequence[float]) -> bytes:
    body = b"".join(_varint(7 << 3 | 5) + struct.pack("<f", value) for value in values)
    return _field(1, name.encode()) + body + _number(20, 6)


def _ints(name: str, values: Sequence[int]) -> bytes:
    return _field(1, name.encode()) + b"".join(_number(8, v) for v in values) + _number(20, 7)


def _text(name: str, value: bytes) -> bytes:
    return _field(1, name.encode()) + _field(4, value) + _number(20, 3)


def _texts(name: str, values: Sequence[bytes]) -> bytes:
    return _field(1, name.encode()) + b"".join(_field(9, v) for v in values) + _number(20, 8)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])
