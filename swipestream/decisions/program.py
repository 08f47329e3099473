"""The decision API as a program: in a separate environment, which has no Flink."""

import hashlib
import ssl
import urllib.error
import urllib.request
from pathlib import Path

from swipestream.decisions.errors import ApiError
from swipestream.settings import LOOPBACK, REPO_ROOT, DecisionSettings, fields
from swipestream.stack.files import make_folder
from swipestream.stack.program import NotReadyError, Program

ENVIRONMENT_DIR = REPO_ROOT / ".venv-serving"
NAME = "decision-api"
CHECK_SECONDS = 3
# What the process reads of the repository.
CODE = ("serving", "udfs", "flink_jobs", "sql/payments", "sql/online", "sql/postgres/queries")


def wanted_file(settings: DecisionSettings) -> Path:
    """Exists while the stack includes the API."""
    return settings.state_dir / "run" / "api"


def is_wanted(settings: DecisionSettings) -> bool:
    """Whether the stack includes the API."""
    return wanted_file(settings).exists()


def want(settings: DecisionSettings, wanted: bool) -> None:
    """From the next `up` on, include the API or not."""
    if wanted:
        make_folder(settings.state_dir / "run", mode=0o700)
        wanted_file(settings).touch()
    else:
        wanted_file(settings).unlink(missing_ok=True)


def url(settings: DecisionSettings) -> str:
    """Where it answers."""
    scheme = "https" if settings.api_tls_certificate else "http"
    return f"{scheme}://{settings.api_host}:{settings.api_port}"


def python() -> Path:
    """
    The Python that has FastAPI.

    :raises ApiError: it is not installed.
    """
    path = ENVIRONMENT_DIR / "bin" / "python"
    if not path.exists():
        raise ApiError(
            f"{path} does not exist", "run `make api`, or do without: `swipestream up --no-api`"
        )
    return path


def environment(settings: DecisionSettings) -> dict[str, str]:
    """The settings; passwords stay in secrets.env."""
    changed = {
        item.metadata["env"]: str(getattr(settings, item.name))
        for item in fields()
        if getattr(settings, item.name) != item.default and item.name != "card_hash_key"
    }
    return changed | {
        "SWIPESTREAM_HOME": str(settings.state_dir),
        # When it changes, the supervisor restarts the API.
        "SWIPESTREAM_API_CODE": code_hash(),
        "PYTHONPATH": str(REPO_ROOT),
        "PYTHONUNBUFFERED": "1",
    }


def code_hash() -> str:
    """Another one for other code or SQL."""
    digest = hashlib.sha256()
    for folder in CODE:
        for file in sorted((REPO_ROOT / folder).rglob("*.[ps][yq]*")):
            if file.suffix in (".py", ".sql"):
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def program(settings: DecisionSettings) -> Program:
    """How to run it."""
    return Program(
        name=NAME,
        command=(str(ENVIRONMENT_DIR / "bin" / "python"), "-m", "serving.decisions"),
        environment=environment(settings),
        check=lambda: check(settings),
        ports={"API_PORT": settings.api_port},
        directory=REPO_ROOT,
        start_seconds=1,
        address=url(settings),
        needs_schema=True,
    )


def check(settings: DecisionSettings) -> None:
    """:raises NotReadyError: it cannot answer payments."""
    # Its certificate may be for another name; this only asks whether it is up.
    context = ssl._create_unverified_context() if settings.api_tls_certificate else None
    host = LOOPBACK if settings.api_host == "0.0.0.0" else settings.api_host
    address = url(settings).replace(settings.api_host, host) + "/readyz"
    try:
        with urllib.request.urlopen(address, timeout=CHECK_SECONDS, context=context):
            return
    except urllib.error.HTTPError as error:
        raise NotReadyError(error.read(500).decode(errors="replace")) from None
    except OSError as error:
        raise NotReadyError(f"{address}: {error}") from None
