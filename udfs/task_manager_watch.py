"""End a Python worker whose TaskManager is gone: nobody else would."""

import logging
import os
import threading
import time
from pathlib import Path

LOG = logging.getLogger(__name__)
CHECK_SECONDS = 5.0
# Flink starts this script, and the script starts the worker.
RUNNER = "pyflink-udf-runner"
THREAD = "task-manager-watch"


def end_with_task_manager(check_seconds: float = CHECK_SECONDS) -> bool:
    """
    Watch, in a thread of its own, the process that started this worker's runner script.

    A TaskManager that is killed leaves its Python workers behind: they wait for work for ever, each
    with a model and a few hundred megabytes. One that ends in order ends them itself.

    :param check_seconds: how often to look.
    :return: whether there is anything to watch: not on systems without /proc, nor where Python
        runs inside the TaskManager.
    """
    if any(thread.name == THREAD for thread in threading.enumerate()):
        return True
    runner = os.getppid()
    try:
        if RUNNER not in Path(f"/proc/{runner}/cmdline").read_text():
            return False
        task_manager = parent_of(runner)
    except OSError:
        return False
    thread = threading.Thread(
        target=_end_when_orphaned,
        args=(runner, task_manager, check_seconds),
        name=THREAD,
        daemon=True,
    )
    thread.start()
    return True


def parent_of(process_id: int) -> int:
    """
    Which process started it, or took it over.

    :raises OSError: it does not exist.
    """
    # The name, in brackets, may hold blanks and brackets of its own.
    after_name = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2]
    return int(after_name.split()[1])


def _end_when_orphaned(runner: int, task_manager: int, check_seconds: float) -> None:
    while True:
        time.sleep(check_seconds)
        try:
            is_orphan = os.getppid() != runner or parent_of(runner) != task_manager
        except OSError:
            is_orphan = True
        if is_orphan:
            LOG.warning("worker ends because its TaskManager is gone pid=%d", task_manager)
            # The main thread waits for a connection that nobody will make.
            os._exit(1)
