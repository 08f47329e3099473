"""From payments and labels to a published bundle with its verdict, step by step."""

import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime

from flink_jobs.pipelines import PAYMENTS
from training.card.manifest import manifest
from training.card.model_card import model_card
from training.card.pictures import pictures
from training.data.prepare import Prepared, prepare
from training.data.training_set import Source, build_training_set
from training.decide.calibration import log_loss
from training.decide.decision_costs import DecisionCosts
from training.judge.controls import TRIVIAL, Control, controls
from training.judge.evaluate import control_metrics, metric_intervals, metrics
from training.judge.gate import MIN_POSITIVES, Verdict, judge, write_verdict
from training.judge.scoring_speed import scoring_speed
from training.judge.slices import groups, slices
from training.learn.export_onnx import check_parity, to_onnx, with_unknowns
from training.learn.fit import Fitted, fit
from training.progress import Progress
from udfs.bundle_errors import BundleError
from udfs.model_bundle import CHAMPION, LIGHTGBM_MODEL, MODEL, read_pointer, write_bundle
from udfs.onnx_scorer import INPUT, OUTPUT, OnnxScorer

if TYPE_CHECKING:
    from training.learn.search import Budget

SPEED = "speed.json"
PARITY_ROWS = 20_000


@dataclass(frozen=True)
class Options:
    """
    How to train.

    :param seed: the same seed, data and versions of the packages give the same model.
    :param since_ms: leave out older payments, UTC epoch milliseconds; None: the first 7 days.
    :param until_ms: the moment to learn at; None: as late as the source goes.
    :param costs: what decisions cost.
    :param budget: for a search for parameters; None: the usual ones.
    :param min_positives: frauds that the gate needs.
    """

    seed: int = 7
    since_ms: int | None = None
    until_ms: int | None = None
    costs: DecisionCosts = field(default_factory=DecisionCosts)
    budget: "Budget | None" = None
    min_positives: int = MIN_POSITIVES


@dataclass(frozen=True)
class Outcome:
    """
    What a training run leaves behind.

    :param folder: the bundle.
    :param verdict: of the gate.
    """

    folder: Path
    manifest: Mapping[str, Any]
    verdict: Verdict


def train(
    source: Source,
    models_dir: Path,
    options: Options | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """
    Train a model, publish it and judge it; who is champion does not change.

    :param source: of payments and labels.
    :param models_dir: where bundles and the file ``champion`` live.
    :raises TrainingError: the data, its labels or the export do not allow it.
    """
    options, progress = options or Options(), progress or Progress()
    options.costs.check()
    with progress.step("features and labels"):
        training_set = build_training_set(
            source,
            models_dir / "training_set.parquet",
            since_ms=options.since_ms,
            until_ms=options.until_ms,
        )
    with progress.step("checks of features"):
        prepared = prepare(training_set, options.seed)
    for text in prepared.warnings:
        progress.warn(text)
    # The controls take the core that LightGBM leaves idle.
    with ThreadPoolExecutor(max_workers=1) as pool:
        others_soon = pool.submit(controls_of, prepared, options.seed)
        fitted = fit(prepared, options.seed, options.costs, options.budget, progress)
        with progress.step("controls"):
            others = others_soon.result()
    test_frame = training_set.frame.iloc[fitted.test]
    with progress.step("measures and intervals"):
        measured = _measured(fitted, others, options)
    with progress.step("export and its check"):
        names = training_set.features
        model = to_onnx(fitted.booster, len(names), fitted.calibration.calibration)
        rows = with_unknowns(prepared.features[fitted.test][:PARITY_ROWS])
        measured["onnx_rows"] = len(rows)
        measured["onnx_difference"] = check_parity(
            fitted.scores(rows), run_onnx(model, rows), rows, names
        )
    with progress.step("speed"):
        speed = scoring_speed(model, prepared.features[fitted.test][:PARITY_ROWS])
    with progress.step("pictures, card and bundle"):
        files = {
            MODEL: model,
            LIGHTGBM_MODEL: fitted.booster.model_to_string().encode(),
            **pictures(fitted, options.costs, options.seed),
        }
        described = manifest(fitted, options.costs, measured, options.seed)
        folder = _publish(models_dir, described, files, speed)
        candidate = OnnxScorer.load(folder, PAYMENTS.model_features)
    with progress.counted("gate") as on_step:
        verdict = judge(
            candidate,
            _champion(models_dir),
            test_frame,
            [control for control in others if control.name in TRIVIAL],
            options.seed,
            options.min_positives,
            lambda done, total: on_step(done, total, ""),
            training_set.labels.untrusted(),
        )
        write_verdict(folder, verdict)
    return Outcome(folder, described, verdict)


def run_onnx(model: bytes, features: np.ndarray) -> np.ndarray:
    """
    An ONNX model's scores.

    :param model: as `to_onnx` makes it.
    :param features: float32, shape (n, f).
    :return: float32 in [0, 1], shape (n,).
    """
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    probabilities: np.ndarray = session.run([OUTPUT], {INPUT: features})[0]
    return probabilities[:, 1]


def controls_of(prepared: Prepared, seed: int) -> list[Control]:
    """Fit the controls on the training part, and score the test part with them."""
    split, names = prepared.split, prepared.training_set.features
    return controls(
        (prepared.features[split.train], prepared.label[split.train]),
        prepared.features[split.test],
        {name: index for index, name in enumerate(names)},
        seed,
    )


def _measured(fitted: Fitted, others: list[Control], options: Options) -> dict[str, Any]:
    frame = fitted.prepared.training_set.frame.iloc[fitted.test]
    scores, thresholds, seed = fitted.test_scores, fitted.thresholds, options.seed
    return {
        **metrics(frame, scores, thresholds, options.costs),
        "log_loss_before_calibration": log_loss(
            fitted.uncalibrated_test_scores, frame["label"].to_numpy()
        ),
        "intervals": metric_intervals(frame, scores, thresholds, options.costs, seed),
        "controls": {control.name: control_metrics(frame, control) for control in others},
        "slices": slices(frame, scores, thresholds),
        "groups": groups(frame, scores, thresholds, seed),
        "features_alone": fitted.prepared.alone,
    }


def _champion(models_dir: Path) -> OnnxScorer | BundleError | None:
    try:
        version = read_pointer(models_dir, CHAMPION)
        return OnnxScorer.load(models_dir / version) if version else None
    except BundleError as error:
        return error


def _publish(
    models_dir: Path,
    described: Mapping[str, Any],
    files: Mapping[str, bytes],
    speed: Mapping[str, Any],
) -> Path:
    created_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    card = model_card(described, hashes, created_at, speed)
    # A speed is the machine's as well as the model's, so it is not part of the bundle's hash.
    beside = {"model_card.md": card, SPEED: json.dumps(speed, indent=2) + "\n"}
    return write_bundle(models_dir, described, files, created_at, beside)
