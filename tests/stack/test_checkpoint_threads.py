"""Only the threads that write checkpoints get a lower priority."""

import os
import threading
from pathlib import Path

from swipestream.stack.checkpoint_threads import NAME, NICENESS, lower_threads


def test_only_threads_of_that_name_give_way() -> None:
    named, done, ids = threading.Barrier(2), threading.Event(), []

    def write_checkpoints() -> None:
        thread = threading.get_native_id()
        Path(f"/proc/self/task/{thread}/comm").write_text(NAME)
        ids.append(thread)
        named.wait(10)
        done.wait(30)

    thread = threading.Thread(target=write_checkpoints, daemon=True)
    thread.start()
    named.wait(10)
    try:
        before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        assert lower_threads(os.getpid()) == 1
        assert os.getpriority(os.PRIO_PROCESS, ids[0]) == NICENESS
        assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before
        assert lower_threads(os.getpid()) == 0
    finally:
        done.set()
        thread.join()


def test_a_process_that_is_gone_has_no_threads() -> None:
    assert lower_threads(2**30) == 0
