"""An analyst can look and query, but neither change anything nor read behind the views."""

import urllib.request

import pytest

from swipestream.dashboards import superset
from swipestream.dashboards.files import read_files
from swipestream.dashboards.rest import Client
from swipestream.settings import Settings

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1800)]

REFUSED = [
    "DROP TABLE scored_payments",
    "DROP VIEW dashboards.payment_volume",
    "DELETE FROM scored_payments",
    "UPDATE dashboards.payment_sums SET payment_count = 0",
    "SELECT pg_sleep(600)",
    "WITH gone AS (DELETE FROM labels RETURNING *) SELECT * FROM gone",
    "EXPLAIN ANALYZE DELETE FROM labels",
    "SELECT * INTO mine FROM dashboards.payment_volume",
    "CREATE TABLE mine (n integer)",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT rolpassword FROM pg_authid",
    "SELECT passwd FROM pg_shadow",
    "SELECT email FROM customers",
    "SELECT payload FROM rejected_payments",
    "SELECT * FROM schema_migrations",
    "SELECT * FROM dashboards.pipeline_samples",
    "SELECT dashboards.refresh_roll_ups()",
    "SET ROLE swipestream",
]


@pytest.fixture(scope="module")
def database(analyst: Client) -> int:
    (number,) = analyst.numbers("database").values()
    return number


def ask(client: Client, database: int, statement: str) -> tuple[int, object]:
    return client.request(
        "POST",
        "/api/v1/sqllab/execute/",
        {
            "database_id": database,
            "sql": statement,
            "schema": "dashboards",
            "client_id": f"t{abs(hash(statement)) % 10**9:09d}",
            "runAsync": False,
            "queryLimit": 5_000_000,
        },
    )


def test_a_question_is_answered(analyst: Client, database: int) -> None:
    status, answer = ask(analyst, database, "SELECT SUM(payment_count) FROM payment_volume")
    assert status == 200, answer
    assert isinstance(answer, dict) and answer["data"]


def test_rows_are_limited(analyst: Client, database: int) -> None:
    status, answer = ask(
        analyst, database, "SELECT a, b FROM generate_series(1, 300) a, generate_series(1, 300) b"
    )
    assert status == 200, answer
    assert isinstance(answer, dict) and len(answer["data"]) <= 10_000


@pytest.mark.parametrize("statement", REFUSED)
def test_everything_else_is_refused(analyst: Client, database: int, statement: str) -> None:
    status, answer = ask(analyst, database, statement)
    assert status in (400, 403, 422, 500), answer
    assert not (isinstance(answer, dict) and answer.get("data"))


def test_a_question_that_takes_too_long_is_ended(analyst: Client, database: int) -> None:
    # Row by row, so that none is kept: temporary files have a separate limit.
    endless = "SELECT COUNT(n) FROM (SELECT generate_series(1, 100000000000) AS n) AS numbers"
    status, answer = ask(analyst, database, endless)
    assert status != 200
    assert "timeout" in str(answer).lower() or "too long" in str(answer).lower()


@pytest.mark.parametrize("kind", ["dashboard", "chart", "dataset", "database"])
def test_nothing_can_be_changed(analyst: Client, kind: str) -> None:
    number = min(analyst.numbers(kind).values())
    assert analyst.request("PUT", f"/api/v1/{kind}/{number}", {})[0] in (403, 404, 405)
    assert analyst.request("DELETE", f"/api/v1/{kind}/{number}")[0] in (403, 404, 405)
    assert analyst.request("POST", f"/api/v1/{kind}/", {})[0] in (403, 404, 405)


def test_nobody_else_is_seen(analyst: Client, admin: Client) -> None:
    assert analyst.request("GET", "/api/v1/security/users/")[0] in (403, 404)
    assert admin.request("GET", "/api/v1/security/users/")[0] == 200


def test_questions_are_offered_on_the_sql_page(analyst: Client) -> None:
    status, answer = analyst.request("GET", "/api/v1/saved_query/?q=(page_size:100)")
    assert status == 200, answer
    offered = {item["label"]: item["sql"] for item in answer["result"]}
    assert offered == {query.label: query.sql for query in read_files().queries}


def test_no_query_is_marked_as_wrong_for_want_of_a_program(analyst: Client, database: int) -> None:
    status, answer = analyst.request(
        "POST", f"/api/v1/database/{database}/validate_sql/", {"sql": "SELECT 1"}
    )
    assert status == 422 and "ecpg" not in str(answer), answer


@pytest.mark.parametrize("place", ["/", "/superset/welcome/"])
def test_the_first_page_is_the_overview(dashboards: Settings, place: str) -> None:
    with urllib.request.urlopen(superset.url(dashboards) + place) as answer:
        # Who has not logged in is asked to, and comes back to the page.
        assert "fraud-overview" in answer.url
