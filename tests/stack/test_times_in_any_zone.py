"""Queries about times as in docs/security.md give the same result in every time zone."""

import re

import psycopg
import pytest

from bench.dashboard_charts import scratch_database
from bench.made_up_payments import fill
from swipestream.database import roles
from swipestream.settings import REPO_ROOT, Settings
from tests.docs.documents import section

pytestmark = pytest.mark.stack

ZONES = ("UTC", "America/New_York", "Asia/Kolkata")
# The query of somebody who thinks in UTC.
ASKED = "SELECT count(*) FROM scored_payments WHERE event_time > now() - interval '1 hour'"
WITH_A_ZONE = """
SELECT c.relname || '.' || a.attname
FROM pg_attribute AS a
INNER JOIN pg_class AS c ON a.attrelid = c.oid
WHERE
    c.relnamespace = 'dashboards'::regnamespace
    AND c.relkind = 'v'
    AND a.attnum > 0
    AND a.atttypid = 'timestamptz'::regtype
    AND HAS_TABLE_PRIVILEGE('swipestream_dashboards', c.oid, 'SELECT')
"""


def documented() -> list[str]:
    """The questions of the page."""
    text = section(REPO_ROOT / "docs/security.md", "Rights")
    (block,) = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    return [line.rstrip(";") for line in block.splitlines()]


def test_the_documented_questions_mean_the_same_in_every_zone(stack: Settings) -> None:
    with scratch_database(stack) as (owner_url, reader_url):
        fill(owner_url, 5_000, 1, customers=100)
        roles.grant(owner_url)
        answers: dict[str, list[object]] = {}
        with psycopg.connect(reader_url) as connection:
            for zone in ZONES:
                connection.execute("SELECT set_config('TimeZone', %s, true)", [zone])
                answers[zone] = [
                    connection.execute(question).fetchone()  # type: ignore[arg-type]
                    for question in documented()
                ]
                if zone == "UTC":
                    # All questions of a transaction are of one moment.
                    assert connection.execute(ASKED).fetchone() == answers[zone][0]
        assert answers["UTC"][0] != (0,)
        assert all(answers[zone] == answers["UTC"] for zone in ZONES)


def test_analysts_views_have_one_kind_of_time(stack: Settings) -> None:
    with psycopg.connect(stack.postgres_url) as connection:
        assert [name for (name,) in connection.execute(WITH_A_ZONE)] == []
