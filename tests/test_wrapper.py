"""bin/swipestream works from every folder, and names the missing step without an environment."""

import shutil
import subprocess
from pathlib import Path

from swipestream import __version__
from swipestream.settings import REPO_ROOT

WRAPPER = REPO_ROOT / "bin" / "swipestream"


def run(program: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, "--version"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_it_runs_from_another_folder(tmp_path: Path) -> None:
    result = run(WRAPPER, tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert __version__ in result.stdout


def test_it_runs_through_a_link(tmp_path: Path) -> None:
    link = tmp_path / "swipestream"
    link.symlink_to(WRAPPER)
    assert __version__ in run(link, tmp_path).stdout


def test_without_an_environment_it_says_what_to_run(tmp_path: Path) -> None:
    copy = tmp_path / "repository" / "bin" / "swipestream"
    copy.parent.mkdir(parents=True)
    shutil.copy(WRAPPER, copy)
    result = run(copy, tmp_path)
    root = tmp_path / "repository"
    assert result.returncode == 1
    assert result.stderr == (
        f"error: {root}/.venv/bin/swipestream does not exist\nhint: run `make setup` in {root}\n"
    )
