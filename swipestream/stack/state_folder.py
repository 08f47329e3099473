"""The state folder: only its owner may enter it.

Passwords are in files of many programs below it, and not each of them hides its own from others.
"""

import os
import pwd
import stat
from pathlib import Path

from swipestream.errors import SwipestreamError
from swipestream.settings import HomeSettings
from swipestream.stack.files import make_folder, unwritable

# What is put there before the first `up`.
OWN_NAMES = {
    "benchmarks",
    "faults",
    "logs",
    "mlflow",
    "models",
    "postgres-id",
    "run",
    "secrets.env",
    "world",
}
FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make(settings: HomeSettings) -> Path:
    """
    Make the state folder, or close it to others.

    :raises SwipestreamError: it cannot be made or closed, is another user's, or is a folder of
        something else that others use as well.
    """
    path = make_folder(settings.state_dir, mode=0o700)
    found = path.stat()
    if found.st_uid != os.geteuid():
        raise SwipestreamError(
            f"{path} belongs to {user_name(found.st_uid)}, who could read what is in it",
            f"give it to {user_name(os.geteuid())}, or set SWIPESTREAM_HOME to your own folder",
        )
    if not found.st_mode & FOR_OTHERS:
        return path
    if not is_ours(path):
        raise SwipestreamError(
            f"{path} can be entered by other users, and holds what is not swipestream's",
            "set SWIPESTREAM_HOME to a folder for it alone, or `chmod 700` this one",
        )
    try:
        path.chmod(0o700)
    except OSError as error:
        raise unwritable(path, error) from None
    if path.stat().st_mode & FOR_OTHERS:
        raise SwipestreamError(
            f"{path} stays open to other users: its file system has no permissions",
            "set SWIPESTREAM_HOME to a folder on a disk of Linux",
        )
    return path


def is_ours(path: Path) -> bool:
    """Whether nothing but this stack uses the folder, so that it may be closed to others."""
    if (path / "run" / "instance").exists():
        return True
    return {entry.name for entry in path.iterdir()} <= OWN_NAMES


def user_name(number: int) -> str:
    """A user as people know them; the number if the system has no name for it."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
