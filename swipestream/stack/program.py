"""What the stack needs to know about a process to run it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


class NotReadyError(Exception):
    """The service does not answer yet; asking again later may work."""


@dataclass(frozen=True)
class Part:
    """
    What `status` and `doctor` show of a part of a process.

    :param problem: says what is wrong with it; "" if nothing is.
    """

    name: str
    address: str
    problem: Callable[[], str]


@dataclass(frozen=True)
class Program:
    """One process under the supervisor."""

    name: str
    command: tuple[str, ...]
    # Raises NotReadyError until the service answers.
    check: Callable[[], None]
    environment: Mapping[str, str] = field(default_factory=dict)
    # Setting -> port it listens on, loopback only.
    ports: Mapping[str, int] = field(default_factory=dict)
    # What a person types or clicks to reach it.
    address: str = ""
    # Generated files, written before it starts; when one changes, a running process is restarted.
    files: Mapping[Path, str] = field(default_factory=dict)
    # Creates what else it needs before it starts; must do nothing the second time.
    prepare: Callable[[], None] = lambda: None
    directory: Path = Path("/")
    # System user, when it must not be the one who runs the stack.
    user: str = ""
    stop_signal: str = "TERM"
    # Seconds it has to stay up to count as started.
    start_seconds: int = 2
    # Started once topics and tables are there.
    needs_schema: bool = False
    # What it does side by side.
    parts: tuple[Part, ...] = ()
