"""scripts/bootstrap.sh on machines that lack something: one line that says what, and a hint."""

import shutil
import subprocess
from pathlib import Path

import pytest

from swipestream.settings import REPO_ROOT


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A bare work tree: the script and the locks, in a folder with a space."""
    root = tmp_path / "a clone"
    (root / "scripts").mkdir(parents=True)
    shutil.copy(REPO_ROOT / "scripts" / "bootstrap.sh", root / "scripts")
    shutil.copytree(REPO_ROOT / "locks", root / "locks")
    return root


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder for PATH with the few programs every machine has, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "dirname", "cksum", "cat", "rm", "mkdir", "ln", "touch"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


def bootstrap(clone: Path, programs: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [clone / "scripts" / "bootstrap.sh", "dev", ".venv-dev", ".venv-dev/.ready"],
        env={"PATH": str(programs)} | environ,
        capture_output=True,
        text=True,
        check=False,
    )


def write_python(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/bash\n{body}\n")
    path.chmod(0o755)


def test_no_python_at_all(clone: Path, programs: Path) -> None:
    result = bootstrap(clone, programs)
    assert result.returncode == 1
    assert result.stderr.startswith("error: no Python 3.11 found")
    assert "hint: install Python 3.11" in result.stderr


def test_another_python(clone: Path, programs: Path) -> None:
    write_python(programs / "python3", "exit 1")
    assert "error: no Python 3.11 found" in bootstrap(clone, programs).stderr


def test_the_wrong_python_was_named(clone: Path, programs: Path) -> None:
    result = bootstrap(clone, programs, PYTHON="/opt/other/python")
    assert result.stderr.startswith("error: PYTHON=/opt/other/python is not Python 3.11")


def test_neither_pip_nor_venv(clone: Path, programs: Path) -> None:
    write_python(
        programs / "python3.11",
        f'if [ "$1" = -c ]; then echo "{programs}/python3.11"; exit 0; fi; exit 1',
    )
    result = bootstrap(clone, programs)
    assert result.returncode == 1
    assert "has neither pip nor a working venv module" in result.stderr
    assert "apt install python3.11-venv" in result.stderr
    assert not (clone / ".venv-dev" / ".ready").exists()
