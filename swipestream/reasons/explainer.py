"""What each feature added to a score: exact contributions of the bundle's own trees."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from swipestream.reasons.trees import Trees, TreesError
from udfs.bundle_errors import BundleError
from udfs.calibration import Calibration
from udfs.category_codes import category_codes
from udfs.model_bundle import LIGHTGBM_MODEL, ModelBundle, read_bundle

Matrix = np.ndarray[Any, Any]


class UnexplainableError(BundleError):
    """A bundle's scores are fine, but it lacks what would explain them."""


class Explainer:
    """
    One model, ready to explain its scores.

    The contributions are SHAP values of trees, computed along the paths of the training data:
    Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9. ONNX has no such operator, so LightGBM
    reads the file that it wrote itself. It takes about a millisecond a payment.
    """

    def __init__(self, bundle: ModelBundle) -> None:
        """
        :param bundle: read and checked.
        :raises UnexplainableError: it has no LightGBM file, or not one that can be used.
        """
        check_explainable(bundle)
        text = bundle.file(LIGHTGBM_MODEL)
        try:
            self._trees = Trees(text)
            self._calibration = Calibration.from_json(bundle.manifest["calibration"])
        except TreesError as error:
            problem = str(error)
        except (KeyError, TypeError) as error:
            problem = f"bundle.json describes its calibration without {error}"
        else:
            problem = ""
            if self._trees.feature_count != len(bundle.features):
                problem = f"it takes {self._trees.feature_count} features"
        if problem:
            raise UnexplainableError(
                f"{bundle.folder / LIGHTGBM_MODEL} cannot be used: {problem}",
                "train it again with `swipestream train`",
            )
        self.version = bundle.version
        self.feature_names = bundle.feature_names
        self._codes = category_codes(bundle)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """
        :param folder: of the bundle.
        :raises BundleError: it cannot be read, or cannot explain.
        """
        return cls(read_bundle(folder))

    def encode(self, rows: Sequence[Mapping[str, Any]]) -> Matrix:
        """
        The model's input.

        :param rows: stored payments with each feature by name; None is unknown.
        :return: float32, shape (n, features).
        """
        features = np.full((len(rows), len(self.feature_names)), np.nan, dtype=np.float32)
        for number, row in enumerate(rows):
            for position, name in enumerate(self.feature_names):
                value = row[name]
                if position in self._codes:
                    features[number, position] = self._codes[position][value]
                elif value is not None:
                    features[number, position] = value
        return features

    def contributions(self, features: Matrix) -> Matrix:
        """
        What each feature adds to the log odds of each payment, before calibration.

        :param features: float32, shape (n, features).
        :return: float64, shape (n, features + 1); the last column is what all payments begin with.
        """
        return self._trees.contributions(features)

    def scores(self, log_odds: Matrix) -> Matrix:
        """
        What the contributions of a payment add up to, as its score.

        :param log_odds: the sums, shape (n,).
        :return: in [0, 1], shape (n,).
        """
        return self._calibration.probabilities(log_odds)


def check_explainable(bundle: ModelBundle) -> None:
    """:raises UnexplainableError: the bundle has no LightGBM file."""
    if LIGHTGBM_MODEL not in bundle.manifest["files"]:
        raise UnexplainableError(
            f"model {bundle.version} has no {LIGHTGBM_MODEL}: its alerts have no reasons",
            "train it again with `swipestream train`",
        )
