"""What `swipestream train` prints when it is done."""

from collections.abc import Mapping
from typing import Any

from training.run import Outcome


def summary(outcome: Outcome) -> str:
    """The model's name, its measures and where to read more, as lines of text."""
    metrics = outcome.manifest["metrics"]
    training = outcome.manifest["training"]["parts"]
    base = metrics["baselines"]
    rows = [
        ("model", outcome.folder.name),
        ("champion", "yes" if outcome.is_champion else "no"),
        ("trained on", _part(training["train"])),
        ("tested on", _part(training["test"])),
        ("average precision", f"{metrics['average_precision']:.3f}"),
        ("  depth-2 tree", f"{base['depth_2_tree']:.3f}"),
        ("  payments in 5 minutes", f"{base['velocity_rule']:.3f}"),
        ("ROC AUC", f"{metrics['roc_auc']:.3f}"),
        (
            "card precision@100",
            f"{metrics['card_precision_100']:.3f} of at most "
            f"{metrics['card_precision_100_ceiling']:.3f}",
        ),
        ("review", _decision(metrics["review"])),
        ("block", _decision(metrics["block"])),
        (
            "ONNX = LightGBM",
            f"within {metrics['onnx_difference']:.1e} on {metrics['onnx_rows']:,} rows",
        ),
        ("model card", str(outcome.folder / "model_card.md")),
    ]
    return "\n".join(f"{name:<24}{value}" for name, value in rows)


def _part(part: Mapping[str, Any]) -> str:
    window = f"{part['from'][:10]} to {part['to'][:10]}"
    return f"{window}: {part['rows']:,} payments, {part['frauds']:,} frauds"


def _decision(at: Mapping[str, float]) -> str:
    return (
        f"from {at['threshold']:.3f}: {at['share']:.2%} of payments, {at['precision']:.0%} of them "
        f"fraud, {at['recall']:.0%} of fraud found"
    )
