"""The tables of a model card, as lines of Markdown."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from training.decide.decision_costs import DecisionCosts
from training.decide.decision_curve import DecisionCurve
from training.judge.evaluate import CARD_PRECISION, RECALL_AT

Lines = list[str]
CURVE_ROWS = 9


def quality_table(metrics: Mapping[str, Any]) -> Lines:
    """Measures with intervals."""
    rows = [
        ("average precision", "average_precision", "{:.3f}"),
        ("ROC AUC", "roc_auc", "{:.3f}"),
        ("recall at 1 % false positives", RECALL_AT, "{:.1%}"),
        ("card precision, 100 cards a day", CARD_PRECISION, "{:.3f}"),
    ]
    lines = ["| measure | value | 95 % interval |", "| --- | ---: | --- |"]
    for text, name, form in rows:
        low, high = metrics["intervals"][name].values()
        value = form.format(metrics[name])
        value = f"**{value}**" if name == "average_precision" else value
        lines.append(f"| {text} | {value} | {form.format(low)} to {form.format(high)} |")
    ceiling = metrics[f"{CARD_PRECISION}_ceiling"]
    lines.append(f"| ... of a perfect ranking | {ceiling:.3f} | |")
    low, high = metrics["intervals"]["money.saved_cents"].values()
    saved = metrics["money"]["saved_cents"]
    lines.append(f"| money saved | {saved / 100:,.0f} | {low / 100:,.0f} to {high / 100:,.0f} |")
    lines.append(f"| fraud rate | {metrics['fraud_rate']:.4f} | |")
    return lines


def control_table(metrics: Mapping[str, Any]) -> Lines:
    """The model among simpler ones."""
    lines = [
        "| scored by | average precision | ROC AUC | recall at 1 % | card precision |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, row in {"this model": metrics, **metrics["controls"]}.items():
        lines.append(
            f"| {name.replace('_', ' ')} | {row['average_precision']:.3f} | {row['roc_auc']:.3f} "
            f"| {row[RECALL_AT]:.1%} | {row[CARD_PRECISION]:.3f} |"
        )
    return lines


def calibration_table(manifest: Mapping[str, Any]) -> Lines:
    """Log loss of each method on validation, and before and after on test."""
    metrics, chosen = manifest["metrics"], manifest["calibration"]
    lines = ["| log loss | validation | test |", "| --- | ---: | ---: |"]
    for method, loss in chosen["log_loss"].items():
        on_test = ""
        if method == chosen["method"]:
            on_test = f"{metrics['log_loss']:.5f}"
        elif method == "none":
            on_test = f"{metrics['log_loss_before_calibration']:.5f}"
        name = {"none": "the trees alone"}.get(method, method)
        lines.append(f"| {name} | {loss:.5f} | {on_test} |")
    return lines


def decision_table(manifest: Mapping[str, Any]) -> Lines:
    """What both thresholds do."""
    lines = [
        "| decision | from score | payments | of them fraud | fraud found |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name in ("review", "block"):
        at = manifest["metrics"][name]
        lines.append(
            f"| {name}{' or block' if name == 'review' else ''} "
            f"| {manifest['thresholds'][name]:.6f} "
            f"| {at['share']:.2%} | {at['precision']:.1%} | {at['recall']:.1%} |"
        )
    return lines


def curve_table(manifest: Mapping[str, Any]) -> Lines:
    """What to expect of other numbers of reviews a day."""
    curve = DecisionCurve.from_json(manifest["curve"])
    costs = DecisionCosts(**manifest["costs"])
    lines = [
        "| reviews a day, at most | review from | block from | of alerts fraud | fraud found "
        "| cost a day | saved a day |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for limit in curve.limits(costs, CURVE_ROWS):
        pair = curve.choose(replace(costs, reviews_per_day=limit))
        expected = curve.expected(pair, costs, curve.test)
        lines.append(
            f"| {limit:,.1f} | {pair.review:.6f} | {pair.block:.6f} | {expected.precision:.1%} "
            f"| {expected.recall:.1%} | {expected.cost_cents_a_day / 100:,.0f} "
            f"| {expected.saved_cents_a_day / 100:,.0f} |"
        )
    return lines


def scenario_table(metrics: Mapping[str, Any]) -> Lines:
    """What is found of each kind of fraud; none if the labels name no kind."""
    if not metrics["recall_by_scenario"]:
        return []
    lines = ["| fraud scenario | frauds in test | found at review |", "| --- | ---: | ---: |"]
    return lines + [
        f"| {name} | {row['frauds']} | {row['found']:.1%} |"
        for name, row in metrics["recall_by_scenario"].items()
    ]


def slice_tables(slices: Mapping[str, Any]) -> Lines:
    """One table for each way to part the payments."""
    lines: Lines = []
    for kind, parts in slices.items():
        lines += [
            f"| {kind} | payments | frauds | average precision | recall | false positives |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
        ]
        for name, row in parts.items():
            lines.append(
                f"| {name} | {row['payments']:,} | {row['frauds']:,} "
                f"| {_or_blank(row['average_precision'], '{:.3f}')} "
                f"| {_or_blank(row['recall'], '{:.1%}')} | {row['false_positive_rate']:.2%} |"
            )
        lines.append("")
    return lines


def group_table(groups: Mapping[str, Any]) -> Lines:
    """How often genuine customers of each group are annoyed."""
    lines = [
        "| group | genuine payments | flagged | 95 % interval | blocked | fraud found |",
        "| --- | ---: | ---: | --- | ---: | ---: |",
    ]
    for name, row in groups.items():
        low, high = row["false_positive_rate_interval"].values()
        lines.append(
            f"| {name} | {row['genuine']:,} | {row['false_positive_rate']:.2%} "
            f"| {low:.2%} to {high:.2%} | {row['blocked_rate']:.2%} "
            f"| {_or_blank(row['recall'], '{:.1%}')} |"
        )
    return lines


def feature_table(manifest: Mapping[str, Any]) -> Lines:
    """The model's input."""
    alone = manifest["metrics"]["features_alone"]
    lines = ["| # | feature | unit | what it is | alone |", "| ---: | --- | --- | --- | ---: |"]
    return lines + [
        f"| {index} | `{item['name']}` | {item['unit']} | {item['meaning']} "
        f"| {_or_blank(alone.get(item['name']), '{:.3f}')} |"
        for index, item in enumerate(manifest["features"], start=1)
    ]


def _or_blank(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)
