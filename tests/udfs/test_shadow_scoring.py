"""The challenger in the champion's shadow: seen in the rows, never in the champion's answer."""

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.udfs.float64_vectors import float64_vectors
from tests.udfs.tiny_bundle import TINY_FEATURES, publish_tiny_bundle, tiny_score
from udfs.model_bundle import CHALLENGER, CHAMPION, Pointer, remove_pointer, write_pointer
from udfs.model_watcher import ModelWatcher, status_file
from udfs.onnx_scorer import OnnxScorer
from udfs.payment_scoring import PaymentScoring
from udfs.shadow_cost import COST_FILE, ShadowCost

FEATURES = ",".join(TINY_FEATURES)
COUNT = 3
CHAMPION_SCORE, CHALLENGER_SCORE = tiny_score(500, "pos"), tiny_score(500, "pos", shift=0.5)


def batch(count: int = COUNT) -> list["pd.Series[Any]"]:
    return [float64_vectors([500] * count, [1.5] * count), pd.Series(["pos"] * count)]


@pytest.fixture(autouse=True)
def look_at_each_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watchers read their pointer at every call."""
    ready = ModelWatcher.__init__

    def patched(self: ModelWatcher, folder: Path, name: Pointer, features: list[str]) -> None:
        ready(self, folder, name, features, check_every_seconds=0.0)

    monkeypatch.setattr(ModelWatcher, "__init__", patched)


@pytest.fixture
def versions(tmp_path: Path) -> dict[str, str]:
    """A champion and a challenger."""
    champion = publish_tiny_bundle(tmp_path)
    challenger = publish_tiny_bundle(tmp_path, shift=0.5, promote=False)
    write_pointer(tmp_path, CHALLENGER, challenger)
    return {CHAMPION: champion, CHALLENGER: challenger}


def assert_champion_scored(found: pd.DataFrame, version: str) -> None:
    assert found["score"].tolist() == pytest.approx([CHAMPION_SCORE] * len(found), abs=1e-7)
    assert found["model_version"].tolist() == [version] * len(found)
    assert found["error"].tolist() == [None] * len(found)


def assert_no_challenger(found: pd.DataFrame) -> None:
    assert found["challenger_score"].isna().all()
    assert found["challenger_version"].tolist() == [None] * len(found)


def test_both_models_score_every_payment(tmp_path: Path, versions: dict[str, str]) -> None:
    found = PaymentScoring(str(tmp_path), FEATURES).answer(*batch())
    assert_champion_scored(found, versions[CHAMPION])
    assert found["challenger_score"].tolist() == pytest.approx([CHALLENGER_SCORE] * COUNT, abs=1e-7)
    assert found["challenger_version"].tolist() == [versions[CHALLENGER]] * COUNT


def test_a_challenger_scores_without_a_champion(tmp_path: Path, versions: dict[str, str]) -> None:
    remove_pointer(tmp_path, CHAMPION)
    found = PaymentScoring(str(tmp_path), FEATURES).answer(*batch())
    assert found["score"].isna().all()
    assert found["error"].tolist() == [f"no champion model in {tmp_path}"] * COUNT
    assert found["challenger_version"].tolist() == [versions[CHALLENGER]] * COUNT


def test_a_model_is_not_its_own_challenger(tmp_path: Path, versions: dict[str, str]) -> None:
    write_pointer(tmp_path, CHALLENGER, versions[CHAMPION])
    found = PaymentScoring(str(tmp_path), FEATURES).answer(*batch())
    assert_champion_scored(found, versions[CHAMPION])
    assert_no_challenger(found)


def truncate(models_dir: Path, version: str) -> None:
    model = models_dir / version / "model.onnx"
    model.write_bytes(model.read_bytes()[:50])


def misdirect(models_dir: Path, version: str) -> None:
    (models_dir / CHALLENGER).write_bytes(b"\xff../../etc")


def delete(models_dir: Path, version: str) -> None:
    (models_dir / version / "bundle.json").unlink()


def other_features(models_dir: Path, version: str) -> None:
    other = publish_tiny_bundle(models_dir, ("channel", "amount_cents"), promote=False)
    write_pointer(models_dir, CHALLENGER, other)


@pytest.mark.parametrize("harm", [truncate, misdirect, delete, other_features])
def test_a_broken_challenger_never_touches_the_champion(
    tmp_path: Path, versions: dict[str, str], harm: Callable[[Path, str], None]
) -> None:
    scoring = PaymentScoring(str(tmp_path), FEATURES)
    scoring.answer(*batch())
    harm(tmp_path, versions[CHALLENGER])
    found = scoring.answer(*batch())
    assert_champion_scored(found, versions[CHAMPION])
    assert_no_challenger(found)
    status = json.loads(status_file(tmp_path, CHALLENGER).read_text())
    assert status["serving"] is None
    assert status["reason"]
    assert json.loads(status_file(tmp_path, CHAMPION).read_text())["reason"] is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (MemoryError("no room\x00 at all"), "MemoryError: no room at all"),
        (np.zeros(COUNT + 1, np.float32), "ValueError: scores of shape (4,) for 3 payments"),
        (np.zeros((COUNT, 2), np.float32), "ValueError: scores of shape (3, 2) for 3 payments"),
    ],
    ids=["raises", "too many", "a table"],
)
def test_a_challenger_that_fails_on_payments_is_said_once(
    tmp_path: Path,
    versions: dict[str, str],
    answer: Any,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    scoring = PaymentScoring(str(tmp_path), FEATURES)
    scoring.answer(*batch())
    honest = OnnxScorer.score

    def fail(self: OnnxScorer, features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        if self.version == versions[CHAMPION]:
            return honest(self, features)
        if isinstance(answer, Exception):
            raise answer
        return np.asarray(answer)

    monkeypatch.setattr(OnnxScorer, "score", fail)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            found = scoring.answer(*batch())
            assert_champion_scored(found, versions[CHAMPION])
            assert_no_challenger(found)
    warned = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.levelname for record in warned] == ["WARNING"]
    status = json.loads(status_file(tmp_path, CHALLENGER).read_text())
    assert (status["serving"], status["reason"]) == (versions[CHALLENGER], reason)
    monkeypatch.setattr(OnnxScorer, "score", honest)
    assert scoring.answer(*batch())["challenger_version"].tolist() == [versions[CHALLENGER]] * COUNT
    assert json.loads(status_file(tmp_path, CHALLENGER).read_text())["reason"] is None


def test_a_watcher_that_breaks_never_touches_the_champion(
    tmp_path: Path, versions: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scoring = PaymentScoring(str(tmp_path), FEATURES)
    follow = ModelWatcher.scorer

    def fail(self: ModelWatcher) -> OnnxScorer | None:
        if self.name == CHALLENGER:
            raise RuntimeError("cannot look")
        return follow(self)

    monkeypatch.setattr(ModelWatcher, "scorer", fail)
    found = scoring.answer(*batch())
    assert_champion_scored(found, versions[CHAMPION])
    assert_no_challenger(found)


def test_each_batch_has_one_champion_and_one_challenger_while_both_are_swapped(
    tmp_path: Path,
) -> None:
    scores = {}
    for shift in (0.0, 0.5, 1.0, 1.5):
        version = publish_tiny_bundle(tmp_path, shift=shift, promote=False)
        scores[version] = tiny_score(500, "pos", shift=shift)
    pairs = list(zip(scores, [*list(scores)[1:], *list(scores)[:1]], strict=True))
    write_pointer(tmp_path, CHAMPION, pairs[0][0])
    write_pointer(tmp_path, CHALLENGER, pairs[0][1])
    is_over = threading.Event()

    def swap() -> None:
        while not is_over.is_set():
            for champion, challenger in pairs:
                write_pointer(tmp_path, CHALLENGER, challenger)
                write_pointer(tmp_path, CHAMPION, champion)

    swapping = threading.Thread(target=swap)
    swapping.start()
    seen: set[tuple[str | None, str | None]] = set()
    try:
        scoring = PaymentScoring(str(tmp_path), FEATURES)
        for _ in range(150):
            found = scoring.answer(*batch(20))
            assert found["error"].tolist() == [None] * 20
            (champion,) = set(found["model_version"])
            (challenger,) = set(found["challenger_version"])
            assert found["score"].tolist() == pytest.approx([scores[champion]] * 20, abs=1e-6)
            if challenger is not None:
                expected = [scores[challenger]] * 20
                assert found["challenger_score"].tolist() == pytest.approx(expected, abs=1e-6)
            seen.add((champion, challenger))
    finally:
        is_over.set()
        swapping.join()
    assert len({champion for champion, _ in seen}) > 1, "nothing was swapped meanwhile"


def test_the_cost_is_written_now_and_then(tmp_path: Path) -> None:
    now = 0.0
    cost = ShadowCost(tmp_path, write_every_seconds=10.0, clock=lambda: now)
    cost.add("m-1", "m-2", 100, 0.25, 0.5)
    assert not (tmp_path / COST_FILE).exists()
    now = 11.0
    cost.add("m-1", "m-2", 50, 0.25, 0.25)
    found = json.loads((tmp_path / COST_FILE).read_text())
    assert (found["champion"], found["challenger"]) == ("m-1", "m-2")
    assert (found["batches"], found["payments"]) == (2, 150)
    assert (found["champion_seconds"], found["challenger_seconds"]) == (0.5, 0.75)
    now = 22.0
    cost.add("m-1", "m-3", 10, 0.1, 0.2)
    found = json.loads((tmp_path / COST_FILE).read_text())
    assert (found["challenger"], found["payments"]) == ("m-3", 10)


def test_scoring_counts_the_cost(
    tmp_path: Path, versions: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = ShadowCost.__init__
    monkeypatch.setattr(
        ShadowCost, "__init__", lambda self, folder: ready(self, folder, write_every_seconds=0.0)
    )
    PaymentScoring(str(tmp_path), FEATURES).answer(*batch())
    found = json.loads((tmp_path / COST_FILE).read_text())
    assert (found["champion"], found["challenger"]) == tuple(versions.values())
    assert found["payments"] == COUNT
    assert found["champion_seconds"] > 0
    assert found["challenger_seconds"] > 0


def test_a_cost_that_cannot_be_written_does_not_matter(
    tmp_path: Path, versions: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, text: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("udfs.shadow_cost.write_atomically", refuse)
    cost = ShadowCost(tmp_path, write_every_seconds=0.0)
    cost.add("m-1", "m-2", 1, 0.1, 0.1)
