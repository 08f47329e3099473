"""supervisord: its configuration, starting it, and talking to it over a unix socket."""

import hashlib
import os
import secrets
import shlex
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, cast

from swipestream.errors import ServiceError, SwipestreamError
from swipestream.settings import HomeSettings
from swipestream.stack.files import make_folder, write_if_changed
from swipestream.stack.java import LOCALE
from swipestream.stack.processes import INSTANCE_VARIABLE
from swipestream.stack.program import Program
from swipestream.stack.runtime_dir import runtime_dir

# supervisord restarts a program that dies right away with growing pauses, practically forever.
START_RETRIES = 200
STOP_SECONDS = 30
# Would be read as syntax by supervisord's configuration, a class path or PYTHONPATH.
FORBIDDEN_IN_PATHS = set(":;,#%\"'\\\n")
INHERITED = ("HOME", "LANG", "LOGNAME", "TMPDIR", "USER")


@dataclass(frozen=True)
class ProcessState:
    """What supervisord says of a program."""

    name: str
    state: str  # RUNNING, STARTING, BACKOFF, STOPPED, STOPPING, EXITED, FATAL
    pid: int  # 0 if none
    started_at: int  # epoch seconds
    description: str


def log_path(settings: HomeSettings, name: str) -> Path:
    """The log of a program, or of "supervisord"."""
    return settings.state_dir / "logs" / f"{name}.log"


def socket_path(settings: HomeSettings) -> Path:
    """Where supervisord listens."""
    return runtime_dir(settings) / "supervisor.sock"


def instance_id(settings: HomeSettings) -> str:
    """A random name of this state folder, carried in the environment of all its processes."""
    path = settings.state_dir / "run" / "instance"
    if not path.exists():
        write_if_changed(path, f"{secrets.token_hex(12)}\n", mode=0o600)
    return path.read_text().strip()


def check_path(path: Path) -> None:
    """:raises SwipestreamError: the path has a character the programs cannot take."""
    text = str(path)
    bad = sorted({c for c in text if c in FORBIDDEN_IN_PATHS or not c.isprintable()})
    if bad:
        raise SwipestreamError(
            f"{text} contains {' '.join(map(ascii, bad))}, which Java or supervisord cannot take",
            "use a path without it (spaces and letters of any script are fine)",
        )
    if not text.isascii() and sys.getfilesystemencoding().lower() != "utf-8":
        raise SwipestreamError(
            f"{text} has letters beyond ASCII, and this terminal's locale is not UTF-8",
            "set LC_ALL=C.UTF-8, or use a path without them",
        )


def write_configuration(settings: HomeSettings, programs: Iterable[Program]) -> Path:
    """
    Generate supervisord's configuration.

    :return: its path, readable by its owner only.
    """
    run = make_folder(settings.state_dir / "run", mode=0o700)
    make_folder(settings.state_dir / "logs")
    sections: dict[str, dict[str, object]] = {
        "unix_http_server": {"file": socket_path(settings), "chmod": "0600"},
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
        "supervisord": {
            "logfile": log_path(settings, "supervisord"),
            "logfile_maxbytes": "5MB",
            "logfile_backups": 1,
            "pidfile": run / "supervisord.pid",
            "childlogdir": settings.state_dir / "logs",
            "umask": "077",
            **({"user": "root"} if os.geteuid() == 0 else {}),
        },
    }
    for program in programs:
        sections[f"program:{program.name}"] = {
            "command": shlex.join(program.command).replace("%", "%%"),
            "environment": environment_line({**program.environment, **fingerprint(program)}),
            "directory": program.directory,
            "autostart": "false",
            "autorestart": "true",
            "startsecs": program.start_seconds,
            "startretries": START_RETRIES,
            "stopsignal": program.stop_signal,
            "stopwaitsecs": STOP_SECONDS,
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": log_path(settings, program.name),
            "stdout_logfile_maxbytes": "20MB",
            "stdout_logfile_backups": 2,
            **({"user": program.user} if program.user else {}),
        }
    text = "\n".join(
        f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
        for section, values in sections.items()
    )
    path = run / "supervisord.conf"
    write_if_changed(path, text, mode=0o600)
    return path


def fingerprint(program: Program) -> dict[str, str]:
    """Makes supervisord see a changed generated file as a changed program."""
    digest = hashlib.sha256(repr(sorted(program.files.items())).encode())
    return {"SWIPESTREAM_CONFIGURATION": digest.hexdigest()[:16]}


def environment_line(environment: Mapping[str, str]) -> str:
    """As supervisord wants it; values with a double quote are not possible."""
    return ",".join(f'{name}="{value}"' for name, value in environment.items()).replace("%", "%%")


def start(settings: HomeSettings, configuration: Path) -> None:
    """
    Start supervisord in the background, without programs.

    :raises ServiceError: it does not come up.
    """
    socket_path(settings).unlink(missing_ok=True)
    environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
    environment |= LOCALE | {"PATH": os.defpath, INSTANCE_VARIABLE: instance_id(settings)}
    result = subprocess.run(
        [sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    if result.returncode != 0:
        message = (result.stderr + result.stdout).strip() or "no message"
        raise ServiceError(
            f"supervisord did not start: {message.splitlines()[0]}",
            f"read {log_path(settings, 'supervisord')}",
        )


class Supervisor:
    """The running supervisord of a state folder."""

    def __init__(self, settings: HomeSettings) -> None:
        self._socket_path = socket_path(settings)

    @property
    def _rpc(self) -> Any:
        # Its transport is of no use after a failed call, so every call gets a new one.
        from supervisor.xmlrpc import SupervisorTransport

        transport = SupervisorTransport(serverurl=f"unix://{self._socket_path}")
        return xmlrpc.client.ServerProxy("http://localhost", transport=transport).supervisor

    def is_running(self) -> bool:
        """Whether it answers."""
        try:
            return bool(self._rpc.getState()["statename"] == "RUNNING")
        except (OSError, HTTPException, xmlrpc.client.Error):
            return False

    def states(self) -> dict[str, ProcessState]:
        """What it says of each program, by name."""
        return {
            info["name"]: ProcessState(
                name=info["name"],
                state=info["statename"],
                pid=info["pid"],
                started_at=info["start"],
                description=info["spawnerr"] or info["description"],
            )
            for info in cast(list[dict[str, Any]], self._rpc.getAllProcessInfo())
        }

    def apply_configuration(self) -> list[str]:
        """
        Take in a changed configuration; programs that changed or went are stopped.

        :return: names of the programs that were stopped.
        """
        ((added, changed, removed),) = self._rpc.reloadConfig()
        running = self.states()
        stopped = [name for name in [*changed, *removed] if running[name].pid]
        for name in [*changed, *removed]:
            self._rpc.stopProcessGroup(name)
            self._rpc.removeProcessGroup(name)
        for name in [*added, *changed]:
            self._rpc.addProcessGroup(name)
        return stopped

    def start(self, name: str) -> None:
        """Start a program unless it runs; does not wait for it."""
        state = self.states()[name].state
        if state in ("RUNNING", "STARTING"):
            return
        if state == "BACKOFF":
            # Its pauses have grown with each failure: reset them.
            self._rpc.stopProcess(name, True)
        self._rpc.startProcess(name, False)

    def stop(self, name: str) -> None:
        """Stop a program and wait until it is gone."""
        if self.states()[name].state in ("RUNNING", "STARTING", "BACKOFF"):
            self._rpc.stopProcess(name, True)

    def shut_down(self) -> None:
        """End supervisord itself; it stops what still runs."""
        self._rpc.shutdown()
