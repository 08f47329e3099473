"""The analyst's desk as a program: in the environment of the decision API."""

import hashlib
import urllib.error
import urllib.request
from pathlib import Path

from swipestream.cases.errors import DeskError
from swipestream.settings import LOOPBACK, REPO_ROOT, DeskSettings, fields
from swipestream.stack.files import make_folder
from swipestream.stack.program import NotReadyError, Program

ENVIRONMENT_DIR = REPO_ROOT / ".venv-serving"
NAME = "desk"
CHECK_SECONDS = 3
# What the process reads of the repository.
CODE = ("serving", "swipestream/cases", "swipestream/card_numbers", "sql/postgres/queries")
SUFFIXES = (".py", ".sql", ".html", ".css", ".js", ".svg")


def wanted_file(settings: DeskSettings) -> Path:
    """Exists while the stack includes the desk."""
    return settings.state_dir / "run" / "desk-wanted"


def is_wanted(settings: DeskSettings) -> bool:
    """Whether the stack includes the desk."""
    return wanted_file(settings).exists()


def want(settings: DeskSettings, wanted: bool) -> None:
    """From the next `up` on, include the desk or not."""
    if wanted:
        make_folder(settings.state_dir / "run", mode=0o700)
        wanted_file(settings).touch()
    else:
        wanted_file(settings).unlink(missing_ok=True)


def python() -> Path:
    """
    The Python that has FastAPI.

    :raises DeskError: it is not installed.
    """
    path = ENVIRONMENT_DIR / "bin" / "python"
    if not path.exists():
        raise DeskError(
            f"{path} does not exist", "run `make desk`, or do without: `swipestream up --no-desk`"
        )
    return path


def environment(settings: DeskSettings) -> dict[str, str]:
    """The settings; passwords stay in secrets.env."""
    changed = {
        item.metadata["env"]: str(getattr(settings, item.name))
        for item in fields()
        if hasattr(settings, item.name)
        and getattr(settings, item.name) != item.default
        and item.name != "card_hash_key"
    }
    return changed | {
        "SWIPESTREAM_HOME": str(settings.state_dir),
        # When it changes, the supervisor restarts the desk.
        "SWIPESTREAM_DESK_CODE": code_hash(),
        "PYTHONPATH": str(REPO_ROOT),
        "PYTHONUNBUFFERED": "1",
    }


def code_hash() -> str:
    """Another one for other code, pages or SQL."""
    digest = hashlib.sha256()
    for folder in CODE:
        for file in sorted((REPO_ROOT / folder).rglob("*")):
            if file.suffix in SUFFIXES:
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def program(settings: DeskSettings) -> Program:
    """How to run it."""
    return Program(
        name=NAME,
        command=(str(ENVIRONMENT_DIR / "bin" / "python"), "-m", "serving.desk"),
        environment=environment(settings),
        check=lambda: check(settings),
        ports={"DESK_PORT": settings.desk_port},
        directory=REPO_ROOT,
        start_seconds=1,
        address=settings.desk_address,
        needs_schema=True,
    )


def check(settings: DeskSettings) -> None:
    """:raises NotReadyError: it does not answer, or has no database."""
    address = f"http://{LOOPBACK}:{settings.desk_port}/readyz"
    try:
        with urllib.request.urlopen(address, timeout=CHECK_SECONDS):
            return
    except urllib.error.HTTPError as error:
        raise NotReadyError(error.read(500).decode(errors="replace").strip()) from None
    except OSError as error:
        raise NotReadyError(f"{address}: {error}") from None


def welcome(settings: DeskSettings) -> str:
    """What to type or click to get in."""
    return f"{settings.desk_address}  (`swipestream analyst add LOGIN --role lead` lets you in)"
