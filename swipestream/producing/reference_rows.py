"""Writing customers and merchants to Postgres: new rows are added, known ones replaced."""

from collections.abc import Iterable, Sequence
from typing import Any

from swipestream.errors import ServiceError

CUSTOMER_COLUMNS = (
    "customer_id", "name", "email", "home_latitude", "home_longitude", "home_country", "home_city",
    "utc_offset_minutes", "account_opened_at", "usual_device_id", "segment",
)  # fmt: skip
MERCHANT_COLUMNS = (
    "merchant_id", "name", "category", "latitude", "longitude", "country", "city",
)  # fmt: skip
TABLES = {"customers": CUSTOMER_COLUMNS, "merchants": MERCHANT_COLUMNS}


def upsert(url: str, table: str, rows: Iterable[Sequence[Any]]) -> int:
    """
    Write rows of `customers` or `merchants`; safe to repeat.

    :param url: of the database.
    :param rows: values in the order of `TABLES[table]`, the identifier first.
    :return: number of rows written.
    :raises ServiceError: the database does not answer or lacks the table.
    """
    import psycopg
    from psycopg import sql

    columns = TABLES[table]
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    target, draft = sql.Identifier(table), sql.Identifier(f"incoming_{table}")
    updates = sql.SQL(", ").join(
        sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name)) for name in columns[1:]
    )
    try:
        with psycopg.connect(url, connect_timeout=5) as connection, connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} LIMIT 0")
                .format(draft, names, target)
            )  # fmt: skip
            with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(draft, names)) as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute(
                sql.SQL(
                    "INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT ({}) DO UPDATE SET {}"
                ).format(target, names, names, draft, sql.Identifier(columns[0]), updates)
            )
            return cursor.rowcount
    except psycopg.OperationalError as error:
        first = str(error).splitlines()[0]
        raise ServiceError(
            f"postgres does not answer: {first}", "run `swipestream up`, or set DATABASE_URL"
        ) from None
    except psycopg.errors.UndefinedTable:
        raise ServiceError(
            f"the database has no table {table}", "run `swipestream up`, which makes it"
        ) from None


def load_world(url: str, customers: Any, merchants: Any) -> tuple[int, int]:
    """
    Write a simulated world's people and shops.

    :param customers: pyarrow Table, as `World.customers_table()`; merchants likewise.
    :return: rows of customers and of merchants written.
    """
    written = []
    for name, table in (("customers", customers), ("merchants", merchants)):
        values = [table.column(column).to_pylist() for column in TABLES[name]]
        written.append(upsert(url, name, zip(*values, strict=True)))
    return written[0], written[1]
