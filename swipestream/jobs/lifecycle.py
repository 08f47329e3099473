"""Submitting Flink jobs, and watching and ending those that run."""

import contextlib
import dataclasses
import hashlib
import importlib
import json
import os
import re
import subprocess
import time
import urllib.error
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from flink_jobs.plan_fit import MISFIT
from swipestream.errors import JobError
from swipestream.jobs import recorded_plan, submitted_plan, wanted_jobs
from swipestream.jobs.environment import job_environment
from swipestream.jobs.failures import innermost
from swipestream.jobs.submitted_plan import SubmittedPlan
from swipestream.jobs.wanted_jobs import WantedJob
from swipestream.settings import REPO_ROOT, FlinkSettings, HomeSettings, JobSettings, KafkaSettings
from swipestream.stack import flink, kafka
from swipestream.stack.files import make_folder, write_if_changed
from swipestream.stack.functions_jar import ensure_flink_jars, flink_jars
from swipestream.stack.java import argument_text, java_command
from swipestream.stack.program import NotReadyError
from swipestream.stack.runtime_dir import without_spaces

JOBS_DIR = REPO_ROOT / "flink_jobs"
CLIENT_HEAP_MB = 512
SUBMIT_TIMEOUT_SECONDS = 180
# How long a cluster may take to list a job whose client was ended.
ACCEPTED_SECONDS = 10
RUNNING_TIMEOUT_SECONDS = 120
POLL_SECONDS = 0.25
NEWEST = "newest"
ENDED = ("FINISHED", "CANCELED", "FAILED")
# How to end a job, by its id.
Ending = Callable[[FlinkSettings, str], None]
OnFlink = TypeVar("OnFlink", bound=FlinkSettings)
# Python the workers need that is not installed on a cluster of the user's own.
SHIPPED_PACKAGES = ("udfs",)


class ClientTimeoutError(JobError):
    """Flink's client did not end in time."""


class StateMisfitError(JobError):
    """The state of an earlier version does not mean the same to the present files."""


@dataclass(frozen=True)
class Replay:
    """
    How a job begins that reads old messages for their history's sake.

    :param start_ms: read what has arrived since, UTC epoch milliseconds.
    :param write_from: offset by partition, from 0 on; what is below it is stored already.
    """

    start_ms: int
    write_from: str


@dataclass(frozen=True)
class FlinkJob:
    """One job as the cluster lists it."""

    job_id: str
    name: str
    state: str  # RUNNING, RESTARTING, FAILED, ...
    tasks_running: int
    tasks_total: int


def jobs(settings: FlinkSettings, *, ended: bool = False) -> list[FlinkJob]:
    """
    :param ended: also those that are no longer running.
    :return: the cluster's jobs, newest first.
    :raises NotReadyError: the cluster does not answer, or is another folder's. Whatever changes a
        job looks here first.
    """
    flink.check_is_ours(settings)
    overview = flink.rest(settings, "/jobs/overview")["jobs"]
    listed = sorted(overview, key=lambda job: -int(job["start-time"]))
    return [
        FlinkJob(
            job_id=job["jid"],
            name=job["name"],
            state=job["state"],
            tasks_running=job["tasks"]["running"],
            tasks_total=job["tasks"]["total"],
        )
        for job in listed
        if ended or job["state"] not in ENDED
    ]


def submit(
    settings: JobSettings,
    name: str,
    *,
    bounded: bool = False,
    allow_second: bool = False,
    restore_from: str = "",
    replay: Replay | None = None,
) -> str:
    """
    Submit flink_jobs/<name>.py and wait until all its tasks run.

    :param name: of the job, such as "score_payments".
    :param bounded: read to the topic's present end and finish.
    :param allow_second: even if a job of that name runs already.
    :param restore_from: a checkpoint or savepoint to start from, or "newest": the newest
        checkpoint of the job of that name that was submitted last.
    :param replay: begin there instead of with the topic's oldest message.
    :return: the job's id.
    :raises JobError: no such job, no cluster, already running, its newest checkpoint does not fit
        the present files, or it does not start.
    """
    script_of(name)
    with wanted_jobs.locked(settings):
        same = running(settings, name) if allow_second else refuse_second(settings, name)
        before = wanted_jobs.read(settings, name)
        topic_id = kafka.topic_id(settings, topic_of(settings, name))
        lineage: tuple[str, ...] = ()
        plan_before: SubmittedPlan | None = None
        if restore_from == NEWEST:
            restore_from = newest_checkpoint_of(settings, name)
            if before:
                refuse_other_topic(settings, before, topic_id)
                lineage = (before.job_id, *before.lineage)
                plan_before = submitted_plan.of_job(settings, name, before.job_id)
        old_plan = submitted_plan.newest(settings, name)
        # What a rebuild may not write, the job may not write after a restore either.
        write_from = old_plan.write_from if old_plan and restore_from else submitted_plan.EVERYTHING
        wanted = WantedJob(
            name=name,
            job_id="",
            lineage=lineage,
            restored_from=restore_from,
            bad_checkpoints=before.bad_checkpoints if before and lineage else (),
            bounded=bounded,
            parallelism=settings.parallelism,
            write_from=replay.write_from if replay else write_from,
            start_ms=replay.start_ms if replay else 0,
            topic_id=topic_id,
            environment_hash=environment_hash(settings, bounded=bounded),
        )
        # A second one beside a job that is kept is its submitter's to watch.
        is_kept = flink.embedded(settings) and not same
        try:
            job_id = plan_and_submit(
                settings, wanted, restore_from, plan_before=plan_before, is_plan_kept=is_kept
            )
        except KeyboardInterrupt:
            job_id = accepted(settings, name, same, patience_seconds=0)
            if is_kept and job_id:
                wanted_jobs.write(settings, dataclasses.replace(wanted, job_id=job_id))
            raise
        if is_kept:
            wanted_jobs.write(settings, dataclasses.replace(wanted, job_id=job_id))
        try:
            wait_until_running(settings, job_id, name)
        except JobError:
            # Left in its restart loop it would hold the slots, and the name.
            with contextlib.suppress(JobError, NotReadyError):
                cancel(settings, job_id)
            raise
    return job_id


def refuse_second(settings: FlinkSettings, name: str) -> list[FlinkJob]:
    """
    :return: nothing, as no job of that name runs.
    :raises JobError: one does, or the cluster does not answer.
    """
    same = running(settings, name)
    if same:
        raise JobError(
            f"{name} is running already as {same[0].job_id}",
            f"end it with `swipestream cancel {name}`, or use --allow-second",
        )
    return same


def running(settings: FlinkSettings, name: str) -> list[FlinkJob]:
    """
    The jobs of that name that have not ended, newest first.

    :raises JobError: the cluster does not answer.
    """
    try:
        return [job for job in jobs(settings) if job.name == name]
    except NotReadyError as error:
        hint = "check FLINK_REST or --target" if settings.flink_rest else "run `swipestream up`"
        raise JobError(str(error), hint) from None


def script_of(name: str) -> Path:
    """:raises JobError: there is no job of that name."""
    script = JOBS_DIR / f"{name}.py"
    if not script.exists():
        known = sorted(p.stem for p in JOBS_DIR.glob("*.py") if "JOB = " in p.read_text())
        raise JobError(f"there is no job {name}", f"jobs there are: {', '.join(known)}")
    return script


def topic_of(settings: KafkaSettings, name: str) -> str:
    """The topic that a job reads."""
    job = importlib.import_module(f"{JOBS_DIR.name}.{name}").JOB
    return str(getattr(settings, job.topic.lower()))


def refuse_other_topic(settings: KafkaSettings, before: WantedJob, topic_id: str) -> None:
    """
    :param before: a job whose state is to be gone on with.
    :param topic_id: of the topic as it is now.
    :raises JobError: the topic was recreated, so the offsets in the state belong to another one.
    """
    if before.topic_id and topic_id and before.topic_id != topic_id:
        raise JobError(
            f"topic {topic_of(settings, before.name)} was recreated since {before.name} read it, "
            "so its state does not say how far it has read this one",
            f"`swipestream upgrade {before.name} --rebuild` reads what the topic holds now; what "
            "the earlier one held and was not read is gone",
        )


def environment_hash(settings: JobSettings, *, bounded: bool) -> str:
    """Tells whether a job would get the same parameters as another one."""
    told = job_environment(settings, bounded=bounded)
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def plan_and_submit(
    settings: JobSettings,
    wanted: WantedJob,
    restore_from: str,
    *,
    plan_before: SubmittedPlan | None = None,
    is_plan_kept: bool = True,
) -> str:
    """
    Have the client plan a job and submit it; does not wait for its tasks.

    A job that the cluster took from a client that then failed was submitted all the same.

    :param settings: with the job's own parallelism.
    :param plan_before: of the job whose state it is; a new plan that it does not fit is refused.
    :param is_plan_kept: so that the keeper can submit it again without planning.
    :return: the job's id.
    :raises StateMisfitError: the state does not fit.
    :raises JobError: the client failed.
    """
    name = wanted.name
    others = running(settings, name)
    prepare_client(settings)
    check_functions(settings)
    new_plan = submitted_plan.new_plan_file(settings, name)
    environment = {"PLAN_FILE": str(new_plan), "WRITE_FROM": wanted.write_from}
    if plan_before:
        path = submitted_plan.file_of(settings, name, plan_before.job_id)
        environment["PLAN_BEFORE"] = str(path)
    if wanted.start_ms:
        environment |= {
            "SCAN_STARTUP_MODE": "timestamp",
            "SCAN_STARTUP_MS": str(wanted.start_ms),
        }
    with contextlib.ExitStack() as stack:
        recorder = stack.enter_context(recorded_plan.Recorder(settings)) if is_plan_kept else None
        try:
            job_id = run_client(
                settings,
                script_of(name),
                environment,
                bounded=wanted.bounded,
                restore_from=restore_from,
                via=recorder.address if recorder else "",
            )
        except JobError as error:
            patience = ACCEPTED_SECONDS if isinstance(error, ClientTimeoutError) else 0
            job_id = accepted(settings, name, others, patience)
            if not job_id:
                raise
    if recorder:
        recorded_plan.keep(settings, name, job_id, recorder.plan())
    submitted_plan.keep(settings, name, job_id, wanted.write_from)
    return job_id


def accepted(
    settings: FlinkSettings, name: str, others: list[FlinkJob], patience_seconds: float
) -> str:
    """
    The job that a cluster accepted although its client did not live to report it.

    :param others: jobs of that name that were there before.
    :param patience_seconds: how long it may take to be listed.
    :return: its id; empty if there is none.
    """
    known = {job.job_id for job in others}
    until = time.monotonic() + patience_seconds
    while True:
        with contextlib.suppress(NotReadyError):
            for job in jobs(settings):
                if job.name == name and job.job_id not in known:
                    return job.job_id
        if time.monotonic() >= until:
            return ""
        time.sleep(POLL_SECONDS)


def prepare_client(settings: FlinkSettings) -> None:
    """Make what Flink's client needs on this machine: jars, folders, configuration."""
    ensure_flink_jars(settings)
    flink.prepare(settings)
    for path, text in flink.configuration_files(settings).items():
        write_if_changed(path, text)


def check_functions(settings: FlinkSettings) -> None:
    """:raises JobError: functions/ is not what the embedded cluster was started with."""
    if not flink.embedded(settings) or flink.has_functions(settings):
        return
    raise JobError(
        "functions/ has changed since the cluster was started", "run `swipestream up`, then again"
    )


def client_command(settings: HomeSettings, heap_mb: int, *options: str) -> list[str]:
    """
    How to run Flink's own client, the same class that `flink run` runs.

    :param options: of `flink run`.
    """
    file = flink.folder(settings) / f"client-{heap_mb}.args"
    arguments = [
        f"-Xmx{heap_mb}m",
        "-XX:+UseSerialGC",
        flink.QUICK_CODE,
        *flink.jvm_options(settings, "client"),
        flink.CLIENT,
    ]
    write_if_changed(file, argument_text(arguments))
    return [*java_command(file), "run", *options]


def client_environment(settings: JobSettings, *, bounded: bool = False) -> dict[str, str]:
    """The environment of that client and of the job's script in it."""
    environment = {
        name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR", "USER") if name in os.environ
    }
    if login := flink.authorization(settings):
        # Flink's client adds these to each request.
        environment["FLINK_REST_CLIENT_HEADERS"] = f"Authorization:{login}"
    return environment | flink.environment(settings) | job_environment(settings, bounded=bounded)


def run_client(
    settings: JobSettings,
    script: Path,
    environment: dict[str, str],
    *,
    bounded: bool,
    restore_from: str,
    via: str = "",
) -> str:
    """
    Submit a job with Flink's client.

    :param environment: for the job's script, besides the parameters of every job.
    :param via: host:port to which it talks instead of the cluster's own.
    :return: the job's id.
    :raises JobError: it failed; its whole output is in the log that the hint names.
    """
    command = client_command(
        settings,
        CLIENT_HEAP_MB,
        "--detached",
        "--jobmanager",
        via or settings.flink_address,
        "--python",
        str(without_spaces(settings, script.parent) / script.name),
        *remote_options(settings),
    )
    if restore_from:
        command += ["--fromSavepoint", restore_from]
    log = settings.state_dir / "logs" / "flink-client.log"
    make_folder(log.parent)
    with log.open("w") as output:
        try:
            code: int | None = subprocess.run(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=client_environment(settings, bounded=bounded) | environment,
                cwd=flink.folder(settings),
                timeout=SUBMIT_TIMEOUT_SECONDS,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            code = None
    text = log.read_text(errors="replace")
    found = re.search(r"submitted with JobID ([0-9a-f]{32})", text)
    if found:
        return found[1]
    if code is None:
        raise ClientTimeoutError(
            f"{script.stem} was not submitted: Flink's client did not end in "
            f"{SUBMIT_TIMEOUT_SECONDS} s",
            f"read {log}, and try again",
        )
    fact, hint = condensed(text)
    refused = StateMisfitError if fact.startswith(MISFIT) else JobError
    raise refused(
        f"{script.stem} was not submitted: {fact}", "; ".join(filter(None, [hint, f"read {log}"]))
    )


def remote_options(settings: FlinkSettings) -> list[str]:
    """What a cluster that is not ours must be sent along: connectors and Python files."""
    if flink.embedded(settings):
        return []
    jars = ";".join(path.as_uri() for path in flink_jars(settings))
    return [
        "--pyFiles",
        str(shipped_files(settings)),
        "--pyExecutable",
        settings.flink_remote_python,
        f"-Dpipeline.jars={jars}",
    ]


def shipped_files(settings: HomeSettings) -> Path:
    """A zip of the packages the workers import, made again for each submission."""
    target = without_spaces(settings, flink.folder(settings)) / "python-files.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for package in SHIPPED_PACKAGES:
            for path in sorted((REPO_ROOT / package).rglob("*.py")):
                archive.write(path, path.relative_to(REPO_ROOT))
    return target


def condensed(output: str) -> tuple[str, str]:
    """
    The one line of a client's output that says what is wrong.

    :return: the fact, and a hint if the output has one.
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        if line.startswith("error: "):
            following = lines[number + 1] if number + 1 < len(lines) else ""
            hint = following.removeprefix("hint: ") if following.startswith("hint: ") else ""
            return line.removeprefix("error: "), hint
    causes = [
        line for line in lines if re.match(r"(Caused by: |: )?[\w.$]+(Exception|Error)", line)
    ]
    if causes:
        return causes[-1].removeprefix("Caused by: ").lstrip(": "), ""
    return (lines[-1] if lines else "the client said nothing"), ""


def wait_until_running(settings: FlinkSettings, job_id: str, name: str) -> None:
    """
    Wait until every task of a job runs, or a bounded job is done.

    :raises JobError: it failed, or its tasks do not start in time.
    """
    deadline = time.monotonic() + RUNNING_TIMEOUT_SECONDS
    job: FlinkJob | None = None
    while time.monotonic() < deadline:
        # A machine that is busy starting tasks answers late.
        with contextlib.suppress(NotReadyError):
            job = next((job for job in jobs(settings, ended=True) if job.job_id == job_id), None)
        if job and job.state == "FINISHED":
            return
        if job and job.state == "RUNNING" and job.tasks_running == job.tasks_total:
            return
        if job and job.state in ("FAILED", "CANCELED"):
            break
        time.sleep(POLL_SECONDS)
    state = "is not listed" if job is None else f"is {job.state}"
    raise JobError(
        f"{name} ({job_id}) {state}: {root_cause(settings, job_id)}",
        f"see http://{settings.flink_address}/#/job/running/{job_id}/exceptions",
    )


def root_cause(settings: FlinkSettings, job_id: str) -> str:
    """The innermost line of a job's newest exception."""
    try:
        history = flink.rest(settings, f"/jobs/{job_id}/exceptions")["exceptionHistory"]["entries"]
    except (NotReadyError, KeyError):
        return "no reason given"
    if not history:
        return "not enough free task slots, or no TaskManager"
    return innermost(history[0]["stacktrace"])


def end(settings: FlinkSettings, job_id: str) -> None:
    """
    Cancel a job of `jobs` and wait until it is gone; the keeper may bring it back.

    :raises JobError: the cluster refused, or it does not end.
    """
    try:
        flink.open_rest(settings, f"/jobs/{job_id}?mode=cancel", method="PATCH").close()
    except (NotReadyError, urllib.error.URLError, OSError) as error:
        raise JobError(
            f"job {job_id} was not cancelled: {error}", "see `swipestream status`"
        ) from None
    deadline = time.monotonic() + RUNNING_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if all(job.job_id != job_id for job in jobs(settings)):
            return
        time.sleep(POLL_SECONDS)
    raise JobError(f"job {job_id} does not end", f"see http://{settings.flink_address}")


def cancel(settings: FlinkSettings, job_id: str, how: Ending = end) -> None:
    """
    End a job for good and wait until it is gone; its newest checkpoint stays.

    :raises JobError: the cluster refused, or it does not end.
    """
    with wanted_jobs.locked(settings):
        wanted_jobs.no_longer(settings, job_id)
        how(settings, job_id)


def cancel_all(settings: FlinkSettings, name: str, how: Ending = end) -> list[str]:
    """
    End every job of that name or id for good, also one that its cluster has lost.

    :param how: to end one that runs.
    :return: their ids; empty if there was none.
    :raises JobError: the cluster refused, or one does not end.
    :raises NotReadyError: the cluster does not answer; a lost job stays ended all the same.
    """
    with wanted_jobs.locked(settings):
        ended = [
            job.job_id
            for job in wanted_jobs.read_all(settings)
            if job.is_wanted and name in (job.name, job.job_id)
        ]
        for job_id in ended:
            wanted_jobs.no_longer(settings, job_id)
        for job in jobs(settings):
            if name in (job.name, job.job_id):
                cancel(settings, job.job_id, how)
                ended.append(job.job_id)
    return list(dict.fromkeys(ended))


def newest_checkpoint(settings: HomeSettings, job_id: str) -> Path | None:
    """
    The newest complete checkpoint a job of the embedded cluster left on disk.

    :param job_id: of a job that runs, ended, or was forgotten by a JobManager that died.
    """
    return next(iter(wanted_jobs.complete_checkpoints(settings, job_id)), None)


def newest_savepoint(settings: HomeSettings, job_id: str) -> Path | None:
    """The newest complete savepoint of a job of the embedded cluster; it outlives the job's end."""
    found = [path.parent for path in savepoints(settings, job_id or "none")]
    return found[-1] if found else None


def last_savepoint(settings: FlinkSettings, job_id: str) -> str:
    """
    Where the last savepoint of a job is, wherever that is.

    :param job_id: of a job that its cluster still lists.
    :return: as Flink names it; "" if there is none.
    :raises NotReadyError: the cluster does not answer.
    """
    latest = flink.rest(settings, f"/jobs/{job_id}/checkpoints").get("latest", {})
    return str((latest.get("savepoint") or {}).get("external_path", ""))


def savepoints(settings: HomeSettings, job_id: str = "") -> list[Path]:
    """
    The `_metadata` of the embedded cluster's savepoints, newest last.

    :param job_id: of that job only.
    """
    folder = flink.folder(settings) / "savepoints"
    # Flink names them after the beginning of the job's id.
    found = folder.glob(f"savepoint-{job_id[:6]}*/_metadata")
    return sorted(found, key=lambda path: path.stat().st_mtime)


def newest_checkpoint_of(settings: HomeSettings, name: str) -> str:
    """
    Where to continue the job of that name that was submitted last.

    :raises JobError: it was never submitted from here, or left no checkpoint.
    """
    found = newest_state(settings, wanted_jobs.read(settings, name))
    if not found:
        raise JobError(f"{name} left no checkpoint to restore", "submit it without --restore")
    return found


def newest_state(settings: HomeSettings, job: WantedJob | None) -> str:
    """The newest checkpoint or savepoint that a job can be continued from; empty if none is."""
    found = restorable(settings, job) if job else []
    return found[0] if found else ""


def restorable(settings: HomeSettings, job: WantedJob) -> list[str]:
    """What a job can be continued from, newest first: its checkpoints and its newest savepoint."""
    found = wanted_jobs.restorable(settings, job)
    savepoint = newest_savepoint(settings, job.job_id)
    if savepoint and wanted_jobs.address(savepoint) not in (*found, *job.bad_checkpoints):
        # A job that stopped with a savepoint left no newer checkpoint.
        newest = (wanted_jobs.local_path(found[0]) if found else savepoint) / "_metadata"
        is_newer = not newest.exists() or (
            (savepoint / "_metadata").stat().st_mtime > newest.stat().st_mtime
        )
        found.insert(0 if is_newer else 1, wanted_jobs.address(savepoint))
    return found


def with_target(settings: OnFlink, target: str) -> OnFlink:
    """The settings for another cluster: host:port of its REST endpoint."""
    return dataclasses.replace(settings, flink_rest=target) if target else settings


def with_parallelism(settings: OnFlink, parallelism: int | None) -> OnFlink:
    """The settings with the command line's parallelism, if it names one."""
    return dataclasses.replace(settings, parallelism=parallelism or settings.parallelism)
