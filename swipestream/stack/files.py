"""Writing the files the stack generates."""

import os
import tempfile
from pathlib import Path

from swipestream.errors import SwipestreamError


def write_if_changed(path: Path, text: str, mode: int = 0o644) -> bool:
    """
    Replace a file as a whole; readers see the old or the new content, never half of it.

    :param path: its folder is created.
    :param mode: permissions of the file.
    :return: whether anything was written.
    :raises SwipestreamError: the folder cannot be written.
    """
    try:
        if path.exists() and path.read_bytes() == text.encode():
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode())
            Path(scratch).chmod(mode)
            Path(scratch).replace(path)
        except BaseException:
            Path(scratch).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise unwritable(path, error) from None
    return True


def make_folder(path: Path, mode: int = 0o755) -> Path:
    """
    Create a folder and its parents.

    :raises SwipestreamError: it cannot be created or written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=mode)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise unwritable(path, error) from None
    return path


def unwritable(path: Path, error: OSError) -> SwipestreamError:
    """The error for a path that cannot be written."""
    return SwipestreamError(
        f"{path} cannot be written: {error.strerror}",
        "set SWIPESTREAM_HOME to your own folder on a disk with space",
    )
