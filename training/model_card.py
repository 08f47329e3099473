"""The model card: what a person needs to know before trusting a model, in one page of Markdown."""

from collections.abc import Mapping
from typing import Any

PICTURES = {
    "precision_recall.png": "Precision against recall, with both thresholds",
    "reliability.png": "Score against the share that was fraud",
    "importance.png": "Gain by feature",
}


def model_card(manifest: Mapping[str, Any], hashes: Mapping[str, str], created_at: str) -> str:
    """
    Write the card of a bundle.

    :param manifest: the bundle's ``bundle.json`` as far as it is known before publication.
    :param hashes: sha256 by file name.
    :return: Markdown, with ``{version}`` where the version belongs.
    """
    sections = (
        _head(manifest, created_at),
        _quality(manifest["metrics"], manifest["thresholds"]),
        _pictures(),
        _data(manifest["training"], manifest["data"]),
        _features(manifest),
        _limits(manifest),
        _identity(manifest, hashes),
    )
    return "\n".join(sections)


def _head(manifest: Mapping[str, Any], created_at: str) -> str:
    model = manifest["model"]
    return f"""# Model {{version}}

Scores one card payment: how likely it is to be fraud, from {len(manifest["features"])} features of
the payment, its card's last seven days, its customer and its merchant.

LightGBM, {model["trees"]} trees of up to {model["leaves"]} leaves, run as ONNX. Trained
{created_at} on a simulated world: it shows that the machinery works and says nothing about fraud
at a real bank.
"""


def _quality(metrics: Mapping[str, Any], thresholds: Mapping[str, float]) -> str:
    base = metrics["baselines"]
    lines = [
        "## Quality",
        "",
        "On the test part: later than every payment the model or its thresholds were fitted on.",
        "",
        "| measure | value |",
        "| --- | ---: |",
        f"| average precision | **{metrics['average_precision']:.3f}** |",
        f"| ... of a decision tree of depth 2 | {base['depth_2_tree']:.3f} |",
        f"| ... of the number of payments in 5 minutes | {base['velocity_rule']:.3f} |",
        f"| ... of the amount | {base['amount_rule']:.3f} |",
        f"| ... of chance (the fraud rate) | {metrics['fraud_rate']:.4f} |",
        f"| ROC AUC | {metrics['roc_auc']:.3f} |",
        f"| card precision, 100 cards a day | {metrics['card_precision_100']:.3f} |",
        f"| ... of a perfect ranking | {metrics['card_precision_100_ceiling']:.3f} |",
        "",
        "| decision | from score | payments | of them fraud | fraud found |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name in ("review", "block"):
        at = metrics[name]
        lines.append(
            f"| {name}{' or block' if name == 'review' else ''} | {thresholds[name]:.6f} "
            f"| {at['share']:.2%} | {at['precision']:.1%} | {at['recall']:.1%} |"
        )
    lines += [
        "",
        "Block: the lowest score from which on 90 % of validation payments were fraud. Review: the",
        "score below it that saves most money, with no more reviews than one payment in a hundred.",
        "",
        "| fraud scenario | frauds in test | found at review |",
        "| --- | ---: | ---: |",
    ]
    lines += [
        f"| {name} | {row['frauds']} | {row['found']:.1%} |"
        for name, row in metrics["recall_by_scenario"].items()
    ]
    return "\n".join([*lines, ""])


def _pictures() -> str:
    return "\n".join(f"![{text}]({name})" for name, text in PICTURES.items()) + "\n"


def _data(training: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    lines = [
        "## Data",
        "",
        f"Labels as known on {training['labels_known_at']}; payments of the "
        f"{training['label_delay_days']} days before that are left",
        f"out because many complaints about them had not arrived, and the first "
        f"{training['warm_up_days']} days because history was short.",
        "",
        "| part | from | to | payments | frauds |",
        "| --- | --- | --- | ---: | ---: |",
    ]
    lines += [
        f"| {name} | {part['from']} | {part['to']} | {part['rows']:,} | {part['frauds']:,} |"
        for name, part in training["parts"].items()
    ]
    lines += ["", f"World: seed {data['world'].get('seed')}, content {data['content'][:16]}.", ""]
    return "\n".join(lines)


def _features(manifest: Mapping[str, Any]) -> str:
    lines = [
        "## Features",
        "",
        "In the order of the model's input. NULL reaches the model as NaN. Their SQL is in",
        "`sql/payments/features/`.",
        "",
        "| # | feature | unit |",
        "| ---: | --- | --- |",
    ]
    lines += [
        f"| {index} | {item['name']} | {item['unit']} |"
        for index, item in enumerate(manifest["features"], start=1)
    ]
    for name, codes in manifest["categories"].items():
        listed = ", ".join(f"{text} {code}" for text, code in codes.items())
        lines += ["", f"Codes of {name}, from safe to risky, unknown 0: {listed}."]
    return "\n".join([*lines, ""])


def _limits(manifest: Mapping[str, Any]) -> str:
    return f"""## Limits

- The score is the model's raw output. The picture of reliability shows how near it is to a
  probability.
- Some payments were stripped on purpose (2 % of history, 1 % of customer, 1 % of merchant), so
  scores without these mean something, but less.
- Amounts are taken in cents of whatever currency the card has; the training world knows
  {manifest["data"]["world"].get("currency", "one currency")} only.
- A payment without a label counts as good: fraud that nobody reported teaches the model so.
- The test part is of the same world as the training part: new kinds of fraud are not measured.
"""


def _identity(manifest: Mapping[str, Any], hashes: Mapping[str, str]) -> str:
    code, metrics = manifest["code"], manifest["metrics"]
    seed = manifest["training"]["seed"]
    lines = [
        "## Identity",
        "",
        f"Feature SQL {code['sql']}, training code {code['training']}, seed {seed}.",
        f"ONNX against LightGBM: largest difference {metrics['onnx_difference']:.1e} "
        f"on {metrics['onnx_rows']:,} rows.",
        "",
        "| file | sha256 |",
        "| --- | --- |",
    ]
    lines += [f"| {name} | `{digest}` |" for name, digest in sorted(hashes.items())]
    return "\n".join([*lines, ""])
