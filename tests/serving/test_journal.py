"""What the database could not keep survives a crash, and goes when the database has it."""

import errno
import os
import resource
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from serving.decisions.journal import Journal


def row(number: int, decision: str = "review") -> dict[str, str]:
    return {"transaction_id": f"t{number}", "card_id": "c", "decision": decision}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "decisions.journal"


def test_answers_are_there_after_a_crash(path: Path) -> None:
    before = Journal(path)
    before.add(row(1))
    before.add(row(2))
    # Nobody closes it.
    after = Journal(path)
    assert after.rows() == [row(1), row(2)]
    assert after.known(("t2", "c")) == row(2)
    assert after.known(("t3", "c")) is None


def test_a_line_that_a_crash_left_unfinished_is_left_out(path: Path) -> None:
    Journal(path).add(row(1))
    with path.open("ab") as file:
        file.write(b'{"transaction_id": "t2", "car')
    assert Journal(path).rows() == [row(1)]


def test_what_the_database_has_is_forgotten_and_what_came_meanwhile_is_not(path: Path) -> None:
    journal = Journal(path)
    journal.add(row(1))
    kept = journal.rows()
    journal.add(row(2))
    journal.forget(kept)
    assert journal.rows() == [row(2)] == Journal(path).rows()[1:]
    journal.forget(journal.rows())
    assert not len(journal)
    assert path.read_bytes() == b""
    journal.add(row(3))
    assert Journal(path).rows() == [row(3)]


def test_the_answers_of_a_card_are_found_in_their_order(path: Path) -> None:
    journal = Journal(path)
    for number in (2, 1):
        journal.add(row(number))
    journal.add(row(3) | {"card_id": "other"})
    assert journal.of_card("c") == [row(2), row(1)] == Journal(path).of_card("c")
    journal.forget([row(2)])
    assert journal.of_card("c") == [row(1)]
    assert journal.of_card("nobody") == []


def test_nobody_else_may_read_it(path: Path) -> None:
    Journal(path).add(row(1))
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_comes_after_an_unfinished_line_is_not_lost_with_it(path: Path) -> None:
    Journal(path).add(row(1))
    with path.open("ab") as file:
        file.write(b'{"transaction_id": "t2", "car')
    Journal(path).add(row(3))
    assert Journal(path).rows() == [row(1), row(3)]


def test_an_answer_of_which_the_disk_took_a_part_is_not_kept(path: Path) -> None:
    journal = Journal(path)
    journal.add(row(1))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The kernel writes up to the limit, as it does on a disk that is nearly full.
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, before[1]))
    try:
        with pytest.raises(OSError) as caught:
            journal.add(row(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.errno == errno.ENOSPC
    assert journal.known(("t2", "c")) is None
    journal.add(row(3))
    assert journal.rows() == [row(1), row(3)] == Journal(path).rows()


def test_what_is_being_written_is_not_emptied_away(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(path)
    journal.add(row(1))
    is_written, may_go_on = threading.Event(), threading.Event()
    sync = os.fdatasync

    def wait(file: int) -> None:
        is_written.set()
        assert may_go_on.wait(10)
        sync(file)

    monkeypatch.setattr("serving.decisions.journal.os.fdatasync", wait)
    with ThreadPoolExecutor(2) as pool:
        adding = pool.submit(journal.add, row(2))
        assert is_written.wait(10)
        forgetting = pool.submit(journal.forget, [row(1)])
        # Others go on meanwhile.
        assert journal.known(("t1", "c")) == row(1)
        assert journal.of_card("c") == journal.rows() == [row(1)]
        assert not forgetting.done()
        may_go_on.set()
        adding.result(10)
        forgetting.result(10)
    assert journal.rows() == [row(2)]
    assert row(2) in Journal(path).rows()
