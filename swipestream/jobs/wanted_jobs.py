"""Which jobs should run: what `submit` wrote down, until `cancel`, or the end of what is bounded.

One small file per job. The job keeper reads it to bring a lost job back, `submit --restore newest`
to find its checkpoints. A process that submits or ends a job holds the lock meanwhile.
"""

import dataclasses
import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from swipestream.settings import HomeSettings
from swipestream.stack import flink
from swipestream.stack.files import make_folder, write_if_changed

# Of a job that was brought back again and again, its last ids.
REMEMBERED_IDS = 50

_held: dict[Path, int] = {}


@dataclass(frozen=True)
class WantedJob:
    """
    A job that was submitted.

    :param lineage: ids of the jobs whose state it continues, newest first.
    :param restored_from: the checkpoint or savepoint it was started from; "" if from none.
    :param bad_checkpoints: those that could not be restored.
    :param is_wanted: False once it was cancelled or has finished.
    :param problem: why it is not brought back; "" if nothing is wrong.
    :param hint: what a person does about that.
    :param write_from: offsets below which it must not write, as submitted_plan.py has them.
    :param start_ms: read what has arrived since, UTC epoch milliseconds; 0 for everything.
    :param topic_id: Kafka's own identifier of the topic it reads; "" if unknown.
    :param stopped_by_others_at: when it was last found ended by something other than `cancel`, in
        epoch seconds; 0 if never.
    :param environment_hash: hash of the submission's parameters, which hides them.
    """

    name: str
    job_id: str
    lineage: tuple[str, ...] = ()
    restored_from: str = ""
    bad_checkpoints: tuple[str, ...] = ()
    is_wanted: bool = True
    has_checkpointed: bool = False
    bounded: bool = False
    parallelism: int = 1
    write_from: str = "0"
    start_ms: int = 0
    topic_id: str = ""
    environment_hash: str = ""
    stopped_by_others_at: int = 0
    problem: str = ""
    hint: str = ""

    def successor(self, job_id: str, restored_from: str) -> "WantedJob":
        """The same job, submitted again by the keeper."""
        return dataclasses.replace(
            self,
            job_id=job_id,
            lineage=(self.job_id, *self.lineage)[:REMEMBERED_IDS],
            restored_from=restored_from,
            problem="",
            hint="",
        )


def folder(settings: HomeSettings) -> Path:
    """Where it is written down."""
    return flink.folder(settings) / "submitted"


def read(settings: HomeSettings, name: str) -> WantedJob | None:
    """:return: what is known of the job of that name; None if it was never submitted from here."""
    try:
        values = json.loads((folder(settings) / f"{name}.json").read_text())
        known = {item.name for item in dataclasses.fields(WantedJob)}
        values = {key: value for key, value in values.items() if key in known}
        values |= {key: tuple(values.get(key, ())) for key in ("lineage", "bad_checkpoints")}
        return WantedJob(**values)
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def read_all(settings: HomeSettings) -> list[WantedJob]:
    """Every job that was ever submitted from here, by name."""
    names = sorted(path.stem for path in folder(settings).glob("*.json"))
    return [job for job in (read(settings, name) for name in names) if job]


def write(settings: HomeSettings, job: WantedJob) -> None:
    """Replace what is known of a job."""
    text = json.dumps(dataclasses.asdict(job), indent=2)
    write_if_changed(folder(settings) / f"{job.name}.json", text + "\n")


def no_longer(settings: HomeSettings, job_id: str) -> None:
    """Take note that a job was ended on purpose, or has finished."""
    for job in read_all(settings):
        if job.job_id == job_id and job.is_wanted:
            write(settings, dataclasses.replace(job, is_wanted=False, problem="", hint=""))


@contextmanager
def locked(settings: HomeSettings, *, wait: bool = True) -> Iterator[bool]:
    """
    Submit and end jobs alone; the lock ends with the process.

    :param wait: until its holder is done.
    :return: whether it was taken; always true if waited for. May be nested.
    """
    path = make_folder(folder(settings)) / "lock"
    if _held.get(path):
        _held[path] += 1
        try:
            yield True
        finally:
            _held[path] -= 1
        return
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        _held[path] = 1
        try:
            yield True
        finally:
            _held[path] = 0


def address(checkpoint: Path | str) -> str:
    """One way to write where a checkpoint is: file:/folder, as Flink's own answers do."""
    text = str(checkpoint)
    if text.startswith("/") or text.startswith("file:"):
        return "file:/" + text.removeprefix("file:").lstrip("/")
    return text


def local_path(checkpoint: str) -> Path:
    """A checkpoint's folder from what Flink, or a person, calls it."""
    return Path(address(checkpoint).removeprefix("file:"))


def complete_checkpoints(settings: HomeSettings, job_id: str) -> list[Path]:
    """The complete checkpoints that a job left on disk, newest first."""
    home = flink.folder(settings) / "checkpoints" / job_id
    found = [path.parent for path in home.glob("chk-*/_metadata")]
    return sorted(found, key=lambda path: int(path.name.removeprefix("chk-")), reverse=True)


def restorable(settings: HomeSettings, job: WantedJob) -> list[str]:
    """What a job can be continued from, newest first, without those known to be bad."""
    found = [
        address(path)
        for job_id in (job.job_id, *job.lineage)
        for path in complete_checkpoints(settings, job_id)
    ]
    origin = address(job.restored_from)
    if origin and origin not in found and (local_path(origin) / "_metadata").exists():
        found.append(origin)
    return [checkpoint for checkpoint in found if checkpoint not in job.bad_checkpoints]


def forget_ancestors(settings: HomeSettings, job: WantedJob) -> WantedJob:
    """
    Delete the checkpoints of earlier jobs once the current one has enough checkpoints.

    :return: what is known of the job afterwards.
    """
    own = complete_checkpoints(settings, job.job_id)
    job = dataclasses.replace(job, has_checkpointed=job.has_checkpointed or bool(own))
    if len(own) < flink.RETAINED_CHECKPOINTS:
        return job
    for job_id in job.lineage:
        shutil.rmtree(flink.folder(settings) / "checkpoints" / job_id, ignore_errors=True)
    return dataclasses.replace(job, bad_checkpoints=())
