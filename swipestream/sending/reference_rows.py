"""Writing customers and merchants to Postgres: new rows are added, known ones replaced."""

import datetime
import math
from collections.abc import Iterable, Sequence
from typing import Any

from swipestream.card_numbers import holds_card_number, mask_in_text, masked
from swipestream.errors import ServiceError
from swipestream.sending.errors import UnmappableError

CUSTOMER_COLUMNS = (
    "customer_id", "name", "email", "home_latitude", "home_longitude", "home_country", "home_city",
    "utc_offset_minutes", "account_opened_at", "usual_device_id", "segment",
)  # fmt: skip
MERCHANT_COLUMNS = (
    "merchant_id", "name", "category", "latitude", "longitude", "country", "city",
)  # fmt: skip
TABLES = {"customers": CUSTOMER_COLUMNS, "merchants": MERCHANT_COLUMNS}
IDENTIFIERS = ("customer_id", "merchant_id", "usual_device_id")
LATITUDES = ("home_latitude", "latitude")
LONGITUDES = ("home_longitude", "longitude")
# Beyond the farthest time zones, +14:00 and -12:00, with room for those of ships and of history.
MOST_OFFSET_MINUTES = 16 * 60


def value_for(column: str, value: Any) -> Any:
    """
    A value as the table takes it, card numbers in names masked.

    :param column: of `TABLES`.
    :param value: as a mapping makes it; times in UTC epoch milliseconds.
    :raises UnmappableError: the table would refuse it, it means nothing, or it is an identifier
        that holds a card number.
    """
    if value is None:
        return None
    if column in LATITUDES + LONGITUDES:
        if not math.isfinite(value) or abs(value) > (90 if column in LATITUDES else 180):
            raise UnmappableError("it is not a place on earth")
    elif column == "utc_offset_minutes":
        if abs(value) > MOST_OFFSET_MINUTES:
            raise UnmappableError("it is not a time zone")
    elif column == "account_opened_at":
        try:
            return datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=value)
        except OverflowError:
            raise UnmappableError("it is not a time") from None
    elif "\x00" in value or (not value.isascii() and _has_half_characters(value)):
        raise UnmappableError("it is not text")
    elif column not in IDENTIFIERS:
        return mask_in_text(value)
    elif holds_card_number(value):
        raise UnmappableError("it holds a card number")
    return value


def _has_half_characters(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def upsert(url: str, table: str, rows: Iterable[Sequence[Any]]) -> int:
    """
    Write rows of `customers` or `merchants`; safe to repeat.

    :param url: of the database.
    :param rows: values in the order of `TABLES[table]`, the identifier first.
    :return: number of rows written.
    :raises ServiceError: the database does not answer, lacks the table, or refuses a value.
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
    except psycopg.DataError as error:
        where = (error.diag.context or "").splitlines()
        raise ServiceError(
            masked(f"the table {table} refuses a value: {str(error).splitlines()[0]}")
            + (f" ({masked(where[0])})" if where else ""),
            "fix the value, or the rule of its column in the mapping",
        ) from None
    except psycopg.errors.UndefinedTable:
        raise ServiceError(
            f"the database has no table {table}", "run `swipestream up`, which makes it"
        ) from None


def load_world(url: str, customers: Any, merchants: Any) -> tuple[int, int]:
    """
    Write a simulated world's people and shops.

    :param customers: pyarrow Table, as `World.customers_table()`; merchants are the same.
    :return: rows of customers and of merchants written.
    """
    written = []
    for name, table in (("customers", customers), ("merchants", merchants)):
        values = [table.column(column).to_pylist() for column in TABLES[name]]
        written.append(upsert(url, name, zip(*values, strict=True)))
    return written[0], written[1]
