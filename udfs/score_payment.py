"""The SQL function score(...): the only file here that knows Flink; payment_scoring.py does it."""

from typing import Any

import pandas as pd
from pyflink.table import DataTypes
from pyflink.table.udf import FunctionContext, ScalarFunction, udf


class ScorePayment(ScalarFunction):  # type: ignore[misc]
    """Hands each batch of features to `PaymentScoring`."""

    def open(self, function_context: FunctionContext) -> None:
        # ONNX Runtime is for the workers; submitting a job needs only the declaration below.
        from udfs.payment_scoring import PaymentScoring

        models_dir = function_context.get_job_parameter("swipestream.model_dir", "")
        features = function_context.get_job_parameter("swipestream.features", "")
        self._scoring = PaymentScoring(models_dir, features)

    def eval(self, vectors: "pd.Series[Any]", *texts: "pd.Series[Any]") -> pd.DataFrame:
        return self._scoring.answer(vectors, *texts)


score = udf(
    ScorePayment(),
    result_type=DataTypes.ROW(
        [
            DataTypes.FIELD("score", DataTypes.DOUBLE()),
            DataTypes.FIELD("model_version", DataTypes.STRING()),
            DataTypes.FIELD("error", DataTypes.STRING()),
            DataTypes.FIELD("challenger_score", DataTypes.DOUBLE()),
            DataTypes.FIELD("challenger_version", DataTypes.STRING()),
        ]
    ),
    func_type="pandas",
)
