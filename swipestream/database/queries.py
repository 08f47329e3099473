"""The queries of sql/postgres/queries by name."""

from functools import cache

from swipestream.settings import REPO_ROOT

QUERIES_DIR = REPO_ROOT / "sql" / "postgres" / "queries"


@cache
def query(name: str) -> bytes:
    """:param name: file name without `.sql`."""
    return (QUERIES_DIR / f"{name}.sql").read_bytes()
