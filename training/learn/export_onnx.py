"""LightGBM trees and their calibration as ONNX, and the gate that lets only an exact copy through.

The trees are written by hand because two details decide whether the copy is exact, and the usual
converter leaves both to chance:

- LightGBM splits and adds up in doubles. In float32 a threshold can round onto the upper number of
  the two it parts, and the sum of some hundred leaves is off by nearly 1e-6. So the operator works
  in doubles; features come in and probabilities go out as float32.
- NaN goes where training sent it. A feature that was never NaN in training has no such side:
  LightGBM then treats NaN as 0, and so must the copy.

The trees give log odds; what calibration makes of them is part of the model, so that every
reader gets the calibrated probability and needs to know nothing about it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper

from training.errors import ExportError
from udfs.calibration import NO_CALIBRATION, Calibration
from udfs.onnx_scorer import INPUT, OUTPUT

PARITY_TOLERANCE = 1e-6
OPSET = 17
ML_OPSET = 3
IR_VERSION = 8


@dataclass
class _Nodes:
    """The attributes of a TreeEnsembleRegressor, filled node by node."""

    tree: list[int] = field(default_factory=list)
    number: list[int] = field(default_factory=list)
    feature: list[int] = field(default_factory=list)
    mode: list[str] = field(default_factory=list)
    threshold: list[float] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    is_nan_left: list[int] = field(default_factory=list)
    leaf_tree: list[int] = field(default_factory=list)
    leaf_number: list[int] = field(default_factory=list)
    leaf_value: list[float] = field(default_factory=list)


def to_onnx(booster: Any, feature_count: int, calibration: Calibration = NO_CALIBRATION) -> bytes:
    """
    Write a LightGBM binary classifier as ONNX.

    :param booster: a trained ``lightgbm.Booster`` with numeric splits only.
    :param feature_count: columns of its input.
    :param calibration: applied to its log odds.
    :return: a serialized model, float32 ``features`` (n, feature_count) to float32
        ``probabilities`` (n, 2).
    :raises ExportError: the model has something that has no exact counterpart.
    """
    dump = booster.dump_model()
    if dump["objective"].split() != ["binary", "sigmoid:1"]:
        raise ExportError(
            f"the objective is {dump['objective']!r}, only 'binary sigmoid:1' can be exported",
            "train with objective=binary",
        )
    nodes = _Nodes()
    for index, tree in enumerate(dump["tree_info"]):
        _add_tree(nodes, index, tree["tree_structure"])
    trees = helper.make_node(
        "TreeEnsembleRegressor",
        inputs=["doubles"],
        outputs=["raw"],
        domain="ai.onnx.ml",
        n_targets=1,
        nodes_treeids=nodes.tree,
        nodes_nodeids=nodes.number,
        nodes_featureids=nodes.feature,
        nodes_modes=nodes.mode,
        nodes_values_as_tensor=_doubles("thresholds", nodes.threshold),
        nodes_truenodeids=nodes.left,
        nodes_falsenodeids=nodes.right,
        nodes_missing_value_tracks_true=nodes.is_nan_left,
        target_treeids=nodes.leaf_tree,
        target_nodeids=nodes.leaf_number,
        target_ids=[0] * len(nodes.leaf_tree),
        target_weights_as_tensor=_doubles("leaves", nodes.leaf_value),
    )
    line, constants = _calibrated("log_odds", "calibrated", calibration)
    graph = helper.make_graph(
        [
            helper.make_node("Cast", [INPUT], ["doubles"], to=TensorProto.DOUBLE),
            trees,
            helper.make_node("Cast", ["raw"], ["log_odds"], to=TensorProto.DOUBLE),
            *line,
            helper.make_node("Sigmoid", ["calibrated"], ["fraud"]),
            helper.make_node("Sub", ["one", "fraud"], ["good"]),
            helper.make_node("Concat", ["good", "fraud"], ["both"], axis=1),
            helper.make_node("Cast", ["both"], [OUTPUT], to=TensorProto.FLOAT),
        ],
        "fraud",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, feature_count])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None, 2])],
        [_doubles("one", [1.0]), *constants],
    )
    model = helper.make_model(
        graph,
        producer_name="swipestream",
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)],
    )
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def check_parity(
    expected: np.ndarray, actual: np.ndarray, features: np.ndarray, names: Sequence[str]
) -> float:
    """
    Let an export through only if it scores every row as LightGBM does.

    :param expected: LightGBM's scores, shape (n,).
    :param actual: ONNX Runtime's scores of the same rows, shape (n,).
    :param features: float32, shape (n, len(names)); shown for the worst row.
    :return: the largest absolute difference, below 1e-6.
    :raises ExportError: a row differs by 1e-6 or more; holds the worst row.
    """
    difference = np.abs(actual.astype(np.float64) - expected)
    worst = int(np.argmax(np.where(np.isnan(difference), np.inf, difference)))
    if not difference[worst] < PARITY_TOLERANCE:
        row = ", ".join(
            f"{name}={value:.9g}" for name, value in zip(names, features[worst], strict=True)
        )
        raise ExportError(
            f"the ONNX copy scores row {worst} {actual[worst]:.9f}, LightGBM {expected[worst]:.9f}",
            f"nothing was published; the row is {row}",
        )
    return float(difference[worst])


def with_unknowns(features: np.ndarray) -> np.ndarray:
    """
    The rows, then the first of them again with each feature NaN in turn, then all NaN.

    :param features: float32, shape (n, f).
    :return: float32, shape (n + (f + 1) * min(n, 20), f).
    """
    some = features[:20]
    blanks = []
    for column in range(features.shape[1]):
        blank = some.copy()
        blank[:, column] = np.nan
        blanks.append(blank)
    return np.concatenate([features, *blanks, np.full_like(some, np.nan)])


def _doubles(name: str, values: Sequence[float], shape: Sequence[int] | None = None) -> TensorProto:
    return helper.make_tensor(name, TensorProto.DOUBLE, shape or [len(values)], values)


def _calibrated(
    log_odds: str, result: str, calibration: Calibration
) -> tuple[list[NodeProto], list[TensorProto]]:
    """Operators and constants for what `Calibration.probabilities` does before its last step."""
    count = len(calibration.knots)
    nodes = [
        helper.make_node("Mul", [log_odds, "slope"], ["steep"]),
        helper.make_node("Add", ["steep", "intercept"], ["straight" if count else result]),
    ]
    constants = [_doubles("slope", [calibration.slope])]
    constants.append(_doubles("intercept", [calibration.intercept]))
    if count:
        nodes += [
            helper.make_node("Sub", [log_odds, "knots"], ["beyond"]),
            helper.make_node("Relu", ["beyond"], ["beyond_or_0"]),
            helper.make_node("MatMul", ["beyond_or_0", "slope_changes"], ["bends"]),
            helper.make_node("Add", ["straight", "bends"], [result]),
        ]
        constants.append(_doubles("knots", calibration.knots, [1, count]))
        constants.append(_doubles("slope_changes", calibration.slope_changes, [count, 1]))
    return nodes, constants


def _add_tree(nodes: _Nodes, tree: int, root: dict[str, Any]) -> None:
    numbered = list(_walk(root))
    number = {id(node): index for index, node in enumerate(numbered)}
    for node in numbered:
        nodes.tree.append(tree)
        nodes.number.append(number[id(node)])
        if "leaf_value" in node:
            _append(nodes, 0, "LEAF", 0.0, 0, 0, 0)
            nodes.leaf_tree.append(tree)
            nodes.leaf_number.append(number[id(node)])
            nodes.leaf_value.append(float(node["leaf_value"]))
            continue
        if node["decision_type"] != "<=" or node["missing_type"] == "Zero":
            raise ExportError(
                f"a split is {node['decision_type']} with missing type {node['missing_type']}",
                "train without categorical_feature and zero_as_missing",
            )
        threshold = float(node["threshold"])
        is_nan_left = node["default_left"] if node["missing_type"] == "NaN" else threshold >= 0
        _append(
            nodes,
            int(node["split_feature"]),
            "BRANCH_LEQ",
            threshold,
            number[id(node["left_child"])],
            number[id(node["right_child"])],
            int(is_nan_left),
        )


def _append(
    nodes: _Nodes, feature: int, mode: str, threshold: float, left: int, right: int, nan_left: int
) -> None:
    nodes.feature.append(feature)
    nodes.mode.append(mode)
    nodes.threshold.append(threshold)
    nodes.left.append(left)
    nodes.right.append(right)
    nodes.is_nan_left.append(nan_left)


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    if "leaf_value" not in node:
        yield from _walk(node["left_child"])
        yield from _walk(node["right_child"])
