"""Each database user can do its work and nothing else."""

import contextlib
import dataclasses
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors, sql

from swipestream.database import dashboard_schema, roles
from swipestream.database.migrations import migrate
from swipestream.models.decision_policy import Reason, change
from swipestream.settings import REPO_ROOT, Settings, read_env_file
from swipestream.stack.postgres import admin_url
from tests.docs.documents import section

pytestmark = pytest.mark.stack

PRIVILEGES = {"read": "SELECT", "add": "INSERT", "change": "UPDATE"}
COPY_NOTED = (
    "INSERT INTO duplicate_payments VALUES ('t', 0, 0, 'p', 'c') "
    "ON CONFLICT (kafka_topic, kafka_partition, kafka_offset) "
    "DO UPDATE SET card_id = EXCLUDED.card_id"
)
PAYLOAD_KEPT = (
    "UPDATE rejected_payments SET payload = ''::bytea, is_payload_lost = FALSE "
    "WHERE kafka_topic = 't' AND kafka_partition = 0 AND kafka_offset = 0"
)
LABELLED = (
    "INSERT INTO labels (transaction_id, is_fraud, labelled_at, source) "
    "VALUES ('p', TRUE, NOW(), 'me') ON CONFLICT (transaction_id, labelled_at, source) "
    "DO UPDATE SET is_fraud = EXCLUDED.is_fraud"
)
ANSWERED = (
    "INSERT INTO decisions (transaction_id, card_id, request_hash, customer_id, merchant_id, "
    "amount_cents, currency, channel, event_ms, event_time, decision, is_degraded, answer, "
    "decided_at) VALUES ('p', 'c', '0', 'k', 'm', 1, 'EUR', 'pos', 0, NOW(), 'approve', FALSE, "
    "'{}', NOW()) ON CONFLICT (transaction_id, card_id) DO UPDATE SET decision = 'block'"
)
CASE_OPENED = (
    "INSERT INTO cases (card_id, origin, risk_cents, newest_event_time) "
    "VALUES ('c', 'alert', 1, NOW())"
)
HARMFUL = (
    "CREATE TABLE mine (n integer)",
    "CREATE TEMPORARY TABLE mine (n integer)",
    "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql RETURN 1",
    "ALTER TABLE alerts ADD COLUMN n integer",
    "DROP TABLE alerts",
    "TRUNCATE alerts",
    "DELETE FROM scored_payments",
    "DELETE FROM labels",
    "UPDATE customers SET name = 'x'",
    "INSERT INTO redriven_messages VALUES ('t', 0, 0, 0, 0)",
    "SELECT * FROM schema_migrations",
    "SELECT * FROM dashboards.pipeline_samples",
    "SET ROLE swipestream",
    "CREATE ROLE mine",
    "COPY merchants TO PROGRAM 'cat'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'swipestream'",
)
ALLOWED = {
    "swipestream_stream": (
        "SELECT customer_id, home_latitude, account_opened_ms, usual_device_id FROM customers",
        "SELECT merchant_id, category, country FROM merchants",
        "SELECT * FROM decision_policies",
        "SELECT * FROM merchant_risk_days",
        LABELLED,
        "SELECT kafka_offset FROM rejected_payments WHERE payload IS NULL",
        COPY_NOTED,
        PAYLOAD_KEPT,
    ),
    "swipestream_api": (
        "SELECT name, email FROM customers",
        "SELECT * FROM scored_payments",
        "SELECT * FROM alerts",
        "SELECT * FROM payment_latencies",
        "SELECT * FROM current_labels",
        LABELLED,
    ),
    "swipestream_decisions": (
        "SELECT customer_id, home_latitude, account_opened_ms, usual_device_id FROM customers",
        "SELECT * FROM scored_payments",
        "SELECT * FROM merchant_risk_days",
        "SELECT * FROM decision_policies",
        "SELECT * FROM api_keys",
        ANSWERED,
        "SELECT dashboards.alert_signs(jsonb_populate_record(NULL::alerts, '{}'), NULL)",
    ),
    "swipestream_desk": (
        "SELECT name, email FROM customers",
        "SELECT * FROM scored_payments",
        "SELECT * FROM alert_reasons",
        "SELECT * FROM label_outbox",
        CASE_OPENED,
        "UPDATE cases SET version = version + 1",
        "INSERT INTO case_events (actor, kind) VALUES ('ann', 'note')",
        "INSERT INTO label_outbox (transaction_id, is_fraud, labelled_ms, source) "
        "VALUES ('p', TRUE, 0, 'analyst.ann')",
    ),
    "swipestream_dashboards": (
        "SELECT decision, COUNT(*) FROM scored_payments GROUP BY decision",
        "SELECT * FROM payment_latencies",
        "SELECT reason, COUNT(*) FROM rejected_payments GROUP BY reason",
        "SELECT home_country, COUNT(customer_id) FROM customers GROUP BY home_country",
        "SELECT SUM(payment_count) FROM dashboards.payment_volume",
        "SELECT reasons FROM dashboards.suspected_payments",
        "SELECT p99_ms FROM dashboards.pipeline_latency",
    ),
}
REFUSED = {
    "swipestream_stream": (
        *HARMFUL,
        "SELECT name FROM customers",
        "SELECT email FROM customers",
        "SELECT * FROM current_labels",
        "UPDATE decision_policies SET block_score = 1",
    ),
    "swipestream_api": (
        *HARMFUL,
        COPY_NOTED,
        "UPDATE alerts SET decision = 'approve'",
        "SELECT payload FROM rejected_payments",
        "UPDATE merchant_risk SET fraud_rate_7d = 1",
        "INSERT INTO decision_policies SELECT * FROM decision_policies",
        "INSERT INTO policy_changes SELECT * FROM policy_changes",
        "SELECT * FROM simulated_frauds",
    ),
    "swipestream_decisions": (
        *HARMFUL,
        COPY_NOTED,
        LABELLED,
        "SELECT name FROM customers",
        "SELECT * FROM labels",
        "SELECT payload FROM rejected_payments",
        "DELETE FROM decisions",
        "INSERT INTO api_keys (name, secret_hash, scopes, requests_per_second, made_by) "
        "VALUES ('mine', 'x', '{decide}', 1, 'me')",
        "UPDATE api_keys SET revoked_at = NULL",
        "UPDATE decision_policies SET block_score = 1",
        "UPDATE scored_payments SET decision = 'approve'",
    ),
    "swipestream_desk": (
        *HARMFUL,
        COPY_NOTED,
        LABELLED,
        "UPDATE alerts SET decision = 'approve'",
        "UPDATE decision_policies SET block_score = 1",
        "UPDATE case_events SET actor = 'somebody else'",
        "DELETE FROM case_events",
        "DELETE FROM analysts",
        "UPDATE label_outbox SET sent_at = NOW()",
        "INSERT INTO device_cards VALUES ('d', 'c', NOW(), NOW())",
        "SELECT * FROM api_keys",
        "SELECT * FROM simulated_frauds",
    ),
    "swipestream_dashboards": (
        *HARMFUL,
        "SELECT email FROM customers",
        "SELECT * FROM customers",
        "SELECT payload FROM rejected_payments",
        COPY_NOTED,
        LABELLED,
        "UPDATE decision_policies SET block_score = 1",
        "UPDATE alerts SET decision = 'approve'",
        "SELECT * FROM dashboards.payment_sums",
        "SELECT dashboards.refresh_roll_ups()",
        "UPDATE dashboards.payment_sums SET payment_count = 0",
    ),
}


def connect(stack: Settings, role: str, **options: Any) -> psycopg.Connection:
    return psycopg.connect(stack.role_url(role), **options)


@pytest.mark.parametrize("role", ALLOWED)
def test_everyone_can_do_their_work(stack: Settings, role: str) -> None:
    with connect(stack, role) as connection:
        for statement in ALLOWED[role]:
            with connection.transaction(force_rollback=True):
                connection.execute(statement)


@pytest.mark.parametrize("role", REFUSED)
def test_everything_else_is_refused(stack: Settings, role: str) -> None:
    with (
        # For the statement that tries to end it.
        psycopg.connect(stack.postgres_url),
        connect(stack, role, options="-c default_transaction_read_only=off") as connection,
    ):
        done = []
        for statement in REFUSED[role]:
            with (
                contextlib.suppress(errors.InsufficientPrivilege),
                connection.transaction(force_rollback=True),
            ):
                connection.execute(statement)
                done.append(statement)
    assert done == []


def test_the_policy_can_be_changed_by_the_api(stack: Settings) -> None:
    with (
        connect(stack, "swipestream_api") as connection,
        connection.transaction(force_rollback=True),
    ):
        assert change(connection, ("atm",), {"block_score": 0.987}, Reason("anna", "why not")) == 1
        newest = connection.execute(
            "SELECT actor, why, channel FROM policy_changes ORDER BY change_number DESC LIMIT 1"
        )
        assert newest.fetchone() == ("anna", "why not", "atm")


def test_rights_are_exactly_those_of_the_document(stack: Settings) -> None:
    table = section(REPO_ROOT / "docs/security.md", "Rights")
    rows = [[cell.strip(" `") for cell in row.split("|")[1:-1]] for row in table.splitlines()]
    rows = [row for row in rows if len(row) == 6 and not row[0].startswith("---")]
    names = rows[0][1:]
    assert names == sorted(roles.role_names(), key=names.index)
    written = {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows[1:]}
    with psycopg.connect(stack.postgres_url) as connection:
        relations = [row[0] for row in connection.execute(roles.OWNED).fetchall()]
        given = {
            relation: {role: rights(connection, role, relation) for role in names}
            for relation in relations
        }
    assert given == written, "every table and view needs a decision: see docs/security.md"


def rights(connection: psycopg.Connection, role: str, relation: str) -> str:
    """In the document's words; a right without a word there is shown as it is."""

    def has(privilege: str) -> bool:
        row = connection.execute(
            "SELECT has_table_privilege(%s, %s, %s)", (role, relation, privilege)
        ).fetchone()
        return row is not None and bool(row[0])

    def has_in_part(privilege: str) -> bool:
        row = connection.execute(
            "SELECT has_any_column_privilege(%s, %s, %s)", (role, relation, privilege)
        ).fetchone()
        return row is not None and bool(row[0])

    words = []
    for word, privilege in PRIVILEGES.items():
        if has(privilege):
            words.append(word)
        elif has_in_part(privilege):
            words.append(f"{word} in part")
    words += [name for name in ("DELETE", "TRUNCATE", "REFERENCES", "TRIGGER") if has(name)]
    return ", ".join(words) or "-"


def test_a_dashboard_that_takes_too_long_is_ended(stack: Settings) -> None:
    with connect(stack, "swipestream_dashboards") as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("30s",)
        connection.execute("SET statement_timeout = '100ms'")
        with pytest.raises(errors.QueryCanceled, match="statement timeout"):
            connection.execute("SELECT pg_sleep(60)")


def test_a_dashboard_reads_only(stack: Settings) -> None:
    with (
        connect(stack, "swipestream_dashboards") as connection,
        pytest.raises(errors.ReadOnlySqlTransaction),
    ):
        connection.execute(LABELLED)


def test_a_dashboard_has_ten_connections(stack: Settings) -> None:
    with (
        contextlib.ExitStack() as open_connections,
        pytest.raises(psycopg.OperationalError, match="too many connections for role"),
    ):
        for _ in range(11):
            open_connections.enter_context(connect(stack, "swipestream_dashboards"))


def test_the_stream_gets_in_when_everybody_else_has_taken_all(stack: Settings) -> None:
    with contextlib.ExitStack() as open_connections:
        with pytest.raises(psycopg.OperationalError, match="connection slots are reserved"):
            for _ in range(100):
                open_connections.enter_context(psycopg.connect(stack.postgres_url))
        with connect(stack, "swipestream_stream") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_every_password_is_another_one(stack: Settings) -> None:
    secrets = list(read_env_file(stack.secrets_file).values())
    assert len(set(secrets)) == len(secrets) == 15
    # Three of them are typed by people.
    assert sorted(len(secret) for secret in secrets) == [16] * 3 + [48] * 12
    for role in roles.role_names():
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(stack.role_url(role), password=stack.postgres_password)


@pytest.fixture
def own_database(stack: Settings) -> Iterator[Settings]:
    """An empty database on the same server, like one that a user brings."""
    name = f"roles_{os.getpid()}"
    with psycopg.connect(admin_url(stack), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} OWNER swipestream")
        url = stack.postgres_url.rpartition("/")[0] + f"/{name}"
        yield dataclasses.replace(stack, database_url=url)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_new_table_and_a_stray_right_are_nobodys(own_database: Settings) -> None:
    url = own_database.postgres_url
    migrate(url)
    dashboard_schema.make(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute('CREATE TABLE "new {} table" (n integer)')
        connection.execute('GRANT ALL ON alerts, "new {} table" TO swipestream_dashboards')
        connection.execute("GRANT UPDATE (email) ON customers TO swipestream_stream")
        assert roles.grant(url) == roles.role_names()
        assert rights(connection, "swipestream_dashboards", '"new {} table"') == "-"
        assert rights(connection, "swipestream_dashboards", "alerts") == "read"
        assert rights(connection, "swipestream_stream", "customers") == "read in part"


def test_a_server_without_these_users_is_no_error(own_database: Settings, tmp_path: Path) -> None:
    (tmp_path / "nobody_of_that_name.sql").write_text("GRANT ALL ON alerts TO nobody_of_that_name")
    migrate(own_database.postgres_url)
    assert roles.grant(own_database.postgres_url, tmp_path) == []


def test_a_user_of_another_name_is_the_stream_by_membership(own_database: Settings) -> None:
    url = own_database.postgres_url
    migrate(url)
    dashboard_schema.make(url)
    roles.grant(url)
    other = f"flink_{os.getpid()}"
    with psycopg.connect(admin_url(own_database), autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'x' IN ROLE swipestream_stream").format(
                sql.Identifier(other)
            )
        )
        try:
            location = re.sub(r"//.*@", f"//{other}:x@", url)
            with psycopg.connect(location) as connection:
                assert roles.of_the_stream(connection) == (other, "", False)
        finally:
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(other)))


def test_the_job_is_the_stream_unless_the_database_is_the_users(
    stack: Settings, own_database: Settings
) -> None:
    assert stack.jdbc_user == "swipestream_stream"
    assert own_database.jdbc_user == "swipestream"
    url = "postgresql://flink:x@db/cards"
    assert dataclasses.replace(own_database, stream_database_url=url).jdbc_user == "flink"
