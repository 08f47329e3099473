"""An upgrade from one end to the other."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flink_jobs.plan_fit import reasons_against
from swipestream.console.progress import StepDisplay
from swipestream.errors import JobError, SwipestreamError
from swipestream.jobs import cluster_jobs, submission, submitted_plan, wanted_jobs
from swipestream.jobs.upgrade import accounts, savepoints
from swipestream.jobs.upgrade.rehearsal import rehearsal
from swipestream.settings import JobSettings
from swipestream.stack import flink
from swipestream.stack.program import NotReadyError

POLL_SECONDS = 0.5
CHECKPOINT_SECONDS = 180
SHOWN_LOST = 5


@dataclass(frozen=True)
class Verdict:
    """
    What is to be done with the running job.

    :param reasons: what speaks against taking its state over; empty if nothing does.
    :param savepoint: its state a moment ago.
    """

    reasons: list[str]
    savepoint: str

    @property
    def fits(self) -> bool:
        """Whether the new version can resume from the state."""
        return not self.reasons


class Upgrade:
    """
    Puts the present files and settings into service for one job.

    :param name: of the job, such as "score_payments".
    :param display: shows each step.
    """

    def __init__(self, settings: JobSettings, name: str, display: StepDisplay) -> None:
        self.settings, self.name, self.display = settings, name, display
        # What is true, and what to do, if it ends here.
        self.if_ended = f"nothing was changed; {name} runs as before"

    def running(self) -> cluster_jobs.FlinkJob | None:
        """
        The job as the cluster lists it; None if it does not run.

        :raises JobError: no cluster, no such job, or it runs twice.
        """
        submission.script_of(self.name)
        same = cluster_jobs.running(self.settings, self.name)
        if len(same) > 1:
            raise JobError(
                f"{self.name} runs {len(same)} times",
                "cancel one with `swipestream cancel` and its id",
            )
        return same[0] if same else None

    def check(self, job: cluster_jobs.FlinkJob) -> Verdict:
        """
        Find out whether the new version can resume from the state, without touching the job.

        :raises JobError: the state cannot be saved, or Flink does not accept the new files.
        """
        before = submitted_plan.of_job(self.settings, self.name, job.job_id)
        old = before.plan if before else {}
        self.display.report("savepoint", "preparing")
        place = savepoints.take(self.settings, job.job_id)
        self.display.report("savepoint", place)
        is_here = savepoints.local_folder(place) is not None
        try:
            self.display.report("new version", "checking")
            with rehearsal(self.settings, self.name, place if is_here and old else "") as trial:
                reasons = reasons_against(old, trial.plan())
                if not reasons and is_here:
                    self.display.report("new version", "planned")
                    self.display.report("restore", "checking")
                    failure = trial.failure()
                    if failure:
                        reasons = [f"Flink refuses: {failure}"]
        except BaseException:
            savepoints.delete(self.settings, place)
            raise
        if reasons:
            self.display.report("new version", f"does not fit: {reasons[0]}")
        else:
            fact = "rehearsed, fits" if is_here else "fits by its plan; the savepoint is not here"
            self.display.report("restore", fact)
        return Verdict(reasons, place)

    def go_on(self, job: cluster_jobs.FlinkJob, verdict: Verdict) -> str:
        """
        Stop the job with a savepoint and start the new version from it.

        :return: the new job's id.
        :raises JobError: it does not start; says how to go back.
        """
        self._may_be_stopped(verdict.savepoint)
        # The job keeper does nothing meanwhile: a job that stops here is not lost.
        with wanted_jobs.locked(self.settings):
            self.display.report("old version", "stopping")
            place = savepoints.stop(self.settings, job.job_id)
            wanted_jobs.no_longer(self.settings, job.job_id)
            self.display.report("old version", f"stopped, its state is in {place}")
            self.if_ended = self._stopped(place)
            job_id = self._started(restore_from=place)
        self.if_ended = f"the new version was started as {job_id}; its state before is {place}"
        self._until_good(self._wait_for_checkpoint, job_id)
        self.display.report(self.name, f"runs as {job_id}")
        savepoints.delete(self.settings, verdict.savepoint)
        savepoints.prune(self.settings)
        return job_id

    def rebuild(self, job: cluster_jobs.FlinkJob | None, verdict: Verdict | None) -> str:
        """
        Start the new version without state: it reads the last days again and writes what is new.

        :param job: None if it does not run; then everything not accounted for is written.
        :return: the new job's id.
        :raises JobError: messages are lost already, or it does not start; says how to go back.
        """
        began_ms = accounts.now_ms()
        self.display.progress("accounts", "reading the topic")
        known = accounts.account(
            self.settings,
            since=accounts.history_begin(began_ms) if job else None,
            tell=self._tell_accounts,
            patience_seconds=accounts.ON_THEIR_WAY_SECONDS if job else 0,
        )
        if job and known.lost:
            shown = ", ".join(f"{p}:{o}" for p, o in known.lost[:SHOWN_LOST])
            raise JobError(
                f"{len(known.lost):,} messages are unaccounted for, such as {shown}",
                "wait if a backlog is being read, or run `swipestream reconcile --repair` first",
            )
        place = verdict.savepoint if verdict else ""
        with wanted_jobs.locked(self.settings):
            if job:
                self._may_be_stopped(place)
                self.display.report("old version", "stopping")
                place = savepoints.stop(self.settings, job.job_id)
                wanted_jobs.no_longer(self.settings, job.job_id)
                self.if_ended = self._stopped(place, is_rebuild=True)
                self.display.report("old version", f"stopped, its state is in {place}")
                if verdict:
                    savepoints.delete(self.settings, verdict.savepoint)
                known = accounts.account(
                    self.settings,
                    begin=known.open_from,
                    tell=self._tell_accounts,
                    patience_seconds=0,
                )
            else:
                self.if_ended = f"{self.name} does not run; try again"
            replay = accounts.replay_for(self.settings, known.open_from)
            self.display.report("accounts", f"all is stored below offsets {replay.write_from}")
            until = accounts.replayed(self.settings, replay, known.open_from)
            begin = accounts.missing_history(self.settings, replay.start_ms)
            if begin:
                fact = f"the topic has messages since {begin:%F %T} UTC only"
                self.display.report("topic", fact)
            job_id = self._started(replay=replay)
        self.if_ended = f"the new version runs as {job_id} and goes on reading by itself"
        self.display.report(self.name, f"runs as {job_id}")
        self._until_good(self._wait_for_replay, job_id, until)
        self._until_good(self._wait_for_checkpoint, job_id)
        savepoints.prune(self.settings)
        return job_id

    def _started(self, restore_from: str = "", replay: submission.Replay | None = None) -> str:
        """:raises JobError: it does not start; says what is true now."""
        self.display.report(self.name, "starting")
        try:
            return submission.submit(
                self.settings, self.name, restore_from=restore_from, replay=replay
            )
        except SwipestreamError as error:
            raise JobError(f"the new version did not start: {error.fact}", self.if_ended) from None

    def _until_good(self, wait: Callable[..., None], *arguments: Any) -> None:
        """:raises JobError: it started, and failed then; says what is true now."""
        try:
            wait(*arguments)
        except SwipestreamError as error:
            raise JobError(f"the new version did not start: {error.fact}", self.if_ended) from None

    def _may_be_stopped(self, place: str) -> None:
        self.if_ended = (
            f"{self.name} may be stopped; see `swipestream doctor`. Nothing is lost: "
            f"`swipestream submit {self.name} --restore {place}` continues it"
        )

    def _stopped(self, place: str, *, is_rebuild: bool = False) -> str:
        way_on = f"`swipestream upgrade {self.name} --rebuild`, or " if is_rebuild else ""
        back = f"`swipestream submit {self.name} --restore {place}`"
        return (
            f"{self.name} is stopped and nothing is lost; {way_on}with the files as they were "
            f"before, {back}" + ("" if is_rebuild else ", which also starts the new version again")
        )

    def _tell_accounts(self, step: str, done: int = 0, total: int = 0) -> None:
        self.display.progress("accounts", f"{step} {done:,} of {total:,}" if total else step)

    def _wait_for_checkpoint(self, job_id: str) -> None:
        """
        Only when all tasks have restored and opened can a checkpoint be complete.

        :raises JobError: none is in time, or the job failed.
        """
        self.display.report("checkpoint", "checking")
        deadline = time.monotonic() + CHECKPOINT_SECONDS
        is_asked = False
        while time.monotonic() < deadline:
            try:
                if not is_asked:
                    flink.post(self.settings, f"/jobs/{job_id}/checkpoints")
                    is_asked = True
                found = flink.rest(self.settings, f"/jobs/{job_id}/checkpoints")
                if found["counts"]["completed"] > 0:
                    self.display.report("checkpoint", "complete")
                    return
                state = flink.rest(self.settings, f"/jobs/{job_id}")["state"]
            except (NotReadyError, KeyError):
                state = ""
            if state in cluster_jobs.ENDED:
                break
            time.sleep(POLL_SECONDS)
        cause = cluster_jobs.root_cause(self.settings, job_id)
        raise JobError(f"{job_id} has completed no checkpoint: {cause}", "")

    def _wait_for_replay(self, job_id: str, until: dict[int, int]) -> None:
        """Wait until the job has read all that it does not write."""
        begin: dict[int, int] = {}
        while True:
            try:
                read = source_offsets(self.settings, job_id)
                state = flink.rest(self.settings, f"/jobs/{job_id}")["state"]
            except NotReadyError:
                read, state = {}, ""
            if state in cluster_jobs.ENDED:
                cause = cluster_jobs.root_cause(self.settings, job_id)
                raise JobError(f"{job_id} is {state}: {cause}", "")
            for partition, offset in read.items():
                begin.setdefault(partition, offset)
            left = {p: end - 1 - read[p] for p, end in until.items() if p in read}
            if left.keys() == until.keys() and all(count <= 0 for count in left.values()):
                self.display.report("history", "rebuilt")
                return
            total = sum(max(0, until[p] - first) for p, first in begin.items() if p in until)
            done = total - sum(max(0, count) for count in left.values())
            self.display.progress("history", f"read {max(0, done):,} of {total:,} messages again")
            time.sleep(POLL_SECONDS)


def source_offsets(settings: JobSettings, job_id: str) -> dict[int, int]:
    """How far the job has read the topic, by partition; what it does not say yet is left out."""
    found: dict[int, int] = {}
    for vertex in flink.rest(settings, f"/jobs/{job_id}")["vertices"]:
        if not vertex["name"].startswith("Source: payments_topic"):
            continue
        address = f"/jobs/{job_id}/vertices/{vertex['id']}/metrics"
        marker = f".topic.{settings.payments_topic}.partition."
        names = [
            metric["id"]
            for metric in flink.rest(settings, address)
            if marker in metric["id"] and metric["id"].endswith(".currentOffset")
        ]
        for metric in flink.rest(settings, f"{address}?get={','.join(names)}") if names else []:
            partition = int(metric["id"].rpartition(marker)[2].partition(".")[0])
            found[partition] = int(float(metric["value"]))
    return found


Confirm = Callable[[list[str]], bool]


def run(work: Upgrade, *, is_rebuild: bool, confirm: Confirm) -> str:
    """
    Upgrade by the way that fits.

    :param is_rebuild: rebuild the history if the state does not fit, or if there is none.
    :param confirm: asked for leave to do so otherwise, with the reasons.
    :return: the new job's id.
    :raises JobError: it cannot be done, or may not.
    """
    # The keeper does nothing meanwhile.
    with wanted_jobs.locked(work.settings):
        return _run(work, is_rebuild=is_rebuild, confirm=confirm)


def _run(work: Upgrade, *, is_rebuild: bool, confirm: Confirm) -> str:
    job = work.running()
    if job is None:
        if not is_rebuild:
            raise JobError(
                f"{work.name} is not running",
                f"continue it with `swipestream submit {work.name}`, or, without "
                f"a usable checkpoint, `swipestream upgrade {work.name} --rebuild`",
            )
        return work.rebuild(None, None)
    verdict = work.check(job)
    if verdict.fits:
        return work.go_on(job, verdict)
    if not is_rebuild and not confirm(verdict.reasons):
        savepoints.delete(work.settings, verdict.savepoint)
        raise JobError(
            f"the state of {work.name} does not fit: {verdict.reasons[0]}",
            f"`swipestream upgrade {work.name} --rebuild` replays the last "
            f"{accounts.HISTORY_DAYS} days instead; {work.name} runs as before",
        )
    return work.rebuild(job, verdict)
