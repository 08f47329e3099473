"""How Linux shares a machine's cores: among threads by their priority, or among sessions.

With autogroups a session's threads have one share together, and their priorities count among
themselves only. Each backend of Postgres is a separate session, so a checkpoint of the job, in
threads of the lowest priority, has as good a claim to a core as the backend that stores payments.
Source: sched(7), "The autogroup feature".
"""

import os
from pathlib import Path

PROC = Path("/proc")
CONTROL_GROUPS = Path("/sys/fs/cgroup")
# From so many cores on, a checkpoint leaves room for everybody else.
CORES_FOR_ALL = 4


def shares_by_session(proc: Path = PROC, control_groups: Path = CONTROL_GROUPS) -> bool:
    """
    Whether autogroups are on and count for this process, and what it starts.

    They do not in a control group with its own share of the cores, such as a container's.
    """
    try:
        if (proc / "sys/kernel/sched_autogroup_enabled").read_text().strip() != "1":
            return False
        lines = (proc / "self/cgroup").read_text().splitlines()
    except OSError:
        return False
    for line in lines:
        number, controllers, path = line.split(":", 2)
        if "cpu" in controllers.split(",") and path != "/":
            return False
        if number == "0" and any(
            (folder / "cpu.weight").exists()
            for folder in within(control_groups, control_groups / path.lstrip("/"))
        ):
            return False
    return True


def within(root: Path, folder: Path) -> list[Path]:
    """A folder and those above it, up to the root."""
    return [folder, *(parent for parent in folder.parents if parent.is_relative_to(root))]


def has_few_cores() -> bool:
    """Whether a checkpoint can keep everybody else from a core."""
    return len(os.sched_getaffinity(0)) < CORES_FOR_ALL
