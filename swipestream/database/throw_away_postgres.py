"""A temporary database, for what must not touch the stack's."""

import contextlib
import dataclasses
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from swipestream.database import owned
from swipestream.database.migrations import migrate
from swipestream.errors import ServiceError
from swipestream.settings import DatabaseSettings
from swipestream.stack import postgres
from swipestream.stack.files import make_folder
from swipestream.stack.generated_secrets import ensure_secrets
from swipestream.stack.ports import free_ports
from swipestream.stack.program import NotReadyError

START_SECONDS = 60
STOP_SECONDS = 30
POLL_SECONDS = 0.1

Part = TypeVar("Part", bound=DatabaseSettings)


@contextmanager
def throw_away_postgres(settings: Part) -> Iterator[Part]:
    """
    An embedded Postgres with all migrations applied, until the end of the block.

    :param settings: of the stack, which need not run.
    :return: the same with this database.
    :raises ServiceError: it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="swipestream-") as folder:
        (port,) = free_ports(1)
        own = ensure_secrets(
            dataclasses.replace(
                settings, home=folder, postgres_port=port, database_url="", stream_database_url=""
            )
        )
        postgres.ensure_id(own)
        program = postgres.program(own)
        program.prepare()
        data = postgres.data_dir(own).parent
        log = make_folder(own.state_dir / "logs") / "postgres.log"
        try:
            with log.open("wb") as output, running(own, output.fileno()) as process:
                wait_until_ready(own, process, log)
                owned.ensure_database(own)
                migrate(own.postgres_url)
                yield own
        finally:
            # Below POSTGRES_ROOT if the stack is root's.
            shutil.rmtree(data, ignore_errors=True)


@contextmanager
def running(settings: DatabaseSettings, output: int) -> Iterator["subprocess.Popen[bytes]"]:
    """
    The server as a child of this process.

    :param output: file descriptor of its log.
    """
    program = postgres.program(settings)
    user = postgres.run_as(settings) if postgres.is_root() else None
    process = subprocess.Popen(
        program.command,
        env=dict(program.environment),
        cwd=program.directory,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        process.kill()
        process.wait()


def wait_until_ready(
    settings: DatabaseSettings, process: "subprocess.Popen[bytes]", log: Path
) -> None:
    """:raises ServiceError: it ends, or does not answer in time."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            postgres.check(settings)
            return
        except NotReadyError as error:
            if process.poll() is None and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
                continue
            lines = log.read_text(errors="replace").strip().splitlines() or [str(error)]
            raise ServiceError(
                f"a throw-away postgres did not start: {lines[-1]}", "run `swipestream doctor`"
            ) from None
