"""`up`, `down` and `status` of the stack."""

import dataclasses
import fcntl
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from swipestream.cases import program as analysts_desk
from swipestream.dashboards import set_up, superset
from swipestream.database import dashboard_schema, migrations, owned, roles
from swipestream.decisions import program as decision_api
from swipestream.errors import ServiceError, SwipestreamError
from swipestream.followers import supervised
from swipestream.operate import migration_guard
from swipestream.operate.programs import programs
from swipestream.settings import (
    REPO_ROOT,
    DashboardSettings,
    DatabaseSettings,
    HomeSettings,
    JobSettings,
    ModelSettings,
    Settings,
    TopicSettings,
)
from swipestream.stack import flink, kafka, postgres, state_folder, supervision
from swipestream.stack.files import make_folder, write_if_changed
from swipestream.stack.functions_jar import ensure_flink_jars
from swipestream.stack.generated_secrets import ensure_secrets
from swipestream.stack.ports import check_ports
from swipestream.stack.processes import end_processes_of, memory_bytes
from swipestream.stack.program import NotReadyError, Part, Program
from swipestream.stack.runtime_dir import runtime_dir
from swipestream.stack.supervision import ProcessState, Supervisor, log_path

UP_TIMEOUT_SECONDS = 120
EXTERNAL_TIMEOUT_SECONDS = 15
POLL_SECONDS = 0.2
# A program that ended this often before it answered will not get better by waiting.
STARTS_BEFORE_GIVING_UP = 3
LOG_LINES_IN_ERROR = 12
ALSO_CHECK = {"KAFKA_BOOTSTRAP": " and KAFKA_SECURITY_PROTOCOL"}

Report = Callable[[str, str], None]  # (program or step, what is true of it now)


@dataclass(frozen=True)
class ServiceStatus:
    """One line of `swipestream status`."""

    name: str
    state: str  # "running", "starting", "stopped", "failing", "external"
    pid: int  # 0 if none
    uptime_seconds: int
    memory_bytes: int
    address: str
    log: str
    # Why it fails, if it is known.
    problem: str = ""


def quiet(step: str, fact: str) -> None:
    """A report that goes nowhere."""


def up(
    settings: Settings,
    report: Report = quiet,
    *,
    dashboards: bool | None = None,
    api: bool | None = None,
    desk: bool | None = None,
    with_superset: bool = True,
) -> Settings:
    """
    Start what is not running and wait until every service answers; safe to call again.

    :param report: called for each step, for a progress display.
    :param dashboards: with Superset or without it, from now on; None: as the last time.
    :param api: the same for the decision API.
    :param desk: the same for the analyst's desk.
    :param with_superset: False leaves it as it is, running or not.
    :return: the settings with the passwords made at first start.
    :raises SwipestreamError: a taken port, an unwritable folder, a service that does not start.
    """
    check_place(settings)
    with locked(settings):
        settings = ensure_secrets(settings)
        if dashboards is not None:
            superset.want(settings, dashboards)
        if api is not None:
            decision_api.want(settings, api)
        if desk is not None:
            analysts_desk.want(settings, desk)
        postgres.ensure_id(settings)
        report("jars", "checking")
        ensure_flink_jars(settings)
        report("jars", "ok")
        table = programs(settings)
        supervisor = Supervisor(settings)
        was_running = supervisor.is_running()
        try:
            start_supervisor(settings, supervisor, table, report)
            start_programs(settings, supervisor, [p for p in table if not p.needs_schema], report)
            check_external(settings, report)
            prepare_schema(settings, report)
            later = [p for p in table if p.needs_schema]
            start_programs(
                settings, supervisor, [p for p in later if p.name != superset.NAME], report
            )
            if superset.is_wanted(settings) and with_superset:
                prepare_dashboards(settings, report)
                start_programs(settings, supervisor, [superset.program(settings)], report)
        except KeyboardInterrupt:
            if not was_running:
                report("stack", "interrupted, stopping what was started")
                stop_all(settings, supervisor)
            raise
    return settings


def check_place(settings: ModelSettings) -> None:
    """:raises SwipestreamError: the state folder, or another one it needs, cannot be used."""
    for path in (settings.state_dir, settings.models_dir, settings.cache_dir, REPO_ROOT):
        supervision.check_path(path)
    state_folder.make(settings)


@contextmanager
def locked(settings: HomeSettings) -> Iterator[None]:
    """Only one `up` or `down` of a state folder at a time; the lock ends with the process."""
    path = make_folder(settings.state_dir / "run", mode=0o700) / "lock"
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SwipestreamError(
                f"another `swipestream up` or `down` is at work on {settings.state_dir}",
                "wait for it to end, then try again",
            ) from None
        yield


def start_supervisor(
    settings: HomeSettings, supervisor: Supervisor, table: list[Program], report: Report
) -> None:
    """Make supervisord run with the configuration that belongs to these settings."""
    configuration = supervision.write_configuration(settings, table)
    if supervisor.is_running():
        names = {program.name for program in table}
        for name in supervisor.apply_configuration():
            why = "its configuration changed" if name in names else "this version does not have it"
            report(name, f"stopped, {why}")
        return
    orphans = end_processes_of(supervision.instance_id(settings))
    if orphans:
        report("stack", f"ended {orphans} processes that an earlier supervisord left behind")
    check_ports({name: port for p in table for name, port in p.ports.items()})
    supervision.start(settings, configuration)


def start_programs(
    settings: HomeSettings, supervisor: Supervisor, table: list[Program], report: Report
) -> None:
    """
    Start programs side by side and wait until each answers.

    :raises ServiceError: one keeps ending, or does not answer in time.
    """
    states = supervisor.states()
    for program in table:
        if not states[program.name].pid:
            check_ports(program.ports)
            report(program.name, "preparing")
            for path, text in program.files.items():
                write_if_changed(path, text)
            program.prepare()
            supervisor.start(program.name)
        report(program.name, "starting")
    waiting = {program.name: program for program in table}
    starts: dict[str, set[int]] = {program.name: set() for program in table}
    deadline = time.monotonic() + UP_TIMEOUT_SECONDS
    reasons: dict[str, str] = {}
    while waiting:
        states = supervisor.states()
        for name, program in list(waiting.items()):
            state = states[name]
            if state.state in ("BACKOFF", "EXITED", "FATAL"):
                starts[name].add(state.started_at)
                if state.state == "FATAL" or len(starts[name]) >= STARTS_BEFORE_GIVING_UP:
                    raise failed(settings, name, f"keeps ending: {state.description}")
                continue
            if state.state != "RUNNING":
                continue
            try:
                program.check()
            except NotReadyError as error:
                reasons[name] = str(error)
                continue
            report(name, program.address or "ok")
            del waiting[name]
        if waiting and time.monotonic() > deadline:
            name = next(iter(waiting))
            reason = reasons.get(name, states[name].state)
            raise failed(settings, name, f"did not answer in {UP_TIMEOUT_SECONDS} s: {reason}")
        if waiting:
            time.sleep(POLL_SECONDS)


def failed(settings: HomeSettings, name: str, fact: str) -> ServiceError:
    """The error for a program that does not start, with the end of its log."""
    path = log_path(settings, name)
    frames = ("\tat ", "\t... ")
    lines = [line for line in last_lines(path, 100) if not line.startswith(frames)]
    lines = lines[-LOG_LINES_IN_ERROR:]
    shown = "".join(f"\n  {name}| {line}" for line in lines)
    return ServiceError(f"{name} {fact}{shown}", f"read {path}")


def last_lines(path: Path, count: int) -> list[str]:
    """The end of a text file; empty if there is none."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 400 * count))
        return file.read().decode(errors="replace").splitlines()[-count:] if count else []


def check_external(settings: JobSettings, report: Report) -> None:
    """
    Wait for the services that are not ours.

    :raises ServiceError: one does not answer.
    """
    external: list[tuple[str, str, Callable[[JobSettings], None]]] = [
        ("KAFKA_BOOTSTRAP", settings.kafka_bootstrap, kafka.check),
        ("DATABASE_URL", settings.database_url, postgres.check),
        ("FLINK_REST", settings.flink_rest, flink.check_job_manager),
    ]
    for name, value, check in external:
        if not value:
            continue
        report(name, "external, asking")
        deadline = time.monotonic() + EXTERNAL_TIMEOUT_SECONDS
        while True:
            try:
                check(settings)
                break
            except NotReadyError as error:
                if time.monotonic() > deadline:
                    raise ServiceError(
                        f"the service that {name} names does not answer: {error}",
                        f"check {name}{ALSO_CHECK.get(name, '')}, or unset it to use the embedded "
                        "service",
                    ) from None
            time.sleep(POLL_SECONDS)
        report(name, "external, answers")


def prepare_schema(settings: TopicSettings, report: Report) -> None:
    """Create the topics and the tables."""
    created = kafka.create_topics(settings)
    report("topics", f"created {', '.join(created)}" if created else "ok")
    if postgres.embedded(settings):
        owned.ensure_database(settings)
    migration_guard.check(settings)
    applied = migrations.migrate(settings.postgres_url)
    report("tables", f"applied {', '.join(applied)}" if applied else "ok")
    is_new = dashboard_schema.make(settings.postgres_url)
    report("views", "made" if is_new else "ok")
    granted = roles.grant(settings.postgres_url)
    report(
        "rights", f"given to {', '.join(granted)}" if granted else "all with DATABASE_URL's user"
    )


def prepare_dashboards(settings: DashboardSettings, report: Report) -> None:
    """Make what Superset needs before it starts; minutes of CPU the first time."""
    superset.python()
    if postgres.embedded(settings):
        owned.ensure_superset_database(settings)
    is_new = set_up.set_up(settings, lambda fact: report("dashboards", f"{fact} ..."))
    report("dashboards", "made" if is_new else "ok")


def down(settings: HomeSettings, report: Report = quiet) -> bool:
    """
    Stop everything this state folder started; data stays.

    :return: whether anything was running.
    """
    if not (settings.state_dir / "run").exists():
        return False
    with locked(settings):
        return stop_all(settings, Supervisor(settings), report)


def stop_all(settings: HomeSettings, supervisor: Supervisor, report: Report = quiet) -> bool:
    """Stop the programs, last one first, then supervisord, then what either left behind."""
    was_running = supervisor.is_running()
    if was_running:
        for name in stop_order(supervisor.states()):
            report(name, "stopping")
            supervisor.stop(name)
            report(name, "stopped")
        supervisor.shut_down()
        deadline = time.monotonic() + supervision.STOP_SECONDS
        while supervisor.is_running() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
    orphans = end_processes_of(supervision.instance_id(settings))
    return was_running or orphans > 0


def stop_order(states: dict[str, ProcessState]) -> list[str]:
    """Who brings jobs back first, then readers and writers before what they read and write."""
    first = [name for name in states if name == supervised.NAME]
    services = ["flink-taskmanager", "flink-jobmanager", "kafka", "postgres"]
    others = [name for name in states if name not in (*first, *services)]
    return first + others + [name for name in services if name in states]


def data_folders(settings: DatabaseSettings) -> list[Path]:
    """What `purge` deletes."""
    folders = [settings.state_dir]
    if postgres.is_root() and postgres.id_file(settings).exists():
        folders.append(postgres.data_dir(settings).parent)
    if runtime_dir(settings).parent != settings.state_dir:
        folders.append(runtime_dir(settings))
    return [folder for folder in folders if folder.exists()]


def purge(settings: DatabaseSettings) -> list[Path]:
    """
    Stop everything and delete all data, secrets, logs and models of the state folder.

    :return: the folders deleted.
    :raises SwipestreamError: the state folder holds things that are not the stack's.
    """
    down(settings)
    if settings.state_dir.exists() and not (settings.state_dir / "run" / "instance").exists():
        raise SwipestreamError(
            f"{settings.state_dir} was never used by swipestream", "delete it yourself if you must"
        )
    folders = data_folders(settings)
    for folder in folders:
        shutil.rmtree(folder)
    return folders


def status(settings: Settings) -> list[ServiceStatus]:
    """What runs, without starting or changing anything."""
    supervisor = Supervisor(settings) if (settings.state_dir / "run").exists() else None
    states = supervisor.states() if supervisor and supervisor.is_running() else {}
    words = {"RUNNING": "running", "STARTING": "starting", "BACKOFF": "failing", "FATAL": "failing"}
    external = [
        ("kafka", settings.kafka_bootstrap),
        ("postgres", settings.database_url.rpartition("@")[2]),
        ("flink", settings.flink_rest),
    ]
    lines = [
        ServiceStatus(name, "external", 0, 0, 0, address, "")
        for name, address in external
        if address
    ]
    now = time.time()
    for program in programs(settings):
        state = states.get(program.name)
        pid = state.pid if state else 0
        line = ServiceStatus(
            name=program.name,
            state=words.get(state.state, "stopped") if state else "stopped",
            pid=pid,
            uptime_seconds=int(now - state.started_at) if state and pid else 0,
            memory_bytes=memory_bytes(pid) if pid else 0,
            address=program.address,
            log=str(log_path(settings, program.name)),
        )
        lines += [line, *(part_status(settings, part, line) for part in program.parts)]
    return lines


def part_status(settings: HomeSettings, part: Part, whole: ServiceStatus) -> ServiceStatus:
    """The line of a part of a process, whose memory is in the line of the whole."""
    problem = part.problem() if whole.pid else ""
    return dataclasses.replace(
        whole,
        name=part.name,
        state="failing" if problem else whole.state,
        memory_bytes=0,
        address=part.address,
        log=str(log_path(settings, part.name)),
        problem=problem,
    )
