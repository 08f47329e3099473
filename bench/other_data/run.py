"""Each shape from file to world to model, and what became of each step."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.other_data.shapes import SHAPES, write_shape
from swipestream.models.training_process import TRAINING_PYTHON
from swipestream.settings import REPO_ROOT

ONE_VALUE = "has one value only"
BEGIN, END = "<!-- other-data: begin -->", "<!-- other-data: end -->"
HEADER = (
    "| shape of | rows | payments | frauds | features that vary | training |",
    "| --- | ---: | ---: | ---: | ---: | --- |",
)


@dataclass(frozen=True)
class Result:
    """
    What became of a file.

    :param payments: that could be used.
    :param frauds: among them, as labeled.
    :param features: that tell payments apart, and how many there are; None without a model.
    :param average_precision: on the model's test part; None without a model.
    :param said: why there is no model, as training says it.
    """

    name: str
    rows: int
    payments: int
    frauds: int
    features: tuple[int, int] | None
    average_precision: float | None
    said: str


def run(folder: Path, rows: int, seed: int) -> Iterator[Result]:
    """
    Make, map and learn from each shape.

    :param folder: where files, worlds and models go.
    :param rows: of each file.
    """
    for name in SHAPES:
        file, world, models = folder / f"{name}.csv", folder / name, folder / f"{name}-models"
        write_shape(name, file, rows, seed)
        command(
            *(sys.executable, "-m", "swipestream.cli", "produce", file, "--to-world", world),
            *("--rejects", folder / f"{name}.rejects.jsonl"),
        )
        description = json.loads((world / "world.json").read_text(encoding="utf-8"))
        trained = command(
            *(TRAINING_PYTHON, "-m", "training", "--world", world, "--out", models),
            *("--seed", seed),
            check=False,
        )
        bundle = bundle_of(models)
        yield Result(
            name=name,
            rows=rows,
            payments=description["payments"],
            frauds=description["frauds"],
            features=features_of(bundle) if bundle else None,
            average_precision=bundle["metrics"]["average_precision"] if bundle else None,
            said="" if bundle else first_error(trained.stderr).replace(f"{world}", name),
        )


def row(result: Result) -> str:
    """A line of the table."""
    features = f"{result.features[0]} of {result.features[1]}" if result.features else ""
    outcome = result.said
    if result.average_precision is not None:
        outcome = f"average precision {result.average_precision:.2f}"
    return (
        f"| {result.name} | {result.rows:,} | {result.payments:,} | {result.frauds:,} "
        f"| {features} | {outcome} |"
    )


def command(*words: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a program from the repository; its words are kept."""
    return subprocess.run(
        list(map(str, words)), cwd=REPO_ROOT, check=check, capture_output=True, text=True
    )


def bundle_of(models: Path) -> dict[str, Any] | None:
    """The bundle.json of the one model that was made; None if there is none."""
    found = list(models.glob("m-*/bundle.json"))
    return json.loads(found[0].read_text(encoding="utf-8")) if found else None


def features_of(bundle: dict[str, Any]) -> tuple[int, int]:
    """How many features have more than one value, of how many."""
    total = len(bundle["features"])
    warnings = bundle["training"]["warnings"]
    return total - sum(ONE_VALUE in warning for warning in warnings), total


def first_error(text: str) -> str:
    """The line in which a command says what is wrong."""
    lines = [line for line in text.splitlines() if line.startswith("error: ")]
    return lines[0].removeprefix("error: ") if lines else "no reason was given"
