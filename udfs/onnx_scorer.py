"""What a score is: a bundle's ONNX model applied to the features of payments. Knows no Flink."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from udfs.bundle_errors import BundleDamagedError, FeatureMismatchError, SelfTestError
from udfs.category_codes import category_codes
from udfs.model_bundle import MODEL, ModelBundle, read_bundle

if TYPE_CHECKING:
    import pandas as pd

INPUT = "features"
OUTPUT = "probabilities"
SELF_TEST_TOLERANCE = 1e-6


class OnnxScorer:
    """One model in memory, checked and ready; made by `load`."""

    def __init__(self, bundle: ModelBundle) -> None:
        """
        :param bundle: read and checked; its model is loaded but not yet tested.
        :raises BundleDamagedError: the model is not one that ONNX Runtime can run.
        """
        self.bundle = bundle
        self.version = bundle.version
        self.feature_names = bundle.feature_names
        self.codes = category_codes(bundle)
        self._session = _session(bundle)

    @classmethod
    def load(cls, path: Path, expected_features: Sequence[str] | None = None) -> Self:
        """
        Read a bundle, start its model and let it prove itself.

        :param path: the bundle's folder.
        :param expected_features: the SQL's feature list in order; None accepts any.
        :raises BundleMismatchError: the bundle was trained on other features.
        :raises BundleDamagedError: a file is missing or changed, or the model cannot be run.
        :raises SelfTestError: the model does not give the scores stored with it.
        """
        scorer = cls(read_bundle(path, expected_features))
        scorer.self_test()
        return scorer

    def encode(self, columns: Sequence["pd.Series[Any]"]) -> np.ndarray[Any, Any]:
        """
        Make the model's input of columns as the SQL delivers them.

        :param columns: one per feature, in the order of ``feature_names``, all of length n. Numbers
            of any type, text for categorical features; NULL may be None, NaN or NA.
        :return: float32, shape (n, len(feature_names)); NaN means unknown.
        :raises FeatureMismatchError: wrong number of columns. Permanent, do not retry.
        """
        if len(columns) != len(self.feature_names):
            raise FeatureMismatchError(
                f"{len(columns)} columns for the {len(self.feature_names)} features "
                f"of model {self.version}"
            )
        features = np.empty((len(columns[0]), len(columns)), dtype=np.float32)
        for position, column in enumerate(columns):
            if position in self.codes:
                features[:, position] = self._encoded(position, column)
            else:
                features[:, position] = column.to_numpy(dtype=np.float32, na_value=np.nan)
        return features

    def encode_vectors(
        self, vectors: "pd.Series[Any]", texts: Sequence["pd.Series[Any]"]
    ) -> np.ndarray[Any, Any]:
        """
        Make the model's input of features as the stream delivers them; otherwise like `encode`.

        :param vectors: n values of bytes, as ``float64_vector(...)`` of the SQL makes them: the
            numeric features of a row in the order of ``feature_names``, each eight bytes, least
            significant first. NaN means unknown.
        :param texts: a column of n values for each categorical feature; these come last.
        :return: float32, shape (n, len(feature_names)); NaN means unknown.
        :raises FeatureMismatchError: the model takes other features. Permanent, do not retry.
        """
        numbers = np.frombuffer(b"".join(vectors.tolist()), dtype="<f8").reshape(len(vectors), -1)
        count = numbers.shape[1]
        if list(self.codes) != list(range(count, len(self.feature_names))) or len(texts) != len(
            self.codes
        ):
            raise FeatureMismatchError(
                f"{count} numbers and {len(texts)} texts for the features of model "
                f"{self.version}: {', '.join(self.feature_names)}"
            )
        features = np.empty((len(vectors), len(self.feature_names)), dtype=np.float32)
        features[:, :count] = numbers
        for position, column in enumerate(texts, start=count):
            features[:, position] = self._encoded(position, column)
        return features

    def encode_rows(self, rows: Sequence[Sequence[Any]]) -> np.ndarray[Any, Any]:
        """
        Make the model's input of a few payments; otherwise like `encode`.

        :param rows: n rows of len(feature_names) values, in that order: numbers, text for
            categorical features, None for NULL.
        :return: float32, shape (n, len(feature_names)); NaN means unknown.
        :raises FeatureMismatchError: a row of another length. Permanent, do not retry.
        """
        features = np.empty((len(rows), len(self.feature_names)), dtype=np.float32)
        for number, row in enumerate(rows):
            if len(row) != len(self.feature_names):
                raise FeatureMismatchError(
                    f"{len(row)} values for the {len(self.feature_names)} features "
                    f"of model {self.version}"
                )
            for position, value in enumerate(row):
                if position in self.codes:
                    features[number, position] = self.codes[position][value]
                else:
                    features[number, position] = np.nan if value is None else value
        return features

    def _encoded(self, position: int, column: "pd.Series[Any]") -> np.ndarray[Any, Any]:
        # A dictionary look-up per row beats pandas' map below some ten thousand rows.
        codes = map(self.codes[position].__getitem__, column.tolist())
        return np.fromiter(codes, dtype=np.float32, count=len(column))

    def score(self, features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """
        Estimate how likely each payment is to be fraud.

        :param features: float32, shape (n, len(feature_names)), columns in that order. Money in
            cents, windows ending at the payment. NaN means unknown.
        :return: float32, shape (n,), each in [0, 1]; a calibrated probability, as the model's file
            makes it.
        :raises FeatureMismatchError: wrong number of columns. Permanent, do not retry.

        Source: model_card.md in the bundle
        """
        if features.ndim != 2 or features.shape[1] != len(self.feature_names):
            raise FeatureMismatchError(
                f"features of shape {features.shape} for the {len(self.feature_names)} features "
                f"of model {self.version}"
            )
        probabilities: np.ndarray[Any, Any] = self._session.run([OUTPUT], {INPUT: features})[0]
        return probabilities[:, 1]

    def self_test(self) -> None:
        """
        Score the rows stored with the model.

        :raises SelfTestError: a score is off by more than 1e-6; names the row.
        """
        rows = self.bundle.self_test
        expected = np.array([row.score for row in rows])
        difference = np.abs(self.score(self.encode_rows([row.features for row in rows])) - expected)
        worst = int(np.argmax(difference))
        if not difference[worst] <= SELF_TEST_TOLERANCE:
            raise SelfTestError(
                f"model {self.version} fails its self-test: row {worst} is off by "
                f"{difference[worst]:.2g}",
                "train it again with `swipestream train`",
            )


def _session(bundle: ModelBundle) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Batches are small and the machine's other cores belong to Flink.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            bundle.file(MODEL), options, providers=["CPUExecutionProvider"]
        )
    except BundleDamagedError:
        raise
    except Exception as error:
        raise BundleDamagedError(
            f"{bundle.folder / MODEL} cannot be run: {str(error).splitlines()[0]}",
            "train it again with `swipestream train`",
        ) from None
    inputs = {item.name: item.shape for item in session.get_inputs()}
    if list(inputs) != [INPUT] or OUTPUT not in [item.name for item in session.get_outputs()]:
        raise BundleDamagedError(
            f"{bundle.folder / MODEL} does not turn {INPUT} into {OUTPUT}",
            "train it again with `swipestream train`",
        )
    if inputs[INPUT][1] != len(bundle.features):
        raise BundleDamagedError(
            f"{bundle.folder / MODEL} takes {inputs[INPUT][1]} features, "
            f"bundle.json lists {len(bundle.features)}",
            "train it again with `swipestream train`",
        )
    return session
