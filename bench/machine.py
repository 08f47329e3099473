"""What a figure was measured on."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from swipestream.stack.core_sharing import shares_by_session


def machine() -> str:
    """Such as "2 cores (Some CPU) shared by thread, 24 GB, Debian GNU/Linux 12"."""
    model = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = " (" + " ".join(line.partition(":")[2].split()) + ")"
            break
    memory = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"].partition(" (")[0]
    except (OSError, KeyError):
        system = platform.system()
    sharing = "by session" if shares_by_session() else "by thread"
    return f"{os.cpu_count()} cores{model} shared {sharing}, {memory} GB, {system}"


def when_and_where() -> str:
    """Today and this machine, as the line above a table."""
    return f"{datetime.now(UTC):%Y-%m-%d}, {machine()}."
