"""Whether the ports of the stack are free, and picking ones that are."""

import os
import random
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from swipestream.errors import PortTakenError
from swipestream.settings import LOOPBACK

# A big process that was killed keeps its ports until its memory is freed.
DYING_SECONDS = 5
# Columns of Linux' tables of sockets.
LOCAL_ADDRESS, STATE, USER = 1, 3, 7
LISTENS = "0A"


def is_free(port: int) -> bool:
    """Whether a server could listen on it now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def is_of_another_user(port: int) -> bool:
    """Whether a user other than this process's listens on a TCP port, as far as Linux tells."""
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        try:
            rows = [line.split() for line in table.read_text().splitlines()[1:]]
        except OSError:
            continue
        for row in rows:
            if row[STATE] != LISTENS or int(row[USER]) == os.geteuid():
                continue
            if int(row[LOCAL_ADDRESS].rpartition(":")[2], 16) == port:
                return True
    return False


def check_ports(ports: Mapping[str, int]) -> None:
    """
    :param ports: setting -> port.
    :raises PortTakenError: one is taken, or two settings name the same.
    """
    for name, port in ports.items():
        same = [other for other in ports if other != name and ports[other] == port]
        if same:
            raise PortTakenError(
                f"{name} and {same[0]} are both {port}", "give each its own port in .env"
            )
        deadline = time.monotonic() + DYING_SECONDS
        while not is_free(port) and holder_is_hidden(port) and time.monotonic() < deadline:
            time.sleep(0.2)
        if not is_free(port):
            raise PortTakenError(
                f"port {port} ({name}) is taken by {describe_holder(port)}",
                f"stop that process, or set {name} to a free port in .env",
            )


def holder_is_hidden(port: int) -> bool:
    """Whether the process on a port cannot be seen: it is another user's, or just being ended."""
    from swipestream.stack.processes import holder_of

    return holder_of(port) is None


def describe_holder(port: int) -> str:
    """Name and pid of the process on a port, as far as this user may see it."""
    from swipestream.stack.processes import holder_of

    holder = holder_of(port)
    if holder is None:
        return "a process of another user"
    return f"{holder.name()} (pid {holder.pid})"


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on, below the range systems hand out for outgoing connections."""
    candidates = random.sample(range(20000, 32000), 500)
    free = [port for port in candidates if is_free(port)]
    return free[:count]
