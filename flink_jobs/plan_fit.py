"""Whether the state of an earlier version means the same to the new one. Knows no Flink."""

from collections.abc import Mapping
from typing import Any

from flink_jobs.job import Job, JobFilesError

Plan = Mapping[str, Any]

# How a refusal begins; who starts the job's script tells it by that.
MISFIT = "the state it left does not fit"
UNKNOWN = "nothing is known of how the earlier version was planned"


def reasons_against(old: Plan, new: Plan) -> list[str]:
    """
    Compare two plans as plan_record.py describes them.

    State fits if the same steps remember the same things of the same rows: a step's hash covers all
    that leads to it. So a value that was made in another way, and that a restore would not notice,
    is a reason as well.

    :param old: of the earlier version; empty if unknown.
    :return: what speaks against taking the state over, most useful first; empty if nothing does.
    """
    if not old:
        return [UNKNOWN]
    reasons = [
        f"{what} was {old.get(key)} and is {new.get(key)}"
        for key, what in (
            ("topic", "the topic"),
            ("flink", "Flink's version"),
        )
        if old.get(key) != new.get(key)
    ]
    steps = changed_steps(old, new)
    if steps:
        reasons += changed_files(old, new) + steps
    return reasons


def refuse_misfit(job: Job, reasons: list[str]) -> None:
    """:raises JobFilesError: something speaks against going on with the state."""
    if reasons:
        raise JobFilesError(
            f"{MISFIT}: {reasons[0]}",
            f"`swipestream upgrade {job.name} --rebuild` reads the last days again and writes what "
            "is new, or bring the files as they were",
        )


def changed_steps(old: Plan, new: Plan) -> list[str]:
    """Steps with state that are not what they were, are new, or are gone."""
    before = {step["id"]: step for step in old["remembering"]}
    after = {step["id"]: step for step in new["remembering"]}
    said = []
    for number in sorted(before.keys() | after.keys()):
        was, is_now = before.get(number), after.get(number)
        if was and is_now and all(was[key] == is_now[key] for key in ("kind", "fingerprint")):
            continue
        if is_now is None:
            said.append(f"step {shown(was)} is gone")
        elif was is None:
            said.append(f"step {shown(is_now)} is new")
        else:
            said.append(f"step {shown(is_now)} or what leads to it")
    return said


def changed_files(old: Plan, new: Plan) -> list[str]:
    """The views that changed; those up to the last window, or if none did, all."""
    before, after = old["files"], new["files"]
    order = [*after, *(file for file in before if file not in after)]
    changed = [file for file in order if before.get(file) != after.get(file)]
    windows = [order.index(file) for file in (*old["windows"], *new["windows"])]
    early = [file for file in changed if file not in after or order.index(file) <= max(windows)]
    return [f"{file.rpartition('/')[2]} changed" for file in early or changed]


def shown(step: Any) -> str:
    """A step by number, kind and window or table."""
    return " ".join(str(step[key]) for key in ("id", "kind", "about") if step[key])
