"""The SQL function score(...): the only file here that knows Flink; the others do the work."""

from typing import Any

import pandas as pd
from pyflink.table import DataTypes
from pyflink.table.udf import FunctionContext, ScalarFunction, udf


class ScorePayment(ScalarFunction):  # type: ignore[misc]
    """Hands each batch of features to `PaymentScoring` and `PaymentRules`."""

    def open(self, function_context: FunctionContext) -> None:
        # ONNX Runtime is for the workers; submitting a job needs only the declaration below.
        from udfs.payment_rules import PaymentRules
        from udfs.payment_scoring import PaymentScoring

        def parameter(name: str) -> str:
            return str(function_context.get_job_parameter(f"swipestream.{name}", ""))

        models_dir = parameter("model_dir")
        self._scoring = PaymentScoring(models_dir, parameter("features"))
        self._rules = PaymentRules(models_dir, parameter("rule_numbers"), parameter("rule_texts"))

    def eval(self, vectors: "pd.Series[Any]", *texts: "pd.Series[Any]") -> pd.DataFrame:
        *features, packed = texts
        columns = self._scoring.columns(vectors, *features)
        columns |= self._rules.columns(vectors, features, packed)
        return pd.DataFrame(columns, copy=False)


score = udf(
    ScorePayment(),
    result_type=DataTypes.ROW(
        [
            DataTypes.FIELD("score", DataTypes.DOUBLE()),
            DataTypes.FIELD("model_version", DataTypes.STRING()),
            DataTypes.FIELD("error", DataTypes.STRING()),
            DataTypes.FIELD("challenger_score", DataTypes.DOUBLE()),
            DataTypes.FIELD("challenger_version", DataTypes.STRING()),
            DataTypes.FIELD("rules_fired", DataTypes.STRING()),
            DataTypes.FIELD("shadow_rules_fired", DataTypes.STRING()),
            DataTypes.FIELD("rule_action", DataTypes.STRING()),
            DataTypes.FIELD("rules_version", DataTypes.INT()),
        ]
    ),
    func_type="pandas",
)
