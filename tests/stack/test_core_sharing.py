"""Whether the kernel shares the machine's cores among sessions, read from its files."""

import os
from pathlib import Path

import pytest

from swipestream.operate import doctor
from swipestream.stack import core_sharing


def kernel(tmp_path: Path, enabled: str | None, cgroup: str) -> tuple[Path, Path]:
    """Folders as /proc and /sys/fs/cgroup."""
    proc, control_groups = tmp_path / "proc", tmp_path / "cgroup"
    (proc / "sys/kernel").mkdir(parents=True)
    (proc / "self").mkdir()
    control_groups.mkdir()
    if enabled is not None:
        (proc / "sys/kernel/sched_autogroup_enabled").write_text(enabled)
    (proc / "self/cgroup").write_text(cgroup)
    return proc, control_groups


@pytest.mark.parametrize(
    ("enabled", "cgroup", "by_session"),
    [
        ("1\n", "0::/\n", True),
        ("1\n", "2:cpuset:/some\n1:cpu,cpuacct:/\n", True),
        ("0\n", "0::/\n", False),
        # No such kernel, as macOS.
        (None, "0::/\n", False),
        ("1\n", "1:cpu,cpuacct:/docker/0123\n", False),
    ],
)
def test_autogroups_count_outside_of_control_groups(
    tmp_path: Path, enabled: str | None, cgroup: str, by_session: bool
) -> None:
    assert core_sharing.shares_by_session(*kernel(tmp_path, enabled, cgroup)) is by_session


@pytest.mark.parametrize("weighted", ["", "system.slice", "system.slice/job.service"])
def test_a_share_of_its_own_counts_instead(tmp_path: Path, weighted: str) -> None:
    proc, control_groups = kernel(tmp_path, "1", "0::/system.slice/job.service\n")
    (control_groups / "system.slice/job.service").mkdir(parents=True)
    assert core_sharing.shares_by_session(proc, control_groups)
    (control_groups / weighted / "cpu.weight").write_text("100")
    assert not core_sharing.shares_by_session(proc, control_groups)


@pytest.mark.parametrize(
    ("cores", "by_session", "level"), [(2, True, "warn"), (2, False, "ok"), (8, True, "ok")]
)
def test_the_doctor_warns_on_few_cores(
    cores: int, by_session: bool, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.setattr(core_sharing, "shares_by_session", lambda: by_session)
    (finding,) = doctor.check_cores()
    assert finding.level == level
    assert ("sched_autogroup_enabled=0" in finding.hint) == (level == "warn")
