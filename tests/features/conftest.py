"""A database with what a correct stream has stored, worked out by hand."""

from collections.abc import Iterator

import psycopg
import pytest

from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.settings import Settings
from tests.verify.parity.sent_and_stored import write
from tests.verify.parity.stream_by_hand import (
    Row,
    looked_up,
    messages,
    stored_by_a_stream,
)

CUSTOMER = """
INSERT INTO customers (
    customer_id, name, home_latitude, home_longitude, home_country, home_city,
    utc_offset_minutes, account_opened_at, usual_device_id
)
VALUES (%s, 'Name', 48.1, 11.6, 'DE', 'Munich', 60, TO_TIMESTAMP(%s), 'd1')
"""


@pytest.fixture(scope="module")
def database(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Settings, list[Row]]]:
    """Its settings, and the stored payments in their order of arrival."""
    rows = stored_by_a_stream(messages(cards=8, payments=60))
    customers = {row["customer_id"]: looked_up(row) for row in rows}
    merchants = {row["merchant_id"]: looked_up(row) for row in rows}
    with throw_away_postgres(Settings.load()) as own:
        write(own, rows, tmp_path_factory.mktemp("rows"))
        with psycopg.connect(own.postgres_url, autocommit=True) as postgres:
            for name, known in customers.items():
                if known["is_customer_known"]:
                    postgres.execute(CUSTOMER, [name, known["account_opened_ms"] / 1000])
            for name, known in merchants.items():
                postgres.execute(
                    "INSERT INTO merchants (merchant_id, name, category, country) "
                    "VALUES (%s, 'Name', %s, %s)",
                    [name, known["merchant_category"], known["merchant_country"]],
                )
        yield own, rows
