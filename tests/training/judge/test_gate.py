"""The gate lets through only what is better by more than the noise, on payments new to both."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")

import lightgbm
import numpy as np
import pandas as pd

from tests.training.small_world import DAY_MS, END_MS
from tests.udfs.tiny_bundle import publish_tiny_bundle
from training.data.world import open_world
from training.judge.controls import Control
from training.judge.gate import PASSED, REFUSED, judge, seen_until_ms, write_verdict
from training.learn import fit as fitting
from training.learn.train_model import train_model
from training.run import Options, Outcome, train
from udfs.bundle_errors import BundleDamagedError
from udfs.model_bundle import CHAMPION, write_pointer
from udfs.onnx_scorer import OnnxScorer

START = 1_893_000_000_000


class Stub:
    """Scores by a column of the frame; stands for a model that has seen payments up to a time."""

    def __init__(self, column: str, version: str, seen_until: int = 0) -> None:
        self.version = version
        self.feature_names = (column,)
        training = {"seen_until_ms": seen_until}
        self.bundle = type("Bundle", (), {"manifest": {"training": training}})()

    def encode(self, columns: list[pd.Series]) -> np.ndarray:
        return columns[0].to_numpy(dtype=np.float32).reshape(-1, 1)

    def score(self, features: np.ndarray) -> np.ndarray:
        return features[:, 0]


class Scorer(Stub, OnnxScorer):  # type: ignore[misc]
    """What `judge` takes for a scorer."""


def payments(rows: int = 6000, share: float = 0.05) -> pd.DataFrame:
    """Columns good, same, better and poor rank frauds differently well."""
    rng = np.random.default_rng(8)
    label = (rng.random(rows) < share).astype(np.int8)
    noise = rng.normal(size=rows)
    frame = pd.DataFrame(dict.fromkeys(("good", "same"), 2.0 * label + noise))
    frame["better"] = 2.6 * label + noise
    frame["hardly_better"] = 2.0 * label + noise + rng.normal(scale=0.02, size=rows)
    frame["poor"] = 1.0 * label + rng.normal(size=rows)
    frame["label"] = label
    frame["card_id"] = rng.integers(0, 800, rows).astype(str)
    frame["event_ms"] = START + np.arange(rows) * 60_000
    return frame


def rules(frame: pd.DataFrame) -> list[Control]:
    return [Control("velocity_rule", frame["poor"].to_numpy(), 0)]


def test_a_better_model_passes_with_its_figures(tmp_path: Path) -> None:
    frame = payments()
    verdict = judge(Scorer("better", "new"), Scorer("good", "old"), frame, rules(frame), seed=1)
    assert verdict.verdict == PASSED
    assert verdict.reasons == [
        "better than the champion old, the velocity rule by more than the noise"
    ]
    publish = tmp_path / "new"
    publish.mkdir()
    write_verdict(publish, verdict)
    found = json.loads((publish / "gate.json").read_text())
    figures = found["figures"]
    assert found["against"] == "old"
    assert figures["positives"] == frame["label"].sum()
    assert figures["candidate"] > figures["champion"]
    assert figures["difference"] == pytest.approx(figures["candidate"] - figures["champion"])
    low, high = figures["interval"]
    assert 0 < low < figures["difference"] < high
    assert set(figures["baselines"]) == {"velocity_rule"}


@pytest.mark.parametrize("column", ["same", "hardly_better", "poor"])
def test_as_good_is_not_good_enough(column: str) -> None:
    frame = payments()
    verdict = judge(Scorer(column, "new"), Scorer("good", "old"), frame, rules(frame), seed=1)
    assert verdict.verdict == REFUSED
    assert any("not better than the champion old" in reason for reason in verdict.reasons)


def test_a_model_that_no_rule_needs_is_refused_without_a_champion() -> None:
    frame = payments()
    verdict = judge(Scorer("poor", "new"), None, frame, rules(frame), seed=1)
    assert verdict.verdict == REFUSED
    assert verdict.against is None
    assert "not better than the velocity rule" in verdict.reasons[0]


def test_too_few_frauds_decide_nothing() -> None:
    frame = payments(rows=500)
    verdict = judge(Scorer("better", "new"), None, frame, rules(frame), seed=1)
    assert verdict.verdict == REFUSED
    found = int(frame["label"].sum())
    assert verdict.reasons == [
        f"{found} frauds among 500 payments that are new to both, the gate needs 50"
    ]
    assert judge(Scorer("better", "new"), None, frame, [], 1, min_positives=5).is_passed


def test_what_the_champion_has_learnt_from_does_not_count() -> None:
    frame = payments()
    half = int(frame["event_ms"].iloc[3000])
    champion = Scorer("good", "old", seen_until=half)
    verdict = judge(Scorer("better", "new"), champion, frame, rules(frame), seed=1)
    assert verdict.period["payments"] == 3000
    assert verdict.period["note"] == (
        "3,000 payments were left out: the champion has learnt from them"
    )
    seen_all = Scorer("good", "old", seen_until=half + DAY_MS * 1000)
    verdict = judge(Scorer("better", "new"), seen_all, frame, rules(frame), seed=1)
    assert verdict.verdict == REFUSED
    assert verdict.reasons[0].startswith("0 frauds among 0 payments")


def test_a_champion_on_fewer_features_is_compared_and_on_others_not() -> None:
    frame = payments()
    verdict = judge(Scorer("better", "new"), Scorer("merchant_mood", "old"), frame, [], seed=1)
    assert verdict.verdict == REFUSED
    assert verdict.reasons == [
        "the champion old needs merchant_mood, which the training set does not have: the two "
        "cannot be compared"
    ]


def test_a_champion_that_cannot_be_loaded_counts_as_none() -> None:
    frame = payments()
    broken = BundleDamagedError("model.onnx was changed", "restore it")
    verdict = judge(Scorer("better", "new"), broken, frame, rules(frame), seed=1)
    assert verdict.is_passed
    assert verdict.period["note"].endswith("cannot score: model.onnx was changed")


def test_a_bundle_of_before_says_by_its_parts_what_it_has_seen() -> None:
    manifest = {
        "training": {
            "parts": {
                "train": {"to": "2029-12-01 10:00"},
                "validation": {"to": "2029-12-10 23:59"},
                "test": {"to": "2029-12-20 00:00"},
            }
        }
    }
    bundle = type("Bundle", (), {"manifest": manifest})()
    assert seen_until_ms(bundle) == END_MS - 21 * DAY_MS


def sabotage(features: np.ndarray, label: np.ndarray, *others: Any) -> lightgbm.Booster:
    """Learns from shuffled labels, and stops early."""
    shuffled = np.random.default_rng(1).permutation(label)
    validation = others[1]
    return train_model(features, shuffled, others[0], np.roll(validation, 7), *others[2:])


def test_a_sabotaged_candidate_is_refused(
    trained: Outcome, small_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models_dir = trained.folder.parent
    write_pointer(models_dir, CHAMPION, trained.folder.name)
    monkeypatch.setattr(fitting, "train_model", sabotage)
    try:
        outcome = train(open_world(small_world), models_dir, Options(seed=9, min_positives=20))
    finally:
        (models_dir / CHAMPION).unlink()
    assert outcome.verdict.verdict == REFUSED
    assert outcome.verdict.against == trained.folder.name
    figures = json.loads((outcome.folder / "gate.json").read_text())["figures"]
    assert figures["candidate"] < 0.2 < figures["champion"]
    assert figures["interval"][1] < 0


def test_a_champion_of_an_older_feature_list_scores_with_its_own_encoder(
    trained: Outcome, tmp_path: Path
) -> None:
    version = publish_tiny_bundle(tmp_path)
    older = OnnxScorer.load(tmp_path / version)
    test = pd.read_parquet(trained.folder.parent / "training_set.parquet").tail(2700)
    verdict = judge(OnnxScorer.load(trained.folder), older, test, [], seed=1, min_positives=20)
    assert verdict.against == version
    assert verdict.candidate_ap
    assert verdict.rivals["champion"].average_precision < verdict.candidate_ap[0]


def test_labels_that_contradict_each_other_let_nobody_pass() -> None:
    frame = payments()
    fact = "labels of a and b contradict each other on 12 of 110 payments (10.9%)"
    verdict = judge(
        Scorer("better", "new"), Scorer("good", "old"), frame, rules(frame), 1, untrusted=[fact]
    )
    assert verdict.verdict == REFUSED
    assert verdict.reasons == [f"{fact}: find out which is wrong"]


def by_source(frame: pd.DataFrame, share: float = 0.5) -> pd.DataFrame:
    """The labels of two sources; what `poisoned` says helps with the frauds of one of them only."""
    rng = np.random.default_rng(2)
    is_trusted = rng.random(len(frame)) < share
    source = np.where(is_trusted, "chargebacks", "poisoned")
    frame["label_source"] = pd.Series(source, dtype=object).where(frame["label"] == 1)
    strong = np.where(is_trusted, 1.0, 6.0) * frame["label"]
    frame["biased"] = strong + rng.normal(size=len(frame))
    return frame


def test_a_model_that_only_one_source_makes_better_is_refused() -> None:
    frame = by_source(payments())
    verdict = judge(Scorer("biased", "new"), Scorer("good", "old"), frame, rules(frame), seed=1)
    # By all labels together it is better.
    assert verdict.rivals["champion"].is_beaten
    assert verdict.verdict == REFUSED
    assert verdict.reasons[0].startswith("worse than the champion old on the ")
    assert "frauds that chargebacks reports, by more than the noise" in verdict.reasons[0]


def test_a_model_that_is_better_by_each_source_passes() -> None:
    frame = by_source(payments())
    verdict = judge(Scorer("better", "new"), Scorer("good", "old"), frame, rules(frame), seed=1)
    assert verdict.is_passed


def test_a_source_of_few_frauds_decides_nothing() -> None:
    frame = by_source(payments(), share=0.05)
    verdict = judge(Scorer("biased", "new"), Scorer("good", "old"), frame, rules(frame), seed=1)
    assert verdict.is_passed


def test_one_source_in_ten_flipped_is_refused(
    trained: Outcome, small_world: Path, tmp_path: Path
) -> None:
    world = tmp_path / "world"
    shutil.copytree(small_world, world)
    labels = pd.read_parquet(world / "labels.parquet")
    analysts = labels.iloc[::2].assign(source="analysts")
    analysts["labelled_ms"] += 3_600_000
    rng = np.random.default_rng(3)
    for flipped, passes in ((0.0, True), (0.1, False)):
        given = analysts.assign(is_fraud=rng.random(len(analysts)) >= flipped)
        pd.concat([labels, given]).to_parquet(world / "labels.parquet", index=False)
        outcome = train(open_world(world), tmp_path / "models", Options(min_positives=20))
        assert any("contradict" in reason for reason in outcome.verdict.reasons) is not passes
        assert outcome.verdict.is_passed is (passes and trained.verdict.is_passed)
        told = outcome.manifest["data"]["labels"]["pairs"]
        assert [pair["source"] for pair in told] == ["analysts"]
