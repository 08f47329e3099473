"""Superset as a program: in a separate environment, at a lower priority than the stream."""

import hashlib
import urllib.error
import urllib.request
from pathlib import Path

from swipestream.dashboards.errors import DashboardError
from swipestream.settings import LOOPBACK, REPO_ROOT, DashboardSettings, HomeSettings
from swipestream.stack.files import make_folder
from swipestream.stack.program import NotReadyError, Program

ENVIRONMENT_DIR = REPO_ROOT / ".venv-dashboards"
CONFIGURATION = REPO_ROOT / "apps" / "superset" / "superset_config.py"
NAME = "superset"
# Enough for a page's charts at a time; each waits for Postgres most of its time.
THREADS = 8
# Payments go first; what is left is enough for viewers.
NICENESS = 15
CHECK_SECONDS = 10


def wanted_file(settings: HomeSettings) -> Path:
    """Exists while the stack includes dashboards."""
    return settings.state_dir / "run" / "dashboards"


def is_wanted(settings: HomeSettings) -> bool:
    """Whether the stack includes dashboards."""
    return wanted_file(settings).exists()


def want(settings: HomeSettings, wanted: bool) -> None:
    """From the next `up` on, include dashboards or not."""
    if wanted:
        make_folder(settings.state_dir / "run", mode=0o700)
        wanted_file(settings).touch()
    else:
        wanted_file(settings).unlink(missing_ok=True)


def url(settings: DashboardSettings) -> str:
    """What to open in a browser."""
    return f"http://{LOOPBACK}:{settings.superset_port}"


def python() -> Path:
    """
    The Python that has Superset.

    :raises DashboardError: it is not installed.
    """
    path = ENVIRONMENT_DIR / "bin" / "python"
    if not path.exists():
        raise DashboardError(
            f"{path} does not exist",
            "run `make dashboards`, or do without: `swipestream up --no-dashboards`",
        )
    return path


def environment(settings: DashboardSettings) -> dict[str, str]:
    """What apps/superset/superset_config.py reads."""
    return {
        "FLASK_APP": "superset.app:create_app()",
        "HOME": str(home(settings)),
        "PATH": f"{ENVIRONMENT_DIR / 'bin'}:/usr/bin:/bin",
        "PYTHONPATH": str(REPO_ROOT),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
        "SUPERSET_CONFIG_PATH": str(CONFIGURATION),
        # When it changes, the supervisor restarts Superset.
        "SUPERSET_FILES": code_hash(),
        "SUPERSET_HOME": str(home(settings)),
        "SUPERSET_METADATA_URL": sqlalchemy_url(settings.superset_url),
        "SUPERSET_PORT": str(settings.superset_port),
        "SUPERSET_SECRET_KEY": settings.superset_secret_key,
        # Charts ask for the time as it is in the database.
        "TZ": "UTC",
    }


def code_hash() -> str:
    """Another one for another configuration."""
    digest = hashlib.sha256()
    for file in sorted(CONFIGURATION.parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def home(settings: HomeSettings) -> Path:
    """Superset's folder for what is not in its database."""
    return settings.state_dir / "superset"


def make_home(settings: HomeSettings) -> None:
    """Its owner's alone."""
    make_folder(home(settings), mode=0o700)


def sqlalchemy_url(address: str) -> str:
    """The same address as SQLAlchemy writes it."""
    return f"postgresql+psycopg2://{address.partition('://')[2]}"


def program(settings: DashboardSettings) -> Program:
    """How to run it."""
    return Program(
        name=NAME,
        command=(
            *("/usr/bin/env", "nice", "-n", str(NICENESS)),
            *(str(ENVIRONMENT_DIR / "bin" / "python"), "-m", "gunicorn"),
            *("--workers", "1", "--worker-class", "gthread", "--threads", str(THREADS)),
            *("--timeout", "120", "--bind", f"{LOOPBACK}:{settings.superset_port}"),
            "superset.app:create_app()",
        ),
        environment=environment(settings),
        check=lambda: check(settings),
        ports={"SUPERSET_PORT": settings.superset_port},
        prepare=lambda: make_home(settings),
        address=url(settings),
        directory=home(settings),
        start_seconds=5,
        needs_schema=True,
    )


def check(settings: DashboardSettings) -> None:
    """:raises NotReadyError: it does not answer."""
    try:
        urllib.request.urlopen(f"{url(settings)}/health", timeout=CHECK_SECONDS).close()
    except (urllib.error.URLError, OSError) as error:
        raise NotReadyError(f"{url(settings)} does not answer: {error}") from None
