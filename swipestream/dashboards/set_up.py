"""Setting Superset up before its first start, and putting the dashboards into it.

Each step takes tens of seconds of CPU, so a stamp says what was done: a later start does nothing.
"""

import dataclasses
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from swipestream.dashboards import superset
from swipestream.dashboards.errors import DashboardError
from swipestream.dashboards.files import Files, read_files
from swipestream.dashboards.query_contexts import completed
from swipestream.settings import REPO_ROOT, DashboardSettings, HomeSettings
from swipestream.stack.files import make_folder, write_if_changed
from swipestream.stack.supervision import log_path

LOCK_FILE = REPO_ROOT / "locks" / "dashboards.txt"
ADMIN, ANALYST = "admin", "analyst"
# Superset marks none of its own lines like this.
MARK = "swipestream "
LOG_NAME = "superset-set-up"

Say = Callable[[str], None]


def silent(fact: str) -> None:
    """Goes nowhere."""


def tables_stamp(settings: HomeSettings) -> Path:
    """Says for which lock Superset's own tables were made."""
    return superset.home(settings) / "tables"


def contents_stamp(settings: HomeSettings) -> Path:
    """Says which files, users and passwords Superset has."""
    return superset.home(settings) / "contents"


def set_up(settings: DashboardSettings, say: Say = silent) -> bool:
    """
    Make Superset's tables, permissions, users and dashboards, as far as they are not there.

    :param say: called for each step.
    :return: whether there was anything to do.
    :raises DashboardError: Superset is not installed, or does not take a file.
    """
    make_folder(superset.home(settings), mode=0o700)
    files = read_files()
    tables = LOCK_FILE.read_text()
    contents = fingerprint(settings, files)
    done = False
    if not is_stamped(tables_stamp(settings), tables):
        run(settings, "upgrade", {}, say)
        write_if_changed(tables_stamp(settings), tables, mode=0o600)
        contents_stamp(settings).unlink(missing_ok=True)
        done = True
    if not is_stamped(contents_stamp(settings), contents):
        run(settings, "prepare", wanted(settings, files), say)
        write_if_changed(contents_stamp(settings), contents, mode=0o600)
        done = True
    return done


def import_files(settings: DashboardSettings, say: Say = silent) -> dict[str, int]:
    """
    Make the dashboards in Superset as the files say, whatever was changed there.

    :return: objects by kind.
    :raises DashboardError: a file is wrong; nothing is changed then.
    """
    return dict(run(settings, "import", wanted(settings, read_files()), say))


def export_objects(settings: DashboardSettings, say: Say = silent) -> dict[str, Any]:
    """What Superset has, by path in its own words."""
    return dict(run(settings, "export", {}, say))


def wanted(settings: DashboardSettings, files: Files) -> dict[str, Any]:
    """The environment of apps.superset."""
    from urllib.parse import unquote, urlsplit

    address = settings.dashboards_url
    return {
        "contents": completed(files).contents(address),
        "database_password": unquote(urlsplit(address).password or ""),
        "roles": files.roles,
        "queries": [dataclasses.asdict(query) for query in files.queries],
        "query_owner": ANALYST,
        "users": {
            ADMIN: {"password": settings.superset_admin_password, "roles": ["Admin"]},
            # Superset's own role holds what its SQL editor needs.
            ANALYST: {
                "password": settings.superset_analyst_password,
                "roles": [ANALYST, "sql_lab"],
            },
        },
    }


def fingerprint(settings: DashboardSettings, files: Files) -> str:
    """Another one when anything that `wanted` holds is another."""
    import hashlib

    text = json.dumps([files.fingerprint(), wanted(settings, files)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest() + "\n"


def is_stamped(path: Path, text: str) -> bool:
    """Whether the stamp is there and says the same."""
    return path.exists() and path.read_text() == text


def run(settings: DashboardSettings, verb: str, told: dict[str, Any], say: Say) -> Any:
    """
    Let apps.superset do something, in Superset's environment.

    :param told: given on its standard input.
    :return: its result.
    :raises DashboardError: it failed; its log says more.
    """
    log = log_path(settings, LOG_NAME)
    result: Any = {}
    fault = ""
    with log.open("w") as output:
        process = subprocess.Popen(
            [str(superset.python()), "-m", "apps.superset", verb],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            cwd=REPO_ROOT,
            env=superset.environment(settings),
        )
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps(told))
        process.stdin.close()
        for line in process.stdout:
            if not line.startswith(MARK):
                output.write(line)
                continue
            facts = json.loads(line.removeprefix(MARK))
            if "step" in facts:
                say(facts["step"])
            result = facts.get("result", result)
            fault = facts.get("error", fault)
        status = process.wait()
    if fault:
        raise DashboardError(fault, f"fix the file; {log} says more")
    if status != 0:
        raise DashboardError(f"apps.superset {verb} ended with status {status}", f"read {log}")
    return result
