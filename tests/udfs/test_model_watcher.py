"""Following a pointer: promotions are adopted, broken models refused, and both are reported."""

import json
import logging
import os
import time
from pathlib import Path

import pytest

from tests.udfs.tiny_bundle import TINY_FEATURES, publish_tiny_bundle
from udfs.model_bundle import CHALLENGER, CHAMPION, Pointer, remove_pointer, write_pointer
from udfs.model_watcher import ModelWatcher, status_file


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watcher(tmp_path: Path, clock: Clock) -> ModelWatcher:
    return ModelWatcher(tmp_path, CHAMPION, TINY_FEATURES, check_every_seconds=2.0, clock=clock)


@pytest.fixture
def challenger(tmp_path: Path, clock: Clock) -> ModelWatcher:
    return ModelWatcher(tmp_path, CHALLENGER, TINY_FEATURES, check_every_seconds=2.0, clock=clock)


def status(models_dir: Path, name: Pointer = CHAMPION) -> dict[str, str | None]:
    found: dict[str, str | None] = json.loads(status_file(models_dir, name).read_text())
    return found


def write_pointer_unchecked(models_dir: Path, version: str) -> None:
    (models_dir / CHAMPION).write_text(version)


def version_in_force(watcher: ModelWatcher) -> str | None:
    scorer = watcher.scorer()
    return scorer.version if scorer else None


def test_no_model_is_said(watcher: ModelWatcher, tmp_path: Path) -> None:
    assert watcher.scorer() is None
    assert watcher.problem == f"no champion model in {tmp_path}"


def test_the_first_model_is_found_at_the_next_look(
    watcher: ModelWatcher, clock: Clock, tmp_path: Path
) -> None:
    assert watcher.scorer() is None
    version = publish_tiny_bundle(tmp_path)
    clock.now += 1.9
    assert watcher.scorer() is None
    clock.now += 0.2
    assert version_in_force(watcher) == version
    assert watcher.problem is None


def test_a_promotion_swaps_models(watcher: ModelWatcher, clock: Clock, tmp_path: Path) -> None:
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
    watcher: ModelWatcher, clock: Clock, tmp_path: Path
) -> None:
    publish_tiny_bundle(tmp_path)
    first = watcher.scorer()
    clock.now += 60
    assert watcher.scorer() is first


def test_a_broken_champion_is_refused_and_the_old_one_stays(
    watcher: ModelWatcher, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
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
    found = status(tmp_path)
    assert (found["serving"], found["refused"]) == (old, broken)
    assert "self-test" in str(found["reason"])


def test_a_champion_for_other_features_is_refused(
    watcher: ModelWatcher, clock: Clock, tmp_path: Path
) -> None:
    publish_tiny_bundle(tmp_path, features=("amount_cents", "channel"))
    assert watcher.scorer() is None
    assert watcher.problem is not None
    assert "feature 2" in watcher.problem
    version = publish_tiny_bundle(tmp_path)
    clock.now += 2
    assert version_in_force(watcher) == version
    found = status(tmp_path)
    assert (found["serving"], found["refused"], found["reason"]) == (version, None, None)


def test_a_repaired_champion_is_taken_without_a_new_pointer(
    watcher: ModelWatcher, clock: Clock, tmp_path: Path
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
    watcher: ModelWatcher, clock: Clock, tmp_path: Path
) -> None:
    version = publish_tiny_bundle(tmp_path)
    assert version_in_force(watcher) == version
    (tmp_path / "champion").unlink()
    clock.now += 2
    assert version_in_force(watcher) == version


def test_a_read_only_folder_does_not_matter(
    watcher: ModelWatcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = publish_tiny_bundle(tmp_path)

    def refuse(path: Path, text: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("udfs.model_watcher.write_atomically", refuse)
    assert version_in_force(watcher) == version


def test_a_half_written_pointer_is_never_followed(
    watcher: ModelWatcher, clock: Clock, tmp_path: Path
) -> None:
    old = publish_tiny_bundle(tmp_path)
    assert version_in_force(watcher) == old
    new = publish_tiny_bundle(tmp_path, shift=0.5, promote=False)
    pointer = tmp_path / "champion"
    for part in ("", new[:9], f"{new}\n{new[:4]}"):
        pointer.write_text(part)
        clock.now += 2
        assert version_in_force(watcher) == old
        assert status(tmp_path)["serving"] == old
        assert status(tmp_path)["reason"] is not None
    pointer.write_text(new)
    clock.now += 2
    assert version_in_force(watcher) == new
    assert status(tmp_path)["reason"] is None


def test_a_half_written_bundle_is_never_used(
    watcher: ModelWatcher, clock: Clock, tmp_path: Path
) -> None:
    old = publish_tiny_bundle(tmp_path)
    new = tmp_path / publish_tiny_bundle(tmp_path, shift=0.5, promote=False)
    content = {path.name: path.read_bytes() for path in new.iterdir()}
    assert version_in_force(watcher) == old
    (tmp_path / "champion").write_text(new.name)
    for name, whole in content.items():
        for part in (b"", whole[: len(whole) // 2]):
            (new / name).write_bytes(part)
            clock.now += 2
            assert version_in_force(watcher) == old
        (new / name).write_bytes(whole)
    clock.now += 2
    assert version_in_force(watcher) == new.name


@pytest.mark.parametrize("late", ["bundle.json", "model.onnx", "calibration.json"])
def test_a_bundle_whose_last_file_comes_late_is_taken(
    watcher: ModelWatcher, clock: Clock, tmp_path: Path, late: str
) -> None:
    old = publish_tiny_bundle(tmp_path)
    assert version_in_force(watcher) == old
    new = publish_tiny_bundle(
        tmp_path, shift=0.5, promote=False, beside={"calibration.json": b"{}"}
    )
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / new / late).rename(elsewhere)
    write_pointer_unchecked(tmp_path, new)
    for _ in range(3):
        clock.now += 2
        assert version_in_force(watcher) == old
    elsewhere.rename(tmp_path / new / late)
    clock.now += 2
    assert version_in_force(watcher) == new
    assert status(tmp_path)["reason"] is None


def test_a_file_that_was_laid_out_before_its_content_came_is_looked_at_again(
    watcher: ModelWatcher, clock: Clock, tmp_path: Path
) -> None:
    """Copy as tools do that allocate the space first and set the old time last."""
    new = publish_tiny_bundle(tmp_path, promote=False, beside={"calibration.json": b"{}"})
    file = tmp_path / new / "calibration.json"
    times = (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    file.write_bytes(bytes(2))
    os.utime(file, ns=times)
    write_pointer(tmp_path, CHAMPION, new)
    assert version_in_force(watcher) is None
    # The clock of the file system counts in steps of some milliseconds.
    time.sleep(0.02)
    file.write_bytes(b"{}")
    os.utime(file, ns=times)
    clock.now += 2
    assert version_in_force(watcher) == new


def test_a_bundle_behind_a_link_is_taken_when_it_is_there(
    watcher: ModelWatcher, clock: Clock, tmp_path: Path
) -> None:
    new = publish_tiny_bundle(tmp_path, promote=False)
    elsewhere = (tmp_path / new).rename(tmp_path / "elsewhere")
    (tmp_path / new).symlink_to(tmp_path / "mounted")
    write_pointer_unchecked(tmp_path, new)
    assert version_in_force(watcher) is None
    elsewhere.rename(tmp_path / "mounted")
    clock.now += 2
    assert version_in_force(watcher) == new


def test_a_challenger_comes_and_goes(
    challenger: ModelWatcher, clock: Clock, tmp_path: Path
) -> None:
    version = publish_tiny_bundle(tmp_path, promote=False)
    assert challenger.scorer() is None
    assert not status_file(tmp_path, CHALLENGER).exists()
    write_pointer(tmp_path, CHALLENGER, version)
    clock.now += 2
    assert version_in_force(challenger) == version
    remove_pointer(tmp_path, CHALLENGER)
    clock.now += 2
    assert challenger.scorer() is None
    assert status(tmp_path, CHALLENGER)["serving"] is None
    write_pointer(tmp_path, CHALLENGER, version)
    clock.now += 2
    assert version_in_force(challenger) == version


def test_a_refused_challenger_leaves_none(
    challenger: ModelWatcher, clock: Clock, tmp_path: Path
) -> None:
    write_pointer(tmp_path, CHALLENGER, publish_tiny_bundle(tmp_path, promote=False))
    assert challenger.scorer() is not None
    broken = publish_tiny_bundle(tmp_path, shift=0.5, wrong_by=0.1, promote=False)
    write_pointer(tmp_path, CHALLENGER, broken)
    clock.now += 2
    assert challenger.scorer() is None
    found = status(tmp_path, CHALLENGER)
    assert (found["serving"], found["refused"]) == (None, broken)
    assert not status_file(tmp_path, CHAMPION).exists()


def test_a_pointer_that_comes_back_unchanged_is_followed_again(
    challenger: ModelWatcher, clock: Clock, tmp_path: Path
) -> None:
    version = publish_tiny_bundle(tmp_path, promote=False)
    write_pointer(tmp_path, CHALLENGER, version)
    assert version_in_force(challenger) == version
    kept = (tmp_path / CHALLENGER).rename(tmp_path / "kept")
    (tmp_path / CHALLENGER).write_text("no version\n")
    clock.now += 2
    assert challenger.scorer() is None
    kept.rename(tmp_path / CHALLENGER)
    clock.now += 2
    assert version_in_force(challenger) == version
