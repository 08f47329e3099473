"""The schema that the migrations make, as text: what a change of them does shows in its diff.

Written by `make schema`, from a database that is made for it and thrown away.
"""

import os
import re
import subprocess

from psycopg.conninfo import conninfo_to_dict

from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.errors import ServiceError
from swipestream.settings import REPO_ROOT, DatabaseSettings, Settings
from swipestream.stack import postgres

SCHEMA_FILE = REPO_ROOT / "sql" / "postgres" / "schema.sql"
HEADER = """\
-- schema: everything that the migrations make, dumped; a test compares it with a fresh database.
--
-- Reads:   migrations
-- Source:  make schema
"""
# Settings of the session, commands of psql and comments: not the schema.
NOISE = re.compile(
    r"^(SET |CREATE SCHEMA public|COMMENT ON SCHEMA public|SELECT pg_catalog\.|\\|--).*\n",
    re.MULTILINE,
)
TIMEOUT_SECONDS = 60
# In this order, and by name within each: pg_dump's own order follows from who depends on whom, also
# in schemas that are not dumped.
KINDS = (
    "CREATE FUNCTION",
    "CREATE AGGREGATE",
    "CREATE TABLE",
    "CREATE VIEW",
    "ALTER TABLE",
    "CREATE INDEX",
)


def schema_text(settings: DatabaseSettings) -> str:
    """
    The schema of an embedded database, without owners and grants.

    :raises ServiceError: pg_dump failed.
    """
    # Not on the command line, where everybody could read the password.
    address = conninfo_to_dict(settings.postgres_url)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    environment = {variable: str(address[name]) for name, variable in names.items()}
    result = subprocess.run(
        [
            *(postgres.bin_dir(settings) / "pg_dump", "--schema-only"),
            *("--schema=public", "--no-owner", "--no-privileges", str(address["dbname"])),
        ],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )
    if result.returncode != 0:
        raise ServiceError(
            f"the schema cannot be dumped: {(result.stderr.splitlines() or ['no message'])[0]}",
            "run `swipestream up`",
        )
    dump = re.sub(r"\n{2,}", "\n\n", NOISE.sub("", result.stdout)).strip()
    statements = re.split(r"\n\n(?=CREATE |ALTER )", dump)
    return HEADER + "\n" + "\n\n".join(sorted(statements, key=place)) + "\n"


def place(statement: str) -> tuple[int, str]:
    """Where a statement comes in the text."""
    ranks = [rank for rank, kind in enumerate(KINDS) if statement.startswith(kind)]
    return (ranks or [len(KINDS)])[0], statement


if __name__ == "__main__":
    with throw_away_postgres(Settings.load()) as made:
        SCHEMA_FILE.write_text(schema_text(made), "utf-8")
