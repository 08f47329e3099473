"""After a crash a pid file may name any process; only one that works there is the server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from swipestream.stack.postgres import forget_dead_server


@contextmanager
def server(folder: Path, name: str = "postgres") -> Iterator[int]:
    """A process of that name that works in a folder."""
    program = folder.parent / name
    program.symlink_to("/bin/sleep")
    process = subprocess.Popen([program, "60"], cwd=folder)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "ours" / "data"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def other(tmp_path: Path) -> Path:
    path = tmp_path / "theirs" / "data"
    path.mkdir(parents=True)
    return path


def is_kept(data: Path, first_line: str) -> bool:
    """Whether the pid file survives a start."""
    pid_file = data / "postmaster.pid"
    pid_file.write_text(f"{first_line}\n{data}\n1796045478\n15432\n\n127.0.0.1\n")
    forget_dead_server(data)
    return pid_file.exists()


def test_the_folders_own_server_keeps_its_file(data: Path) -> None:
    with server(data) as pid:
        assert is_kept(data, str(pid))


def test_another_folders_postgres_does_not_block(data: Path, other: Path) -> None:
    with server(other) as pid:
        assert not is_kept(data, str(pid))


def test_a_process_that_is_no_postgres_does_not_block(data: Path) -> None:
    assert not is_kept(data, str(os.getpid()))
    assert not is_kept(data, "1")


def test_a_process_that_is_gone_does_not_block(data: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not is_kept(data, process.stdout.strip())


@pytest.mark.parametrize("line", ["", "no number", "-1", "0", "99999999999999999999", "\x00"])
def test_a_damaged_file_does_not_block(data: Path, line: str) -> None:
    assert not is_kept(data, line)


def test_a_process_whose_folder_was_deleted_does_not_block(data: Path, other: Path) -> None:
    with server(other) as pid:
        other.rmdir()
        assert not is_kept(data, str(pid))
