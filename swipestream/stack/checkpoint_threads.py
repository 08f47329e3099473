"""Lower priority for the TaskManager's threads that write checkpoints than for those that score.

Flink writes the state of each step in a separate thread, all at the same time. On few cores these
would take turns with the stream, and payments would wait while a checkpoint is written.
"""

import os
from pathlib import Path

from swipestream.settings import HomeSettings
from swipestream.stack.supervision import Supervisor

# As the kernel shows it, which keeps fifteen letters of a thread's name.
NAME = "AsyncOperations"
NICENESS = 15


def give_way(settings: HomeSettings) -> int:
    """
    Lower the priority of such threads that have the usual one; they live as long as their job.

    :return: how many there were; 0 if there is no stack.
    """
    try:
        state = Supervisor(settings).states().get("flink-taskmanager")
    except OSError:
        return 0
    return lower_threads(state.pid) if state and state.pid else 0


def lower_threads(pid: int, name: str = NAME) -> int:
    """
    :param pid: of a process of the same user.
    :param name: of the threads, as the kernel shows it.
    :return: how many were changed; 0 if the process is gone.
    """
    changed = 0
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            thread = int(task.name)
            try:
                if (task / "comm").read_text().strip() != name:
                    continue
                if os.getpriority(os.PRIO_PROCESS, thread) < NICENESS:
                    os.setpriority(os.PRIO_PROCESS, thread, NICENESS)
                    changed += 1
            except (FileNotFoundError, ProcessLookupError):
                continue
    except (FileNotFoundError, ProcessLookupError):
        return changed
    return changed
