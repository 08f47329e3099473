"""The small processes beside the Flink job, each a separate module."""

import sys
import time
from pathlib import Path

from swipestream.dashboards import superset
from swipestream.settings import REPO_ROOT, Settings, fields
from swipestream.stack import flink
from swipestream.stack.program import NotReadyError, Program

MODULES = {
    "reject-payloads": "swipestream.followers.reject_payloads",
    "merchant-risk": "swipestream.followers.merchant_risk",
    "job-keeper": "swipestream.followers.job_keeper",
    "pipeline-record": "swipestream.followers.pipeline_record",
}
# Only for those who look at dashboards.
WITH_DASHBOARDS_ONLY = ("pipeline-record",)
# Only what runs here: a cluster of the user's own has other means against the loss of jobs.
EMBEDDED_FLINK_ONLY = ("job-keeper",)
AS_OWNER = ("pipeline-record",)
FOLLOWED = {
    "reject-payloads": "rejects",
    "merchant-risk": "full hours",
    "job-keeper": "jobs",
    "pipeline-record": "jobs, rows",
}
ALIVE_SECONDS = 15


def programs(settings: Settings) -> list[Program]:
    """How to run them; they follow a Kafka and a Postgres, embedded or external."""
    return [
        program(settings, name, module)
        for name, module in MODULES.items()
        if (flink.embedded(settings) or name not in EMBEDDED_FLINK_ONLY)
        and (superset.is_wanted(settings) or name not in WITH_DASHBOARDS_ONLY)
    ]


def program(settings: Settings, name: str, module: str) -> Program:
    """One follower as a program of the supervisor."""
    alive = settings.state_dir / "run" / f"{name}.alive"
    return Program(
        name=name,
        command=(sys.executable, "-m", module, str(alive)),
        check=lambda: check(name, alive),
        environment=environment(settings, as_owner=name in AS_OWNER),
        directory=REPO_ROOT,
        start_seconds=1,
        needs_schema=True,
        address=f"follows {FOLLOWED[name]}",
    )


def check(name: str, alive: Path) -> None:
    """:raises NotReadyError: it has not done a round of its work for a while."""
    if not alive.exists() or time.time() - alive.stat().st_mtime > ALIVE_SECONDS:
        raise NotReadyError(f"{name} has not done a round in {ALIVE_SECONDS} s")


def environment(settings: Settings, *, as_owner: bool = False) -> dict[str, str]:
    """
    The settings as environment of our processes; passwords stay in secrets.env.

    :param as_owner: it needs the rights of the tables' owner.
    """
    changed = {
        item.metadata["env"]: str(getattr(settings, item.name))
        for item in fields()
        if getattr(settings, item.name) != item.default and item.name != "card_hash_key"
    }
    if settings.stream_database_url and not as_owner:
        # They need no more rights than the stream's.
        changed["DATABASE_URL"] = settings.stream_database_url
    return changed | {
        "SWIPESTREAM_HOME": str(settings.state_dir),
        "PYTHONPATH": str(REPO_ROOT),
        "PYTHONUNBUFFERED": "1",
    }
