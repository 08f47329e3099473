"""The results as tables, in a separate file and between the marks of a document."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

from bench.handbook import published
from bench.handbook.features import BOOK, STREAMED
from bench.handbook.marks import put_between_marks
from bench.handbook.plots import importance_png, search_png, weeks_png
from bench.handbook.published import Published
from bench.handbook.run import FOREST, LOGISTIC, OURS, REFERENCE, Measured, Result
from bench.machine import machine

MEASURES = ("average_precision", "roc_auc", "card_precision")
MEASURE_TEXTS = ("average precision", "ROC AUC", "CP@100")
FEATURE_SETS = {BOOK: "the book's 15", STREAMED: "the stream's", "": "the truth"}
# Which of our models a published one stands beside; the others get separate rows.
BESIDE = {LOGISTIC: published.LOGISTIC_REGRESSION, FOREST: published.RANDOM_FOREST}
ALONE = {
    "published: XGBoost": published.XGBOOST,
    "published: balanced bagging": published.BALANCED_BAGGING,
}
# What a picture shows, and what draws it, by the name of its file.
PICTURES = {
    "handbook_weeks.png": ("Average precision of each test week", weeks_png),
    "handbook_search.png": ("The search, trial by trial", search_png),
    "handbook_importance.png": ("What the model looks at", importance_png),
}


def tables(result: Result, pictures: str = "") -> str:
    """
    Markdown: what was run where, every model on the first draw, all draws, and pictures.

    :param pictures: the folder they are in, as the text names it; ends with a slash.
    """
    plan, choice = result.plan, result.choice
    first = result.draws[0]
    chosen = ", ".join(f"{name} {_short(value)}" for name, value in choice.boosting.items())
    own, gain = result.own, result.gain
    return "\n".join(
        [
            f"`{plan.command}`, {datetime.now(UTC):%Y-%m-%d}, {machine()}; "
            f"{result.seconds / 60:.0f} minutes.",
            "",
            f"Draw {first.seed}: {first.payments:,} payments, "
            f"{sum(first.frauds) / first.payments:.2%} of them fraud; "
            f"{first.tested:,} payments with {first.tested_frauds:,} frauds in the {plan.weeks} "
            "test weeks after known cards are removed. Mean ± standard deviation over the weeks; "
            "in brackets what the book reports.",
            "",
            *_model_rows(first.models),
            "",
            f"Average precision of the last model: {own.value:.3f}, 95 % interval {own.low:.3f} to "
            f"{own.high:.3f} (cards drawn again {plan.resamples} times). It minus the random "
            f"forest's: {gain.value:.3f}, {gain.low:.3f} to {gain.high:.3f}.",
            "",
            f"Chosen on the validation weeks of draw {first.seed}, of {plan.trials} trials: "
            f"{choice.train_days} days of training, {chosen}. Controls: C "
            f"{choice.regularisation:g}; trees of depth {choice.depth or 'unlimited'}.",
            "",
            f"By draw of the payments, always with the parameters chosen on draw {first.seed}:",
            "",
            *_draw_rows(result),
            "",
            "The controls over all draws: mean ± standard deviation over the weeks of every draw, "
            "and how many of these deviations the book's figure is away.",
            "",
            *_control_rows(result),
            "",
            *(f"![{text}]({pictures}{name})" for name, (text, _) in PICTURES.items()),
            "",
        ]
    )


def _model_rows(models: Sequence[Measured]) -> Iterator[str]:
    yield "| model | features | trained on | average precision | ROC AUC | CP@100 | seconds |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
    for model in models:
        beside = BESIDE.get(model.name)
        figures = " | ".join(_figure(model, beside, measure) for measure in MEASURES)
        days = f"{model.days} d" if model.days else ""
        seconds = f"{model.seconds:.0f}" if model.days else ""
        name = f"**{model.name}**" if model.name == OURS else model.name
        yield f"| {name} | {FEATURE_SETS[model.features]} | {days} | {figures} | {seconds} |"
    for name, row in ALONE.items():
        figures = " | ".join(f"({getattr(row, measure):.3f})" for measure in MEASURES)
        yield f"| {name} | the book's 15 | 7 d | {figures} | |"


def _figure(model: Measured, beside: Published | None, measure: str) -> str:
    text = f"{model.mean(measure):.3f} ± {model.deviation(measure):.3f}"
    return text if beside is None else f"{text} ({getattr(beside, measure):.3f})"


def _draw_rows(result: Result) -> Iterator[str]:
    names = (LOGISTIC, FOREST, OURS, REFERENCE)
    heads = ["draw", "fraud", *(f"AP: {name.split(',')[0]}" for name in names)]
    heads += ["AUC: LightGBM", "AUC: reference", "CP@100 of the reference's"]
    yield "| " + " | ".join(heads) + " |"
    yield "| ---: " * len(heads) + "|"
    for draw in result.draws:
        ours, reference = draw.model(OURS), draw.model(REFERENCE)
        cells = [
            str(draw.seed),
            f"{sum(draw.frauds) / draw.payments:.2%}",
            *(f"{draw.model(name).mean('average_precision'):.3f}" for name in names),
            f"{ours.mean('roc_auc'):.3f}",
            f"{reference.mean('roc_auc'):.3f}",
            f"{ours.mean('card_precision') / reference.mean('card_precision'):.1%}",
        ]
        yield "| " + " | ".join(cells) + " |"


def _control_rows(result: Result) -> Iterator[str]:
    yield "| control | weeks | measure | here | the book | away |"
    yield "| --- | ---: | --- | ---: | ---: | ---: |"
    for name, row in BESIDE.items():
        weeks = [week for draw in result.draws for week in draw.model(name).by_week]
        for measure, text in zip(MEASURES, MEASURE_TEXTS, strict=True):
            values = [getattr(week, measure) for week in weeks]
            mean, deviation, book = fmean(values), pstdev(values), getattr(row, measure)
            away = f"{(mean - book) / deviation:+.1f}" if deviation else ""
            yield (
                f"| {name} | {len(weeks)} | {text} | {mean:.3f} ± {deviation:.3f} | {book:.3f} | "
                f"{away} |"
            )


def write(result: Result, folder: Path) -> Path:
    """
    Write handbook.json, handbook.md and the pictures.

    :return: the second.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = json.dumps(as_dict(result), indent=2, default=str)
    (folder / "handbook.json").write_text(content + "\n", "utf-8")
    _write_pictures(result, folder)
    path = folder / "handbook.md"
    path.write_text(tables(result), "utf-8")
    return path


def as_dict(result: Result) -> dict[str, Any]:
    """Everything but the single scores."""
    return {
        "machine": machine(),
        "seconds": result.seconds,
        "plan": result.plan.description,
        "choice": asdict(result.choice),
        "average_precision": asdict(result.own),
        "gain_over_random_forest": asdict(result.gain),
        "importance": dict(result.importance),
        "draws": [
            {
                "seed": draw.seed,
                "payments": draw.payments,
                "frauds": draw.frauds,
                "models": {
                    model.name: {
                        "features": model.features,
                        "train_days": model.days,
                        "seconds": model.seconds,
                        "weeks": [asdict(week) for week in model.by_week],
                    }
                    for model in draw.models
                },
            }
            for draw in result.draws
        ],
    }


def fill(document: Path, result: Result) -> None:
    """
    Put the tables between the marks of a document, and the pictures into img/ beside it.

    :raises TrainingError: it has no marks.
    """
    put_between_marks(document, tables(result, "img/"))
    _write_pictures(result, document.parent / "img")


def _write_pictures(result: Result, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, (_, draw) in PICTURES.items():
        (folder / name).write_bytes(draw(result))


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
