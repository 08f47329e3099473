"""What all tests share: a separate environment, and one real stack per session."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from swipestream.settings import Settings, fields


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults", "tests/faults")
    group.addoption(
        "--faults", default="short", help="all, short, or names as in tests/faults/faults.py"
    )
    group.addoption("--faults-rate", default="200", help="payments per second")
    group.addoption("--faults-report", default="", help="document to fill with the table")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What disturbs other tests runs after them."""
    items.sort(key=lambda item: item.get_closest_marker("disruptive") is not None)


@pytest.fixture(scope="session", autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Settings without any `.env`: a separate state folder, free ports, otherwise defaults."""
    from swipestream.stack.ports import free_ports
    from swipestream.stack.runtime_dir import without_spaces

    ports = [item for item in fields() if item.name.endswith("_port")]
    values = {item.metadata["env"]: "" for item in fields()}
    values |= {
        item.metadata["env"]: str(port)
        for item, port in zip(ports, free_ports(len(ports)), strict=True)
    }
    values["SWIPESTREAM_HOME"] = str(tmp_path_factory.mktemp("home"))
    # Verified by hash at each start, so it may be shared.
    values["SWIPESTREAM_CACHE"] = os.environ.get("SWIPESTREAM_CACHE", "")
    values["MAVEN_MIRROR"] = os.environ.get("MAVEN_MIRROR", "")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        # Local PyFlink runs its workers with this, by a script that splits paths at spaces.
        python = without_spaces(Settings.load(), Path(sys.prefix)) / "bin" / "python"
        patch.setattr(sys, "executable", str(python))
        yield values


@pytest.fixture(scope="session")
def stack(environment: dict[str, str]) -> Iterator[Settings]:
    """The embedded Kafka, Postgres and Flink, running; always stopped and deleted at the end."""
    from swipestream.operate import control

    with terminate_as_interrupt():
        settings = Settings.load()
        try:
            yield control.up(settings)
        finally:
            control.purge(settings)


class terminate_as_interrupt:  # noqa: N801
    """Lets fixtures end in order when pytest is terminated, as they do on Ctrl-C."""

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGTERM, self._interrupt)

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGTERM, self._before)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt


@pytest.fixture(scope="session")
def swipestream() -> Path:
    """The command line of this environment."""
    return Path(sys.executable).parent / "swipestream"
