"""The model card: what a person needs to know before trusting a model, in Markdown."""

from collections.abc import Mapping
from textwrap import fill
from typing import Any

from training.card.card_tables import (
    calibration_table,
    control_table,
    curve_table,
    decision_table,
    feature_table,
    group_table,
    quality_table,
    scenario_table,
    slice_tables,
)

PICTURES = {
    "precision_recall.png": "Precision against recall, with both thresholds",
    "reliability.png": "Score against the share that was fraud, before and after calibration",
    "costs.png": "What decisions cost, by review threshold",
    "reviews.png": "Cost, precision and recall by reviews a day, each with its cheapest thresholds",
    "importance.png": "Gain by feature",
    "contributions.png": "Contributions of features to single scores",
}


def model_card(
    manifest: Mapping[str, Any],
    hashes: Mapping[str, str],
    created_at: str,
    speed: Mapping[str, Any],
) -> str:
    """
    Write the card of a bundle.

    :param manifest: the bundle's ``bundle.json`` as far as it is known before publication.
    :param hashes: sha256 by file name.
    :param speed: what `scoring_speed` measured.
    :return: Markdown, with ``{version}`` where the version belongs.
    """
    sections = (
        _head(manifest, created_at, speed),
        _quality(manifest),
        _probabilities(manifest),
        _decisions(manifest),
        _parts(manifest["metrics"]),
        _fairness(manifest["metrics"]),
        _data(manifest["training"], manifest["data"]),
        _features(manifest),
        _limits(manifest),
        _identity(manifest, hashes),
    )
    return "\n".join(sections)


def _head(manifest: Mapping[str, Any], created_at: str, speed: Mapping[str, Any]) -> str:
    model, source = manifest["model"], manifest["data"]["source"]
    origin = "on stored payments, with their features as the stream scored them."
    if source.get("kind") == "world":
        origin = (
            "on a simulated world: it shows that the machinery works and says nothing about fraud "
            "at a real bank."
        )
    elif source.get("kind") == "file":
        origin = (
            f"on the payments of a file, read with the mapping {source['mapping']}; their features "
            "are those that the stream would have computed."
        )
    lines = [
        "# Model {version}",
        "",
        _prose(
            f"Scores one card payment: how likely it is to be fraud, from "
            f"{len(manifest['features'])} features of the payment, its card's last seven days, its "
            "customer and its merchant. Meant for payments of the kind it has learnt from, to send "
            "some to review and refuse a few. Not meant to judge a person."
        ),
        "",
        _prose(
            f"LightGBM, {model['trees']} trees of up to {model['leaves']} leaves, run as ONNX. "
            f"Trained {created_at} {origin} Whether it may go into service is in `gate.json`: that "
            "belongs to a moment and not to the model."
        ),
        "",
        *_in_brief(manifest["metrics"], speed),
        "",
    ]
    return "\n".join(lines)


def _in_brief(metrics: Mapping[str, Any], speed: Mapping[str, Any]) -> list[str]:
    money = metrics["money"]
    processor = f", {speed['processor']}" if speed["processor"] else ""
    rows = (
        ("payments that are fraud, test part", f"{metrics['fraud_rate']:.2%}"),
        ("lost to fraud a day, approving everything", _units(money["fraud_cents"] / money["days"])),
        ("expected cost a day of its decisions", _units(money["cost_cents"] / money["days"])),
        ("expected saving a day", _units(money["saved_cents"] / money["days"])),
        (
            f"scoring a payment, one thread, batches of {speed['batch']:,}{processor}",
            f"{speed['microseconds_per_row']:.1f} µs",
        ),
    )
    return ["| in brief | |", "| --- | ---: |", *(f"| {name} | {value} |" for name, value in rows)]


def _quality(manifest: Mapping[str, Any]) -> str:
    metrics = manifest["metrics"]
    lines = [
        "## Quality",
        "",
        _prose(
            "On the test part: later than every payment that the model, its calibration or its "
            "thresholds were fitted on. The intervals come from drawing cards again, for card "
            "precision days."
        ),
        "",
        *quality_table(metrics),
        "",
        _prose(
            "Controls, on the same payments. Regression and forest have learnt from all frauds and "
            "a sample of the rest."
        ),
        "",
        *control_table(metrics),
        "",
        _picture("precision_recall.png"),
    ]
    return "\n".join(lines)


def _probabilities(manifest: Mapping[str, Any]) -> str:
    chosen = {
        "none": "The trees' own probabilities were the best; nothing is done to them.",
        "platt": "A straight line through the trees' log odds was the best.",
        "isotonic": "A rising line with bends through the trees' log odds was the best.",
    }[manifest["calibration"]["method"]]
    lines = [
        "## Probabilities",
        "",
        _prose(
            f"{chosen} Each method was fitted on the earlier half of the validation part and "
            "judged on the later one. It is part of `model.onnx`: the score is the calibrated "
            "probability."
        ),
        "",
        *calibration_table(manifest),
        "",
        _picture("reliability.png"),
    ]
    return "\n".join(lines)


def _decisions(manifest: Mapping[str, Any]) -> str:
    costs, money = manifest["costs"], manifest["metrics"]["money"]
    capacity = f"{costs['review_share']:.1%} of the payments"
    if costs["reviews_per_day"] is not None:
        capacity = f"{costs['reviews_per_day']:g} a day"
    lines = [
        "## Decisions",
        "",
        *decision_table(manifest),
        "",
        _prose(
            "The thresholds are the pair with the lowest cost on the validation part: a fraud that "
            f"gets through costs its amount, a look {_units(costs['review_cents'])}, a genuine "
            f"customer who waits for one {_units(costs['review_insult_cents'])}, one who is "
            f"refused {_units(costs['block_insult_cents'])}; a review detects "
            f"{costs['caught_in_review']:.0%} of the frauds, and the review capacity is {capacity}."
        ),
        "",
        _prose(
            f"On the test part fraud was worth {_units(money['fraud_cents'])}; these decisions "
            f"save {_units(money['saved_cents'])} of it ({money['saved_share']:.0%}), with "
            f"{money['reviews_per_day']:.0f} looks a day."
        ),
        "",
        _picture("costs.png"),
        _prose(
            "With other numbers of reviews a day: the cheapest thresholds of the validation part, "
            "and what they do to the test part. `swipestream policy set --reviews-a-day` takes any "
            "of them, `--costs` other costs."
        ),
        "",
        *curve_table(manifest),
        "",
        _picture("reviews.png"),
        *scenario_table(manifest["metrics"]),
        "",
    ]
    return "\n".join(lines)


def _parts(metrics: Mapping[str, Any]) -> str:
    lines = [
        "## Parts",
        "",
        _prose(
            "Recall and false positives at the review threshold; no average precision where there "
            "are fewer than ten frauds."
        ),
        "",
        *slice_tables(metrics["slices"]),
    ]
    return "\n".join(lines)


def _fairness(metrics: Mapping[str, Any]) -> str:
    if not metrics["groups"]:
        return "## Groups of customers\n\nNo segment of any customer is known.\n"
    lines = [
        "## Groups of customers",
        "",
        _prose(
            "The segment is not a feature, but behavior differs by segment. Genuine payments "
            "that are reviewed or blocked:"
        ),
        "",
        *group_table(metrics["groups"]),
        "",
    ]
    return "\n".join(lines)


def _data(training: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    lines = [
        "## Data",
        "",
        _prose(
            f"Labels as known on {training['labels_known_at']}; payments of the "
            f"{training['label_delay_days']} days before that are left out because many complaints "
            f"about them had not arrived, and the first {training['warm_up_days']} days because "
            "history was short, or older ones on request."
        ),
        "",
        "| part | from | to | payments | frauds |",
        "| --- | --- | --- | ---: | ---: |",
    ]
    lines += [
        f"| {name} | {part['from']} | {part['to']} | {part['rows']:,} | {part['frauds']:,} |"
        for name, part in training["parts"].items()
    ]
    source = ", ".join(f"{name} {value}" for name, value in data["source"].items())
    lines += ["", _prose(f"Source: {source}. Content {data['content'][:16]}."), ""]
    lines += [f"- {text}" for text in training["warnings"]]
    return "\n".join([*lines, ""] if training["warnings"] else lines)


def _features(manifest: Mapping[str, Any]) -> str:
    lines = [
        "## Features",
        "",
        "In the order of the model's input. NULL reaches the model as NaN. Their SQL is in",
        "`sql/payments/features/`. Alone: average precision of three questions about this feature.",
        "",
        *feature_table(manifest),
    ]
    for name, codes in manifest["categories"].items():
        listed = ", ".join(f"{text} {code}" for text, code in codes.items())
        lines += ["", f"Codes of {name}, from safe to risky, unknown 0: {listed}."]
    lines += ["", _picture("importance.png"), _picture("contributions.png")]
    return "\n".join(lines)


def _limits(manifest: Mapping[str, Any]) -> str:
    source = manifest["data"]["source"]
    limits = [
        "What the model before it blocked or sent to review is in the data like the rest; if "
        "blocked frauds are never labeled, the model learns that they were genuine."
    ]
    if source.get("kind") == "world":
        limits = [
            "Some payments were stripped on purpose (2 % of history, 1 % of customer, 1 % of "
            "merchant), so scores without these mean something, but less.",
            "The test part is of the same world as the training part: new kinds of fraud are not "
            "measured.",
            f"The world knows {source.get('currency', 'one currency')} only.",
        ]
    limits += [
        "Amounts are taken in cents of whatever currency the card has.",
        "A payment without a label counts as good: unreported fraud teaches the model so.",
        "Intervals show the noise of drawing other cards of the same weeks, not that the next "
        "month is different.",
        "The costs of decisions are assumptions; with others, other thresholds are the best ones.",
    ]
    return "\n".join(["## Limits", "", *(_prose(text, "- ") for text in limits), ""])


def _identity(manifest: Mapping[str, Any], hashes: Mapping[str, str]) -> str:
    code, metrics = manifest["code"], manifest["metrics"]
    seed = manifest["training"]["seed"]
    search = manifest["model"]["search"]
    lines = [
        "## Identity",
        "",
        f"Feature SQL {code['sql']}, training code {code['training']}, seed {seed}.",
        f"ONNX against LightGBM: largest difference {metrics['onnx_difference']:.1e} "
        f"on {metrics['onnx_rows']:,} rows.",
    ]
    if search:
        lines.append(
            f"Parameters from {search['trials']} trials on {search['folds']} folds: average "
            f"precision {search['best_score']:.3f} there, {search['usual_score']:.3f} with the "
            "usual ones."
        )
    lines += ["", "| file | sha256 |", "| --- | --- |"]
    lines += [f"| {name} | `{digest}` |" for name, digest in sorted(hashes.items())]
    return "\n".join([*lines, ""])


def _picture(name: str) -> str:
    return f"![{PICTURES[name]}]({name})\n"


def _units(cents: float) -> str:
    return f"{cents / 100:,.0f}" if cents >= 100_000 else f"{cents / 100:,.2f}"


def _prose(text: str, bullet: str = "") -> str:
    return fill(
        text,
        width=100,
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_on_hyphens=False,
    )
