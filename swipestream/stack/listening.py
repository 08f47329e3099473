"""Where the processes of a stack listen; none may be reached from another machine."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from socket import SOCK_STREAM

import psutil

from swipestream.settings import HomeSettings
from swipestream.stack import supervision
from swipestream.stack.processes import processes_of

# Set by supervisord for each program, and so for everything that the program starts.
PROGRAM_VARIABLE = "SUPERVISOR_PROCESS_NAME"


@dataclass(frozen=True)
class Listener:
    """
    A socket that waits for others to speak first.

    :param program: of the supervisor's table, or "supervisord".
    :param protocol: "tcp" or "udp".
    :param address: as the system has it, such as "127.0.0.1" or "::".
    """

    program: str
    process: str
    pid: int
    protocol: str
    address: str
    port: int

    @property
    def is_on_loopback(self) -> bool:
        """Whether nobody but this machine can reach it."""
        return is_loopback(self.address)

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        where = f"{self.protocol} {address}:{self.port}"
        return f"{self.program}: {self.process} (pid {self.pid}), {where}"


def is_loopback(address: str) -> bool:
    """
    Whether an address is of this machine alone.

    :param address: IPv4 or IPv6; Java's IPv6 sockets say 127.0.0.1 as "::ffff:127.0.0.1".
    """
    parsed = ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return (mapped or parsed).is_loopback


def listeners(settings: HomeSettings) -> Iterator[Listener]:
    """
    Every socket of every process of this state folder's stack that waits for others.

    Unix sockets are files, guarded by the rights of their folder, and left out.
    """
    for process in processes_of(supervision.instance_id(settings)):
        try:
            program = process.environ().get(PROGRAM_VARIABLE, "supervisord")
            name = process.name()
            connections = process.net_connections(kind="inet")
        except (psutil.Error, OSError):
            continue
        for connection in connections:
            is_stream = connection.type == SOCK_STREAM
            # A datagram socket that has no peer takes what anybody sends.
            waits = connection.status == psutil.CONN_LISTEN if is_stream else not connection.raddr
            if waits and connection.laddr:
                yield Listener(
                    program=program,
                    process=name,
                    pid=process.pid,
                    protocol="tcp" if is_stream else "udp",
                    address=connection.laddr.ip,
                    port=connection.laddr.port,
                )
