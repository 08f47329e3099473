"""A short folder without spaces for what cannot live under an arbitrary path.

Unix sockets allow about 100 bytes, and PyFlink's worker script splits paths at spaces.
"""

import hashlib
import os
import tempfile
from pathlib import Path

from swipestream.errors import SwipestreamError
from swipestream.settings import HomeSettings
from swipestream.stack.files import make_folder

LONGEST_SOCKET_PATH = 90


def runtime_dir(settings: HomeSettings) -> Path:
    """
    `run/` in the state folder if its path is short and plain, else a temporary folder.

    :raises SwipestreamError: that temporary folder belongs to somebody else.
    """
    inside = settings.state_dir / "run"
    if len(os.fsencode(inside)) < LONGEST_SOCKET_PATH - 16 and " " not in str(inside):
        return inside
    digest = hashlib.sha256(os.fsencode(settings.state_dir)).hexdigest()[:10]
    path = Path(tempfile.gettempdir()) / f"swipestream-{os.geteuid()}-{digest}"
    path.mkdir(mode=0o700, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid != os.geteuid():
        raise SwipestreamError(
            f"{path} belongs to another user", "set TMPDIR to your own folder, or remove it"
        )
    path.chmod(0o700)
    return path


def without_spaces(settings: HomeSettings, path: Path) -> Path:
    """The same folder by a path without spaces, through a link if need be."""
    if " " not in str(path):
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:6]
    link = runtime_dir(settings) / f"link-{digest}"
    if not link.is_symlink() or link.readlink() != path:
        make_folder(link.parent, mode=0o700)
        link.unlink(missing_ok=True)
        link.symlink_to(path)
    return link
