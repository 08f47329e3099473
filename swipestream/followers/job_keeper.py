"""The job keeper: brings back jobs that the cluster has lost, without a person.

A standalone JobManager that dies forgets its jobs, and Flink stops a job for anyone who asks. This
process checks every second that each submitted job is running, and resubmits a missing one from its
newest checkpoint; only `swipestream cancel` stops a job for good. A checkpoint that cannot be
restored is marked as bad, and the previous one is tried. A job that ever had a checkpoint is never
started with empty state: that would rewrite old rows with the wrong history. Nor is a job resumed
from a state that the present SQL, if it has to be planned again, would read otherwise.
"""

import dataclasses
import logging
import time
from dataclasses import dataclass, field

from swipestream.errors import SwipestreamError
from swipestream.followers.pulse import Pulse
from swipestream.jobs import (
    client,
    cluster_jobs,
    ending,
    recorded_plan,
    saved_states,
    submission,
    submitted_plan,
    wanted_jobs,
)
from swipestream.jobs.failures import restore_failure
from swipestream.jobs.wanted_jobs import WantedJob
from swipestream.settings import JobSettings
from swipestream.stack import checkpoint_threads, flink
from swipestream.stack.orphaned_workers import end_orphaned_workers
from swipestream.stack.program import NotReadyError

LOG = logging.getLogger("swipestream.followers.job_keeper")

POLL_SECONDS = 1.0
TIDY_SECONDS = 15.0
# Shorter than from the start of a job to its first checkpoint.
PRIORITY_SECONDS = 5.0
# Between two submissions of a job that does not stay.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 2.0, 60.0
NO_CHECKPOINT = "none of its checkpoints can be restored"
NO_CHECKPOINT_HINT = (
    "`swipestream upgrade {name} --rebuild` reads the last days again and writes what is new; "
    "`swipestream logs job-keeper` says what is wrong with them"
)
MISFIT_HINT = (
    "`swipestream upgrade {name} --rebuild` reads the last days again and writes what is new; or "
    "bring the files as they were and run `swipestream submit {name} --restore newest`"
)


@dataclass
class Attempts:
    """How often a job had to be submitted in a row."""

    pause_seconds: float = 0.0
    not_before: float = 0.0

    def note(self, now: float) -> None:
        """One more."""
        doubled = max(FIRST_PAUSE_SECONDS, self.pause_seconds * 2)
        self.pause_seconds = min(doubled, LONGEST_PAUSE_SECONDS)
        self.not_before = now + self.pause_seconds


@dataclass
class JobKeeper:
    """Compares the jobs that should run with those that do."""

    settings: JobSettings
    _attempts: dict[str, Attempts] = field(default_factory=dict)
    _states: dict[str, str] = field(default_factory=dict)
    _tidied_at: float = float("-inf")
    _prioritized_at: float = float("-inf")

    def step(self) -> None:
        """Look once; nothing is done while somebody else submits or ends a job."""
        with wanted_jobs.locked(self.settings, wait=False) as is_mine:
            if not is_mine:
                return
            wanted = [job for job in wanted_jobs.read_all(self.settings) if job.is_wanted]
            if not wanted:
                return
            try:
                listed = {job.job_id: job for job in cluster_jobs.jobs(self.settings, ended=True)}
            except NotReadyError:
                self._say("jobmanager", "does not answer", logging.WARNING)
                return
            self._say("jobmanager", "answers")
            for job in wanted:
                try:
                    self._look_at(self._adopted(job, listed), listed)
                except NotReadyError as error:
                    LOG.debug("asked again soon job=%s reason=%s", job.name, error)
                except SwipestreamError as error:
                    self._say(job.name, f"not submitted: {error.fact}", logging.ERROR)
            self._tidy()
            self._prioritize()

    def _adopted(self, job: WantedJob, listed: dict[str, cluster_jobs.FlinkJob]) -> WantedJob:
        """The job by the id it runs under, should a keeper have ended before it wrote that down."""
        for found in listed.values():
            if (
                job.job_id not in listed
                and found.name == job.name
                and found.state not in cluster_jobs.ENDED
            ):
                job = job.successor(found.job_id, job.restored_from)
                wanted_jobs.write(self.settings, job)
                return job
        return job

    def _look_at(self, job: WantedJob, listed: dict[str, cluster_jobs.FlinkJob]) -> None:
        found = listed.get(job.job_id)
        if found is None:
            self._bring_back(job, "forgotten by its cluster")
        elif found.state == "FINISHED" and job.bounded:
            wanted_jobs.no_longer(self.settings, job.job_id)
            self._say(job.name, "finished, no longer kept")
        elif found.state in ("FINISHED", "CANCELED"):
            self._bring_back_stopped(job)
        elif found.state == "RUNNING" and found.tasks_running == found.tasks_total:
            if time.monotonic() >= self._attempts_of(job).not_before:
                self._attempts.pop(job.name, None)
            self._say(job.name, f"runs id={job.job_id}")
        else:
            failure = restore_failure(self.settings, job, is_over=found.state == "FAILED")
            if failure is not None:
                LOG.warning(
                    "cannot be restored job=%s checkpoint=%s reason=%s",
                    job.name, failure.checkpoint, failure.reason,
                )  # fmt: skip
                bad = (*job.bad_checkpoints, failure.checkpoint)
                job = dataclasses.replace(job, bad_checkpoints=bad)
                wanted_jobs.write(self.settings, job)
                if found.state != "FAILED":
                    ending.end(self.settings, job.job_id)
                self._bring_back(job, "its checkpoint is bad", at_once=True)
            elif found.state == "FAILED":
                self._bring_back(
                    job, f"failed: {cluster_jobs.root_cause(self.settings, job.job_id)}"
                )
            else:
                self._say(job.name, f"is starting id={job.job_id}")

    def _bring_back_stopped(self, job: WantedJob) -> None:
        """It was ended by REST, or by Flink's own client, which is not how a job is ended here."""
        if not job.problem and time.monotonic() >= self._attempts_of(job).not_before:
            # Who stops a job with a savepoint says where it goes, and its checkpoints are deleted.
            place = saved_states.last_savepoint(self.settings, job.job_id) or job.restored_from
            now = round(time.time())
            job = dataclasses.replace(job, stopped_by_others_at=now, restored_from=place)
        self._bring_back(job, "stopped without `swipestream cancel`")

    def _bring_back(self, job: WantedJob, reason: str, *, at_once: bool = False) -> None:
        """Submit a job again, from the newest checkpoint that is not known to be bad."""
        attempts = self._attempts_of(job)
        now = time.monotonic()
        if job.problem or (now < attempts.not_before and not at_once):
            return
        flink.check_task_manager(self.settings)
        checkpoints = saved_states.restorable(self.settings, job)
        if not checkpoints and (job.has_checkpointed or job.bad_checkpoints or job.restored_from):
            self._give_up(job, NO_CHECKPOINT, NO_CHECKPOINT_HINT)
            return
        origin = checkpoints[0] if checkpoints else ""
        self._say(job.name, f"submitting again, {reason}", logging.WARNING)
        attempts.note(now)
        try:
            job_id = self._submit(job, origin)
        except client.StateMisfitError as error:
            # It would be refused each time until a person decides.
            self._give_up(job, error.fact.partition(": ")[2], MISFIT_HINT)
            return
        wanted_jobs.write(self.settings, job.successor(job_id, origin))
        self._say(job.name, f"submitted id={job_id} from={origin or 'the beginning'}")

    def _give_up(self, job: WantedJob, problem: str, hint: str) -> None:
        """
        Leave a job to a person, whom `doctor` tells.

        :param hint: what to do; {name} stands for the job's name.
        """
        hint = hint.format(name=job.name)
        wanted_jobs.write(self.settings, dataclasses.replace(job, problem=problem, hint=hint))
        self._say(job.name, f"given up, payments are not scored: {problem}", logging.ERROR)

    def _submit(self, job: WantedJob, origin: str) -> str:
        """
        By its kept plan, or else, which takes longer, by the client from the present files.

        :raises StateMisfitError: the state does not mean the same to the present files.
        """
        settings = dataclasses.replace(self.settings, parallelism=job.parallelism)
        if job.environment_hash == submission.environment_hash(settings, bounded=job.bounded):
            try:
                return recorded_plan.submit(settings, job.name, origin)
            except recorded_plan.PlanError as error:
                LOG.warning("plan not used job=%s reason=%s", job.name, error)
        before = submitted_plan.of_job(settings, job.name, job.job_id) if origin else None
        return submission.plan_and_submit(settings, job, origin, plan_before=before)

    def _tidy(self) -> None:
        if time.monotonic() - self._tidied_at < TIDY_SECONDS:
            return
        self._tidied_at = time.monotonic()
        if ended := end_orphaned_workers(self.settings):
            LOG.info("ended what a dead TaskManager left behind processes=%d", ended)
        for job in wanted_jobs.read_all(self.settings):
            if job.is_wanted:
                wanted_jobs.write(self.settings, wanted_jobs.forget_ancestors(self.settings, job))

    def _prioritize(self) -> None:
        now = time.monotonic()
        if flink.embedded(self.settings) and now - self._prioritized_at >= PRIORITY_SECONDS:
            self._prioritized_at = now
            if changed := checkpoint_threads.give_way(self.settings):
                LOG.info("lower priority for threads that write checkpoints threads=%d", changed)

    def _attempts_of(self, job: WantedJob) -> Attempts:
        return self._attempts.setdefault(job.name, Attempts())

    def _say(self, name: str, state: str, level: int = logging.INFO) -> None:
        """Log what is true of something now, if it was not before."""
        if self._states.get(name) != state:
            self._states[name] = state
            LOG.log(level, "%s %s", name, state)


def run(settings: JobSettings, pulse: Pulse) -> None:
    """
    Run until the process is to end.

    :raises StoppedError: then.
    """
    keeper = JobKeeper(settings)
    while True:
        keeper.step()
        pulse.beat()
        pulse.wait(POLL_SECONDS)
