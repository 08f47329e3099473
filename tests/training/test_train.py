"""A whole run on a small world: what is published, that it repeats, what is said when it cannot."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

import lightgbm
import numpy as np
import pandas as pd

from flink_jobs.feature_registry import feature_registry
from flink_jobs.score_payments import JOB
from swipestream.reasons.explainer import Explainer
from tests.training.small_world import write_small_world
from training.data.world import open_world
from training.decide.decision_costs import DecisionCosts
from training.decide.decision_curve import DecisionCurve
from training.errors import TooFewLabelsError
from training.judge.controls import TRIVIAL
from training.learn.search import Budget
from training.progress import OnStep, Progress
from training.run import Options, Outcome, train
from udfs.bundle_errors import BundleMismatchError
from udfs.calibration import Calibration
from udfs.model_bundle import CHAMPION, read_bundle, read_pointer
from udfs.onnx_scorer import OnnxScorer


def test_the_bundle_is_complete(trained: Outcome) -> None:
    assert sorted(path.name for path in trained.folder.iterdir()) == [
        "bundle.json",
        "contributions.png",
        "costs.png",
        "gate.json",
        "importance.png",
        "model.lgb.txt",
        "model.onnx",
        "model_card.md",
        "precision_recall.png",
        "reliability.png",
        "reviews.png",
        "speed.json",
    ]
    bundle = read_bundle(trained.folder, JOB.model_features)
    assert bundle.manifest["metrics"]["onnx_difference"] < 1e-6
    assert {row.score > 0.5 for row in bundle.self_test} == {True, False}


def test_the_scorer_gives_lightgbms_scores_on_the_streams_values(trained: Outcome) -> None:
    scorer = OnnxScorer.load(trained.folder, JOB.model_features)
    booster = lightgbm.Booster(model_file=str(trained.folder / "model.lgb.txt"))
    stored = pd.read_parquet(trained.folder.parent / "training_set.parquet").tail(5000)
    features = scorer.encode([stored[name] for name in JOB.model_features])
    assert np.isnan(features).any()
    calibration = Calibration.from_json(trained.manifest["calibration"])
    expected = calibration.probabilities(np.asarray(booster.predict(features, raw_score=True)))
    np.testing.assert_allclose(scorer.score(features), expected, atol=1e-6)


def test_reasons_add_up_to_the_scores(trained: Outcome) -> None:
    scorer = OnnxScorer.load(trained.folder, JOB.model_features)
    explainer = Explainer.load(trained.folder)
    stored = pd.read_parquet(trained.folder.parent / "training_set.parquet").tail(500)
    features = scorer.encode([stored[name] for name in JOB.model_features])
    contributions = explainer.contributions(features)
    assert contributions.shape == (500, len(JOB.model_features) + 1)
    sums = explainer.scores(contributions.sum(axis=1))
    np.testing.assert_allclose(scorer.score(features), sums, atol=1e-6)


def test_a_bundle_for_other_features_is_refused(trained: Outcome) -> None:
    other = ("amount_eur", *JOB.model_features[1:])
    with pytest.raises(BundleMismatchError, match=r"feature 1 .* is amount_cents, .* amount_eur"):
        OnnxScorer.load(trained.folder, other)


def test_the_model_beats_what_needs_no_model(trained: Outcome) -> None:
    measured = trained.manifest["metrics"]
    assert measured["average_precision"] > 0.4
    for name in TRIVIAL:
        control = measured["controls"][name]
        assert measured["average_precision"] > 1.2 * control["average_precision"], name
    assert measured["review"]["recall"] >= measured["block"]["recall"]
    assert measured["money"]["saved_cents"] > 0


def test_the_card_names_model_features_and_pictures(trained: Outcome) -> None:
    card = (trained.folder / "model_card.md").read_text()
    assert card.startswith(f"# Model {trained.folder.name}\n")
    pictures = [path.name for path in trained.folder.glob("*.png")]
    for name in (*JOB.model_features, *pictures, "stolen_card_burst", "always fraud", "student"):
        assert name in card, name
    assert "{" not in card
    digest = json.loads((trained.folder / "bundle.json").read_text())["files"]["model.onnx"]
    assert digest in card


def test_the_card_says_share_of_fraud_money_and_speed(trained: Outcome) -> None:
    card = (trained.folder / "model_card.md").read_text()
    measured, curve = trained.manifest["metrics"], trained.manifest["curve"]
    speed = json.loads((trained.folder / "speed.json").read_text())
    assert 0 < speed["microseconds_per_row"] < 10_000
    assert f"| {speed['microseconds_per_row']:.1f} µs |" in card
    assert f"| payments that are fraud, test part | {measured['fraud_rate']:.2%} |" in card
    saved = measured["money"]["saved_cents"] / measured["money"]["days"]
    assert f"| expected saving a day | {saved / 100:,.0f}" in card
    assert measured["fraud_rate"] == pytest.approx(
        curve["test"]["all_frauds"] / curve["test"]["all_payments"]
    )


def test_the_bundles_thresholds_are_those_of_its_curve(trained: Outcome) -> None:
    curve = DecisionCurve.from_json(trained.manifest["curve"])
    costs = DecisionCosts(**trained.manifest["costs"])
    chosen = curve.choose(costs)
    assert vars(chosen) == trained.manifest["thresholds"]
    expected = curve.expected(chosen, costs, curve.test)
    measured = trained.manifest["metrics"]
    assert expected.precision == pytest.approx(measured["review"]["precision"])
    assert expected.recall == pytest.approx(measured["review"]["recall"])
    money = measured["money"]
    saved = expected.saved_cents_a_day * curve.test.days
    assert saved == pytest.approx(money["saved_cents"], rel=1e-9)


def test_every_feature_is_described_with_its_values_and_its_weight(trained: Outcome) -> None:
    features = trained.manifest["features"]
    registry = feature_registry(JOB)
    assert [item["meaning"] for item in features] == [e.meaning for e in registry.values()]
    assert sum(item["importance"] for item in features) == pytest.approx(1)
    booster = lightgbm.Booster(model_file=str(trained.folder / "model.lgb.txt"))
    gain = booster.feature_importance("gain")
    assert features[int(np.argmax(gain))]["importance"] == max(f["importance"] for f in features)
    bins = trained.manifest["feature_bins"]
    assert {"pos", "online"} <= set(bins["channel"]["shares"])
    for name, found in bins.items():
        shares = found["shares"]
        known = sum(shares.values() if isinstance(shares, dict) else shares)
        assert known + found["unknown"] == pytest.approx(1), name


def test_the_verdict_lies_beside_the_bundle_and_nobody_becomes_champion(trained: Outcome) -> None:
    found = json.loads((trained.folder / "gate.json").read_text())
    assert found == json.loads(json.dumps(trained.verdict.to_json()))
    assert found["verdict"] == "passed"
    assert found["against"] is None
    assert found["figures"]["positives"] >= 20
    assert read_pointer(trained.folder.parent, CHAMPION) is None


def test_the_same_again_is_the_same_and_another_seed_is_not(
    trained: Outcome, small_world: Path, tmp_path: Path
) -> None:
    again = train(open_world(small_world), tmp_path / "again", Options(min_positives=20))
    # The version's hash covers all that was measured, too.
    assert again.folder.name.rpartition("-")[2] == trained.folder.name.rpartition("-")[2]
    other = train(open_world(small_world), tmp_path / "other", Options(seed=8, min_positives=20))
    assert other.manifest["data"] == trained.manifest["data"]
    for name in ("model.lgb.txt", "model.onnx"):
        assert (again.folder / name).read_bytes() == (trained.folder / name).read_bytes()
        assert (other.folder / name).read_bytes() != (trained.folder / name).read_bytes()


def test_too_little_fraud_is_said_and_publishes_nothing(tmp_path: Path) -> None:
    world = write_small_world(tmp_path / "world", cards=20, days=45)
    with pytest.raises(TooFewLabelsError, match="known frauds"):
        train(open_world(world), tmp_path / "models")
    assert not list((tmp_path / "models").glob("m-*"))


def test_a_search_leaves_its_trials_in_the_bundle(small_world: Path, tmp_path: Path) -> None:
    told = []

    class Told(Progress):
        @contextmanager
        def counted(self, name: str) -> Iterator[OnStep]:
            yield lambda done, total, note: told.append((name, done, total))

    options = Options(min_positives=20, budget=Budget(trials=2))
    outcome = train(open_world(small_world), tmp_path / "models", options, Told())
    search = outcome.manifest["model"]["search"]
    assert search["trials"] == 2
    assert search["best_score"] >= search["usual_score"] > 0.2
    assert [step for step in told if step[0] == "search for parameters"] == [
        ("search for parameters", 1, 2),
        ("search for parameters", 2, 2),
    ]


def run_module(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "training", *arguments]
    root = Path(__file__).parents[2]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)


def test_no_world_is_one_fact_and_one_hint(tmp_path: Path) -> None:
    run = run_module("--world", str(tmp_path / "none"), "--out", str(tmp_path / "models"))
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.splitlines() == [
        f"error: {tmp_path / 'none'} holds no world: world.json is missing",
        "hint: make one with `swipestream simulate world`",
    ]


def test_measures_go_to_stdout_and_progress_to_stderr(small_world: Path, tmp_path: Path) -> None:
    models, outcome = tmp_path / "models", tmp_path / "outcome.json"
    run = run_module("--world", str(small_world), "--out", str(models), "--outcome", str(outcome))
    assert run.returncode == 0, run.stderr
    assert "average precision" in run.stdout
    assert re.search(r"^gate +refused", run.stdout, re.MULTILINE)
    assert "frauds among" in run.stdout
    assert "features and labels" in run.stderr
    version = next(models.glob("m-*")).name
    assert json.loads(outcome.read_text()) == {"version": version, "verdict": "refused"}
