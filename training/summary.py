"""What `swipestream train` prints when it is done."""

from collections.abc import Mapping
from typing import Any

from training.judge.evaluate import CARD_PRECISION, RECALL_AT
from training.run import Outcome


def summary(outcome: Outcome) -> str:
    """The model's name, its measures, the gate's verdict and where to read more, as lines."""
    manifest = outcome.manifest
    metrics = manifest["metrics"]
    training = manifest["training"]["parts"]
    controls = metrics["controls"]
    money = metrics["money"]
    rows = [
        ("model", outcome.folder.name),
        ("trained on", _part(training["train"])),
        ("tested on", _part(training["test"])),
        ("average precision", _with_interval(metrics, "average_precision", "{:.3f}")),
    ]
    rows += [
        (f"  {name.replace('_', ' ')}", f"{row['average_precision']:.3f}")
        for name, row in controls.items()
    ]
    rows += [
        ("ROC AUC", _with_interval(metrics, "roc_auc", "{:.3f}")),
        ("recall at 1 % FPR", _with_interval(metrics, RECALL_AT, "{:.1%}")),
        (
            "card precision@100",
            f"{metrics[CARD_PRECISION]:.3f} of at most {metrics[f'{CARD_PRECISION}_ceiling']:.3f}",
        ),
        (
            "calibration",
            f"{manifest['calibration']['method']}: log loss {metrics['log_loss']:.5f}, without "
            f"{metrics['log_loss_before_calibration']:.5f}",
        ),
        ("review", _decision(metrics["review"])),
        ("block", _decision(metrics["block"])),
        (
            "money",
            f"saves {money['saved_cents'] / 100:,.0f} of {money['fraud_cents'] / 100:,.0f} lost to "
            f"fraud, {money['reviews_per_day']:.0f} reviews a day",
        ),
        (
            "ONNX = LightGBM",
            f"within {metrics['onnx_difference']:.1e} on {metrics['onnx_rows']:,} rows",
        ),
        ("model card", str(outcome.folder / "model_card.md")),
    ]
    lines = [f"{name:<24}{value}" for name, value in rows]
    return "\n".join([*lines, *outcome.verdict.lines()])


def _part(part: Mapping[str, Any]) -> str:
    window = f"{part['from'][:10]} to {part['to'][:10]}"
    return f"{window}: {part['rows']:,} payments, {part['frauds']:,} frauds"


def _with_interval(metrics: Mapping[str, Any], name: str, form: str) -> str:
    low, high = metrics["intervals"][name].values()
    return f"{form.format(metrics[name])}  ({form.format(low)} to {form.format(high)})"


def _decision(at: Mapping[str, float]) -> str:
    return (
        f"from {at['threshold']:.3f}: {at['share']:.2%} of payments, {at['precision']:.0%} of them "
        f"fraud, {at['recall']:.0%} of fraud found"
    )
