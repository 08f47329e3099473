"""Following the file of rules: a new one is taken, a broken one changes nothing and is reported."""

import errno
import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from tests.udfs.rules_by_hand import COLUMNS, rule, rule_set
from udfs.model_bundle import write_atomically
from udfs.rule_set import RULES_FILE
from udfs.rule_watcher import STATUS_FILE, RuleWatcher


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
def watcher(tmp_path: Path, clock: Clock) -> RuleWatcher:
    return RuleWatcher(tmp_path, COLUMNS, clock=clock)


def publish(folder: Path, version: int) -> None:
    rules = rule_set(rule(f"rule_{version}", ("amount_cents", ">", 1)), version=version)
    write_atomically(folder / RULES_FILE, rules.text())


def version_of(watcher: RuleWatcher) -> int | None:
    found = watcher.rules()
    return found.version if found else None


def status(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / STATUS_FILE).read_text())
    return found


def test_without_a_file_there_are_no_rules_and_nothing_is_wrong(
    watcher: RuleWatcher, tmp_path: Path, clock: Clock
) -> None:
    assert watcher.rules() is None
    clock.now += 1
    assert watcher.rules() is None
    assert watcher.problem is None
    assert not (tmp_path / STATUS_FILE).exists()


def test_a_change_is_taken_at_the_next_look(
    watcher: RuleWatcher, tmp_path: Path, clock: Clock
) -> None:
    assert version_of(watcher) is None
    publish(tmp_path, 1)
    clock.now += 0.9
    assert version_of(watcher) is None
    clock.now += 0.2
    assert version_of(watcher) == 1
    publish(tmp_path, 2)
    clock.now += 1
    assert version_of(watcher) == 2
    assert (status(tmp_path)["serving"], status(tmp_path)["reason"]) == (2, None)


def test_an_unchanged_file_is_not_read_again(
    watcher: RuleWatcher, tmp_path: Path, clock: Clock
) -> None:
    publish(tmp_path, 1)
    first = watcher.rules()
    clock.now += 60
    assert watcher.rules() is first


def errors(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What was logged as one: other tests may have asked for more to be logged."""
    return [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("content", ["", "{", '{"format": 1, "version": 2, "rules": []}'])
def test_a_broken_file_changes_nothing_and_is_told(
    watcher: RuleWatcher,
    tmp_path: Path,
    clock: Clock,
    content: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    publish(tmp_path, 1)
    assert version_of(watcher) == 1
    (tmp_path / RULES_FILE).write_text(content)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            clock.now += 1
            assert version_of(watcher) == 1
    assert len(errors(caplog)) == 1 and "serving=1" in caplog.text
    assert status(tmp_path)["serving"] == 1
    assert RULES_FILE in status(tmp_path)["reason"]
    publish(tmp_path, 3)
    clock.now += 1
    assert version_of(watcher) == 3
    assert watcher.problem is None and status(tmp_path)["reason"] is None


def test_a_file_that_could_not_be_read_for_a_moment_is_read_at_the_next_look(
    watcher: RuleWatcher,
    tmp_path: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    publish(tmp_path, 1)
    assert version_of(watcher) == 1
    publish(tmp_path, 2)

    def too_many_open_files(path: Path) -> bytes:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), path)

    with caplog.at_level(logging.ERROR), monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", too_many_open_files)
        for _ in range(3):
            clock.now += 1
            assert version_of(watcher) == 1
    assert len(errors(caplog)) == 1 and "Too many open files" in status(tmp_path)["reason"]
    clock.now += 1
    assert version_of(watcher) == 2
    assert status(tmp_path)["reason"] is None


def test_a_file_that_has_gone_changes_nothing_and_is_told(
    watcher: RuleWatcher, tmp_path: Path, clock: Clock
) -> None:
    publish(tmp_path, 1)
    assert version_of(watcher) == 1
    (tmp_path / RULES_FILE).unlink()
    clock.now += 1
    assert version_of(watcher) == 1
    assert "has gone" in status(tmp_path)["reason"]


def test_what_fails_on_payments_is_told_until_it_works(
    watcher: RuleWatcher, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publish(tmp_path, 1)
    watcher.rules()
    with caplog.at_level(logging.ERROR):
        watcher.note("ValueError: x")
        watcher.note("ValueError: x")
    assert len(errors(caplog)) == 1
    assert status(tmp_path)["reason"] == "ValueError: x"
    watcher.note(None)
    assert status(tmp_path)["reason"] is None


def test_another_processs_status_stays(tmp_path: Path, clock: Clock) -> None:
    publish(tmp_path, 1)
    assert version_of(RuleWatcher(tmp_path, COLUMNS, clock=clock, writes_status=False)) == 1
    assert not (tmp_path / STATUS_FILE).exists()
