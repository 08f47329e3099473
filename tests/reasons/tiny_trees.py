"""The tiny model of tests/udfs/tiny_bundle.py as LightGBM writes it, so that it is explained."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.udfs.tiny_bundle import TINY_FEATURES, TREES, publish_tiny_bundle
from udfs.calibration import NO_CALIBRATION
from udfs.model_bundle import LIGHTGBM_MODEL

# How many of 100 training payments went left and right, by tree.
COUNTS = ((60, 40), (90, 10))
# NaN goes left, as in the ONNX file.
_NAN_LEFT = 10


def with_trees(features: Sequence[str] = TINY_FEATURES, shift: float = 0.0) -> dict[str, Any]:
    """Arguments of `publish_tiny_bundle` for a bundle that explains its scores."""
    return {
        "shift": shift,
        "more": {"calibration": NO_CALIBRATION.to_json()},
        "beside": {LIGHTGBM_MODEL: tiny_lightgbm(features, shift)},
    }


def publish_explained(
    models_dir: Path, features: Sequence[str] = TINY_FEATURES, shift: float = 0.0, **more: Any
) -> str:
    """
    Publish the tiny bundle with its trees.

    :param more: of `publish_tiny_bundle`.
    :return: its version.
    """
    return publish_tiny_bundle(models_dir, features, **with_trees(features, shift), **more)


def tiny_lightgbm(features: Sequence[str] = TINY_FEATURES, shift: float = 0.0) -> bytes:
    """LightGBM's text of the model."""
    trees = []
    for number, ((name, threshold, left, right), (left_count, right_count)) in enumerate(
        zip(TREES, COUNTS, strict=True)
    ):
        moved = shift if number == 0 else 0.0
        trees.append(
            f"Tree={number}\nnum_leaves=2\nnum_cat=0\nsplit_feature={features.index(name)}\n"
            f"split_gain=1\nthreshold={threshold}\ndecision_type={_NAN_LEFT}\n"
            f"left_child=-1\nright_child=-2\nleaf_value={left + moved} {right + moved}\n"
            f"leaf_weight={left_count} {right_count}\nleaf_count={left_count} {right_count}\n"
            f"internal_value=0\ninternal_weight=100\ninternal_count=100\nis_linear=0\n"
            "shrinkage=1\n\n\n"
        )
    head = (
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
        f"max_feature_idx={len(features) - 1}\nobjective=binary sigmoid:1\n"
        f"feature_names={' '.join(features)}\n"
        f"feature_infos={' '.join(['[-1e9:1e9]'] * len(features))}\n"
        f"tree_sizes={' '.join(str(len(tree)) for tree in trees)}\n\n"
    )
    return (head + "".join(trees) + "end of trees\n\npandas_categorical:null\n").encode()
