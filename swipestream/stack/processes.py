"""Finding the processes of a state folder, and who holds a port."""

import os
from collections.abc import Iterator

import psutil

# Set in the environment of supervisord, and so of everything it starts.
INSTANCE_VARIABLE = "SWIPESTREAM_INSTANCE"


def processes_of(instance: str) -> Iterator[psutil.Process]:
    """
    All processes that were started by this state folder's supervisord, dead parents or not.

    :param instance: from `supervision.instance_id`.
    """
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            if process.environ().get(INSTANCE_VARIABLE) == instance:
                yield process
        except (psutil.Error, OSError):
            continue


def end_processes_of(instance: str, timeout_seconds: float = 20) -> int:
    """
    End what is left of a stack whose supervisord is gone: first politely, then not.

    :return: how many processes there were.
    """
    left = list(processes_of(instance))
    for process in left:
        with_patience(process.terminate)
    _, stubborn = psutil.wait_procs(left, timeout=timeout_seconds)
    for process in stubborn:
        with_patience(process.kill)
    psutil.wait_procs(stubborn, timeout=5)
    return len(left)


def with_patience(action) -> None:  # type: ignore[no-untyped-def]
    """Call it; a process that is already gone is not an error."""
    try:
        action()
    except psutil.NoSuchProcess:
        return


def holder_of(port: int) -> psutil.Process | None:
    """The process that listens on a TCP port, if it may be seen."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.Error:
        return None
    for connection in connections:
        if connection.status != psutil.CONN_LISTEN or connection.laddr.port != port:
            continue
        if connection.pid:
            try:
                return psutil.Process(connection.pid)
            except psutil.Error:
                return None
    return None


def memory_bytes(pid: int) -> int:
    """Resident memory of a process and its children, in bytes; 0 if it is gone."""
    total = 0
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    for member in family:
        try:
            memory = member.memory_full_info()
            total += getattr(memory, "pss", 0) or memory.rss
        except psutil.Error:
            continue
    return total
