"""Paths with spaces get a name without them, also before anything was started."""

import os
from pathlib import Path

import pytest

from swipestream.settings import HomeSettings
from swipestream.stack.runtime_dir import runtime_dir, without_spaces


def settings_in(home: Path) -> HomeSettings:
    return HomeSettings.load({"SWIPESTREAM_HOME": str(home)}, home / "no.env")


def test_a_plain_path_is_left_alone(tmp_path: Path) -> None:
    assert without_spaces(settings_in(tmp_path), tmp_path) == tmp_path


def test_a_path_with_spaces_is_reached_by_a_link(tmp_path: Path) -> None:
    folder = tmp_path / "with some spaces"
    folder.mkdir()
    (folder / "file").write_text("found")
    link = without_spaces(settings_in(tmp_path / "fresh"), folder)
    assert " " not in str(link)
    assert (link / "file").read_text() == "found"
    assert without_spaces(settings_in(tmp_path / "fresh"), folder) == link


@pytest.mark.parametrize("name", ["deep" * 20, "東京" * 12])
def test_sockets_get_a_path_of_few_bytes(tmp_path: Path, name: str) -> None:
    settings = settings_in(tmp_path / name)
    assert len(os.fsencode(runtime_dir(settings))) < 80
    assert runtime_dir(settings).stat().st_mode & 0o777 == 0o700
    runtime_dir(settings).rmdir()
