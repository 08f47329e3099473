"""Submitting a job, from the beginning or from the state that an earlier one left."""

import contextlib
import dataclasses
import hashlib
import importlib
import json
import time
from dataclasses import dataclass
from pathlib import Path

from swipestream.errors import JobError
from swipestream.jobs import (
    client,
    cluster_jobs,
    ending,
    recorded_plan,
    saved_states,
    submitted_plan,
    wanted_jobs,
)
from swipestream.jobs.cluster_jobs import OnFlink
from swipestream.jobs.environment import job_environment
from swipestream.jobs.submitted_plan import SubmittedPlan
from swipestream.jobs.wanted_jobs import WantedJob
from swipestream.settings import REPO_ROOT, FlinkSettings, JobSettings, KafkaSettings
from swipestream.stack import flink, kafka
from swipestream.stack.program import NotReadyError

JOBS_DIR = REPO_ROOT / "flink_jobs"
# How long a cluster may take to list a job whose client was ended.
ACCEPTED_SECONDS = 10
NEWEST = "newest"


@dataclass(frozen=True)
class Replay:
    """
    How a job begins that reads old messages for their history's sake.

    :param start_ms: read what has arrived since, UTC epoch milliseconds.
    :param write_from: offset by partition, from 0 on; what is below it is stored already.
    """

    start_ms: int
    write_from: str


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
        same = (
            cluster_jobs.running(settings, name) if allow_second else refuse_second(settings, name)
        )
        before = wanted_jobs.read(settings, name)
        topic_id = kafka.topic_id(settings, topic_of(settings, name))
        lineage: tuple[str, ...] = ()
        plan_before: SubmittedPlan | None = None
        if restore_from == NEWEST:
            restore_from = saved_states.newest_checkpoint_of(settings, name)
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
            cluster_jobs.wait_until_running(settings, job_id, name)
        except JobError:
            # Left in its restart loop it would hold the slots, and the name.
            with contextlib.suppress(JobError, NotReadyError):
                ending.cancel(settings, job_id)
            raise
    return job_id


def refuse_second(settings: FlinkSettings, name: str) -> list[cluster_jobs.FlinkJob]:
    """
    :return: nothing, as no job of that name runs.
    :raises JobError: one does, or the cluster does not answer.
    """
    same = cluster_jobs.running(settings, name)
    if same:
        raise JobError(
            f"{name} is running already as {same[0].job_id}",
            f"end it with `swipestream cancel {name}`, or use --allow-second",
        )
    return same


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
    others = cluster_jobs.running(settings, name)
    client.prepare_client(settings)
    client.check_functions(settings)
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
            job_id = client.run_client(
                settings,
                script_of(name),
                environment,
                bounded=wanted.bounded,
                restore_from=restore_from,
                via=recorder.address if recorder else "",
            )
        except JobError as error:
            patience = ACCEPTED_SECONDS if isinstance(error, client.ClientTimeoutError) else 0
            job_id = accepted(settings, name, others, patience)
            if not job_id:
                raise
    if recorder:
        recorded_plan.keep(settings, name, job_id, recorder.plan())
    submitted_plan.keep(settings, name, job_id, wanted.write_from)
    return job_id


def accepted(
    settings: FlinkSettings, name: str, others: list[cluster_jobs.FlinkJob], patience_seconds: float
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
            for job in cluster_jobs.jobs(settings):
                if job.name == name and job.job_id not in known:
                    return job.job_id
        if time.monotonic() >= until:
            return ""
        time.sleep(cluster_jobs.POLL_SECONDS)


def with_parallelism(settings: OnFlink, parallelism: int | None) -> OnFlink:
    """The settings with the command line's parallelism, if it names one."""
    return dataclasses.replace(settings, parallelism=parallelism or settings.parallelism)
