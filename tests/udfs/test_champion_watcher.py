"""Following the champion: promotions are taken over, broken ones refused, and it is said."""

import json
import logging
from pathlib import Path

import pytest

from tests.udfs.tiny_bundle import TINY_FEATURES, publish_tiny_bundle
from udfs.champion_watcher import STATUS_FILE, ChampionWatcher
from udfs.model_bundle import CHAMPION, write_pointer


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watcher(tmp_path: Path, clock: Clock) -> ChampionWatcher:
    return ChampionWatcher(tmp_path, TINY_FEATURES, check_every_seconds=2.0, clock=clock)


def version_in_force(watcher: ChampionWatcher) -> str | None:
    scorer = watcher.scorer()
    return scorer.version if scorer else None


def test_no_model_is_said(watcher: ChampionWatcher, tmp_path: Path) -> None:
    assert watcher.scorer() is None
    assert watcher.problem == f"no champion model in {tmp_path}"


def test_the_first_model_is_found_at_the_next_look(
    watcher: ChampionWatcher, clock: Clock, tmp_path: Path
) -> None:
    assert watcher.scorer() is None
    version = publish_tiny_bundle(tmp_path)
    clock.now += 1.9
    assert watcher.scorer() is None
    clock.now += 0.2
    assert version_in_force(watcher) == version
    assert watcher.problem is None


def test_a_promotion_swaps_models(watcher: ChampionWatcher, clock: Clock, tmp_path: Path) -> None:
    old = publish_tiny_bundle(tmp_path)
    assert version_in_force(watcher) == old
    new = publish_tiny_bundle(tmp_path, shift=0.5)
    assert version_in_force(watcher) == old
    clock.now += 2
    assert version_in_force(watcher) == new
    clock.now += 2
    write_pointer(tmp_path, CHAMPION, old)
    assert version_in_force(watcher) == old


def test_an_unchanged_champion_is_not_loaded_again(
    watcher: ChampionWatcher, clock: Clock, tmp_path: Path
) -> None:
    publish_tiny_bundle(tmp_path)
    first = watcher.scorer()
    clock.now += 60
    assert watcher.scorer() is first


def test_a_broken_champion_is_refused_and_the_old_one_stays(
    watcher: ChampionWatcher, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    old = publish_tiny_bundle(tmp_path)
    assert version_in_force(watcher) == old
    broken = publish_tiny_bundle(tmp_path, shift=0.5, wrong_by=0.1)
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            clock.now += 2
            assert version_in_force(watcher) == old
    warned = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.levelname for record in warned] == ["WARNING"]
    assert f"refused version={broken} serving={old}" in caplog.text
    status = json.loads((tmp_path / STATUS_FILE).read_text())
    assert (status["serving"], status["refused"]) == (old, broken)
    assert "self-test" in status["reason"]


def test_a_champion_for_other_features_is_refused(
    watcher: ChampionWatcher, clock: Clock, tmp_path: Path
) -> None:
    publish_tiny_bundle(tmp_path, features=("amount_cents", "channel"))
    assert watcher.scorer() is None
    assert watcher.problem is not None
    assert "feature 2" in watcher.problem
    version = publish_tiny_bundle(tmp_path)
    clock.now += 2
    assert version_in_force(watcher) == version
    status = json.loads((tmp_path / STATUS_FILE).read_text())
    assert (status["serving"], status["refused"], status["reason"]) == (version, None, None)


def test_a_repaired_champion_is_taken_without_a_new_pointer(
    watcher: ChampionWatcher, clock: Clock, tmp_path: Path
) -> None:
    version = publish_tiny_bundle(tmp_path)
    model = tmp_path / version / "model.onnx"
    content = model.read_bytes()
    model.write_bytes(content[:50])
    assert watcher.scorer() is None
    model.write_bytes(content)
    clock.now += 2
    assert version_in_force(watcher) == version


def test_a_vanished_pointer_keeps_the_model(
    watcher: ChampionWatcher, clock: Clock, tmp_path: Path
) -> None:
    version = publish_tiny_bundle(tmp_path)
    assert version_in_force(watcher) == version
    (tmp_path / "champion").unlink()
    clock.now += 2
    assert version_in_force(watcher) == version


def test_a_read_only_folder_does_not_matter(
    watcher: ChampionWatcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = publish_tiny_bundle(tmp_path)

    def refuse(path: Path, text: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("udfs.champion_watcher.write_atomically", refuse)
    assert version_in_force(watcher) == version
