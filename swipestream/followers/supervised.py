"""The followers as one program of the supervisor, with a line of `status` for each."""

import sys
import time
from pathlib import Path

from swipestream.followers.pulse import alive_file, last_crash
from swipestream.followers.table import Follower, wanted
from swipestream.settings import REPO_ROOT, Settings, fields
from swipestream.stack.program import NotReadyError, Part, Program

NAME = "followers"
ALIVE_SECONDS = 15


def program(settings: Settings) -> Program:
    """How to run them; they follow a Kafka and a Postgres, embedded or external."""
    followers = wanted(settings)
    folder = settings.state_dir / "run"
    return Program(
        name=NAME,
        command=(sys.executable, "-m", "swipestream.followers", *(item.name for item in followers)),
        check=lambda: check_all(folder, followers),
        environment=environment(settings, as_owner=any(item.as_owner for item in followers)),
        directory=REPO_ROOT,
        start_seconds=1,
        needs_schema=True,
        address=f"{len(followers)} threads",
        parts=tuple(part(folder, item) for item in followers),
    )


def part(folder: Path, follower: Follower) -> Part:
    """:param folder: of the followers' signs of life."""
    return Part(
        name=follower.name,
        address=f"follows {follower.follows}",
        problem=lambda: last_crash(folder, follower.name),
    )


def check_all(folder: Path, followers: list[Follower]) -> None:
    """:raises NotReadyError: one has crashed, or has not done a round of its work for a while."""
    for follower in followers:
        if crash := last_crash(folder, follower.name):
            raise NotReadyError(f"{follower.name} {crash}")
        alive = alive_file(folder, follower.name)
        if not alive.exists() or time.time() - alive.stat().st_mtime > ALIVE_SECONDS:
            raise NotReadyError(f"{follower.name} has not done a round in {ALIVE_SECONDS} s")


def environment(settings: Settings, *, as_owner: bool) -> dict[str, str]:
    """
    The settings as environment of our process; passwords stay in secrets.env.

    :param as_owner: a follower needs the rights of the tables' owner.
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
