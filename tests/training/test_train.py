"""A whole run on a small world: what is published, that it repeats, what is said when it cannot."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("lightgbm")

import lightgbm
import numpy as np
import pandas as pd

from flink_jobs.score_payments import JOB
from tests.training.small_world import write_small_world
from training.errors import TooFewLabelsError
from training.progress import Progress
from training.run import Outcome, train
from udfs.bundle_errors import BundleMismatchError
from udfs.model_bundle import CHAMPION, read_bundle, read_pointer
from udfs.onnx_scorer import OnnxScorer


def test_the_bundle_is_complete(trained: Outcome) -> None:
    assert sorted(path.name for path in trained.folder.iterdir()) == [
        "bundle.json",
        "importance.png",
        "model.lgb.txt",
        "model.onnx",
        "model_card.md",
        "precision_recall.png",
        "reliability.png",
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
    np.testing.assert_allclose(scorer.score(features), booster.predict(features), atol=1e-6)


def test_a_bundle_for_other_features_is_refused(trained: Outcome) -> None:
    other = ("amount_eur", *JOB.model_features[1:])
    with pytest.raises(BundleMismatchError, match=r"feature 1 .* is amount_cents, .* amount_eur"):
        OnnxScorer.load(trained.folder, other)


def test_the_model_beats_what_needs_no_model(trained: Outcome) -> None:
    measured = trained.manifest["metrics"]
    assert measured["average_precision"] > 0.4
    assert measured["average_precision"] > 1.2 * measured["baselines"]["depth_2_tree"]
    assert measured["average_precision"] > 1.2 * measured["baselines"]["velocity_rule"]
    assert measured["review"]["recall"] >= measured["block"]["recall"]


def test_the_card_names_model_features_and_pictures(trained: Outcome) -> None:
    card = (trained.folder / "model_card.md").read_text()
    assert card.startswith(f"# Model {trained.folder.name}\n")
    for name in (*JOB.model_features, "precision_recall.png", "stolen_card_burst"):
        assert name in card
    assert "{" not in card
    digest = json.loads((trained.folder / "bundle.json").read_text())["files"]["model.onnx"]
    assert digest in card


def test_the_first_model_becomes_champion_and_the_next_only_on_request(
    trained: Outcome, small_world: Path, tmp_path: Path
) -> None:
    models_dir = Path(shutil.copytree(trained.folder.parent, tmp_path / "models"))
    assert trained.is_champion
    assert read_pointer(models_dir, CHAMPION) == trained.folder.name
    second = train(small_world, models_dir, seed=8, promote=None, progress=Progress())
    assert not second.is_champion
    assert read_pointer(models_dir, CHAMPION) == trained.folder.name
    third = train(small_world, models_dir, seed=8, promote=True, progress=Progress())
    assert read_pointer(models_dir, CHAMPION) == third.folder.name
    # The same world and seed gave the same bytes twice; seed 7 gave others.
    files = [run.manifest["data"] for run in (second, third)]
    assert files[0] == files[1]
    for name in ("model.lgb.txt", "model.onnx"):
        assert (second.folder / name).read_bytes() == (third.folder / name).read_bytes()
        assert (second.folder / name).read_bytes() != (trained.folder / name).read_bytes()


def test_too_little_fraud_is_said_and_publishes_nothing(tmp_path: Path) -> None:
    world = write_small_world(tmp_path / "world", cards=20, days=45)
    with pytest.raises(TooFewLabelsError, match="known frauds"):
        train(world, tmp_path / "models", seed=7, promote=None, progress=Progress())
    assert not list((tmp_path / "models").glob("m-*"))


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
    run = run_module("--world", str(small_world), "--out", str(tmp_path / "models"), "--no-promote")
    assert run.returncode == 0, run.stderr
    assert "average precision" in run.stdout
    assert "champion                no" in run.stdout
    assert "features in DuckDB" in run.stderr
    assert read_pointer(tmp_path / "models", CHAMPION) is None
