"""The API with its own database and no Kafka: what it answers, to whom, and how it refuses."""

import dataclasses
import json
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from flink_jobs.pipelines import PAYMENTS
from swipestream.database import dashboard_schema, roles
from swipestream.database.queries import query
from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.decisions import api_keys, program
from swipestream.models.decision_policy import CHANNELS, change
from swipestream.settings import OWNER, Settings
from swipestream.stack.ports import free_ports
from swipestream.stack.postgres import admin_url
from tests.eventually import eventually
from tests.serving.api_process import ApiProcess, Client, make_key
from tests.udfs.tiny_bundle import publish_tiny_bundle, tiny_score
from tests.valid_payment import valid_payment

CARD_NUMBER = "4111111111111111"


@pytest.fixture(scope="module")
def database() -> Iterator[Settings]:
    with throw_away_postgres(Settings.load()) as settings:
        dashboard_schema.make(settings.postgres_url)
        roles.grant(settings.postgres_url)
        api_port, kafka_port = free_ports(2)
        own = dataclasses.replace(
            # On a busy machine the usual budget is soon used up.
            settings,
            api_port=api_port,
            kafka_port=kafka_port,
            api_budget_ms=20_000,
        )
        publish_tiny_bundle(
            own.models_dir, PAYMENTS.model_features, categorical=("channel", "merchant_category")
        )
        with psycopg.connect(own.postgres_url) as connection:
            change(connection, CHANNELS, {"review_score": 0.5, "block_score": 0.9})
        yield own


@pytest.fixture(scope="module")
def api(database: Settings) -> Iterator[ApiProcess]:
    with ApiProcess(database, make_key(database, "all")) as process:
        yield process.wait()


@pytest.fixture
def client(api: ApiProcess) -> Client:
    return api.client()


def rows(settings: Settings, statement: str, *values: Any) -> list[dict[str, Any]]:
    with psycopg.connect(settings.postgres_url, row_factory=dict_row) as connection:
        return connection.execute(statement, values).fetchall()


def decisions(settings: Settings, *payments: dict[str, Any]) -> list[dict[str, Any]]:
    return rows(
        settings,
        "SELECT * FROM decisions WHERE transaction_id = ANY(%s) ORDER BY decision_number",
        [item["transaction_id"] for item in payments],
    )


def test_an_answer_has_the_models_score_and_is_kept(api: ApiProcess, client: Client) -> None:
    sent = valid_payment(1, amount_cents=900_000, channel="online", latitude=None, longitude=None)
    reply = client.decide(sent)
    assert reply.status == 200
    assert reply.body["score"] == pytest.approx(tiny_score(900_000, "online"), abs=1e-6)
    assert reply.body["decision"] == "block"
    assert reply.body["reasons"]
    assert not reply.body["is_degraded"] and reply.body["degraded_by"] is None
    assert reply.body["history"] == {
        "payment_count": 0,
        "on_their_way_count": 0,
        "newest_ms": None,
    }
    assert reply.body["features"]["card_txn_count_7d"] == 0
    assert "decision;dur=" in reply.headers["server-timing"]
    (kept,) = decisions(api.settings, sent)
    assert kept["answer"] == reply.body
    assert (kept["decision"], kept["score"]) == ("block", reply.body["score"])
    assert client.decide(sent | {"transaction_id": f"{sent['transaction_id']}-2"}).body[
        "history"
    ] == {"payment_count": 1, "on_their_way_count": 1, "newest_ms": sent["event_ms"]}


def test_the_same_request_gets_the_same_answer_and_another_one_is_a_conflict(
    api: ApiProcess, client: Client
) -> None:
    sent = valid_payment(2)
    del sent["event_ms"]
    first = client.decide(sent)
    again = client.decide(sent)
    assert again.body == first.body
    assert "idempotent-replay" not in first.headers
    assert again.headers["idempotent-replay"] == "true"
    other = client.decide(sent | {"amount_cents": 1001})
    assert other.status == 409
    assert other.body["field"] == "transaction_id"
    assert "its request was" in other.body["fact"]
    assert len(decisions(api.settings, sent)) == 1


def test_the_same_number_on_another_card_is_another_payment(client: Client) -> None:
    sent = valid_payment(3)
    other = sent | {"card_id": f"{sent['card_id']}-other"}
    assert client.decide(sent).status == client.decide(other).status == 200
    path = f"/v1/decisions/{sent['transaction_id']}"
    assert client.ask("GET", path).status == 409
    found = client.ask("GET", f"{path}?card_id={other['card_id']}")
    assert found.body["answer"]["card_id"] == other["card_id"]
    assert (found.body["stored"], found.body["differing"]) == (None, None)


def test_twins_at_the_same_moment_get_one_answer(api: ApiProcess) -> None:
    sent = [valid_payment(number) for number in range(10)]
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda item: api.client().decide(item), sent * 4))
    assert {reply.status for reply in replies} == {200}
    for item in sent:
        answers = [reply.body for reply in replies if reply.body["card_id"] == item["card_id"]]
        assert len(answers) == 4
        assert all(answer == answers[0] for answer in answers)
    assert len(decisions(api.settings, *sent)) == 10


def test_payments_of_a_card_at_the_same_moment_see_each_other(api: ApiProcess) -> None:
    first = valid_payment(20)
    sent = [first | {"transaction_id": f"{first['transaction_id']}-{n}"} for n in range(16)]
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda item: api.client().decide(item), sent))
    counts = sorted(reply.body["features"]["card_txn_count_5m"] for reply in replies)
    assert counts == list(range(16))
    by_number = [row["answer"] for row in decisions(api.settings, *sent)]
    assert [answer["features"]["card_txn_count_5m"] for answer in by_number] == list(range(16))


def test_a_dry_run_keeps_nothing(api: ApiProcess, client: Client) -> None:
    sent = valid_payment(30)
    reply = client.decide(sent, "?dry_run=true")
    assert reply.status == 200 and reply.body["score"] is not None
    assert decisions(api.settings, sent) == []
    assert "idempotent-replay" not in client.decide(sent).headers


@pytest.mark.parametrize("outcome", ["approve", "review", "block", "degraded"])
def test_a_card_of_the_sandbox_gets_its_answer_and_is_not_kept(
    api: ApiProcess, client: Client, outcome: str
) -> None:
    sent = valid_payment(40, card_id=f"test-{outcome}")
    answer = client.decide(sent).body
    assert answer["decision"] == ("approve" if outcome == "degraded" else outcome)
    assert answer["is_degraded"] == (outcome == "degraded")
    assert decisions(api.settings, sent) == []


def test_a_payment_that_is_too_old_for_its_card_is_refused(client: Client) -> None:
    first = valid_payment(41)
    assert client.decide(first).status == 200
    old = first | {
        "transaction_id": f"{first['transaction_id']}-old",
        "event_ms": first["event_ms"] - 32 * 86_400_000 - 1,
    }
    reply = client.decide(old)
    assert (reply.status, reply.body["field"]) == (422, "event_ms")
    assert reply.body["fact"] == "event_ms is more than 32 days before the newest of its card"
    assert client.decide(old | {"event_ms": old["event_ms"] + 1}).status == 200


def test_a_place_that_postgres_cannot_compute_with_is_decided_by_rules(
    api: ApiProcess, client: Client
) -> None:
    """Found by Schemathesis: POWER(5e-324, 2) is an error there, and 0 in Flink."""
    first = valid_payment(42, latitude=0.0)
    assert not client.decide(first).body["is_degraded"]
    second = first | {"transaction_id": f"{first['transaction_id']}-2", "latitude": 1e-300}
    answer = client.decide(second).body
    assert (answer["decision"], answer["degraded_by"]) == ("approve", "features")
    eventually(lambda: len(decisions(api.settings, first, second)) == 2)


def test_an_example_can_be_sent(client: Client) -> None:
    example = client.ask("GET", "/v1/examples").body
    assert client.decide(example).body["decision"] == "review"


def test_card_features_are_what_a_payment_would_see(client: Client) -> None:
    first = valid_payment(50)
    later = first | {
        "transaction_id": f"{first['transaction_id']}-2",
        "event_ms": first["event_ms"] + 1000,
        "merchant_id": "m-other",
    }
    for sent in (first, later):
        client.decide(sent)
    path = f"/v1/cards/{first['card_id']}/features"
    now = client.ask("GET", f"{path}?as_of={first['event_ms'] + 2000}").body
    assert now["features"]["card_txn_count_5m"] == 2
    assert now["history"]["payment_count"] == 2
    then = client.ask("GET", f"{path}?as_of={first['event_ms'] + 999}").body
    assert then["features"]["card_txn_count_5m"] == 1
    assert then["features"]["previous_ms"] == first["event_ms"]
    nobody = client.ask("GET", "/v1/cards/nobody/features").body
    assert nobody["history"]["payment_count"] == 0


def test_what_is_not_there_or_not_asked_rightly_is_said(client: Client) -> None:
    for method, path, status in (
        ("GET", "/v1/decisions/t-unknown", 404),
        ("GET", "/v1/decisions/a%20b", 422),
        ("GET", "/v1/payments?card_id=c&limit=501", 422),
        ("GET", "/v1/payments?from_ms=then", 422),
        ("GET", "/v1/nothing", 404),
        ("DELETE", "/v1/decisions", 405),
        ("POST", "/v1/decisions?dry_run=perhaps", 422),
    ):
        reply = client.ask(method, path, b"{}" if method == "POST" else None)
        assert reply.status == status, (path, reply)
        assert set(reply.body) == {"field", "fact", "hint"}, path
        assert reply.body["fact"] and reply.body["hint"], path


def test_bodies_of_any_size_are_refused_without_being_read_whole(client: Client) -> None:
    assert client.decide({"transaction_id": "x" * 9000}).status == 413


def test_a_key_is_needed_and_does_what_its_scopes_say(api: ApiProcess) -> None:
    database = api.settings
    reader = Client(database, make_key(database, "reader", ("read",)))
    # Within a second or two.
    eventually(lambda: reader.ask("GET", "/v1/payments?card_id=c").status == 200)
    reply = reader.decide(valid_payment(60))
    assert (reply.status, "no scope decide" in reply.body["fact"]) == (403, True)
    nobody = Client(database, "swk_wrong")
    reply = nobody.decide(valid_payment(61))
    assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")
    assert api.client().ask("GET", "/v1/payments?card_id=c", Authorization="").status == 401
    with psycopg.connect(database.postgres_url, autocommit=True) as connection:
        api_keys.revoke(connection, "reader")
    eventually(lambda: reader.ask("GET", "/v1/payments?card_id=c").status == 401)


def test_a_key_may_ask_so_often_and_then_waits(api: ApiProcess) -> None:
    slow = Client(api.settings, make_key(api.settings, "slow", ("decide",), 3))
    eventually(lambda: slow.decide(valid_payment(70)).status == 200)
    replies = [slow.decide(valid_payment(71 + number)) for number in range(12)]
    refused = [reply for reply in replies if reply.status == 429]
    assert refused
    assert refused[0].headers["retry-after"] == "1"
    eventually(lambda: slow.decide(valid_payment(90)).status == 200)


def test_health_metrics_and_schema_need_no_key_and_tell_nothing_of_payments(
    api: ApiProcess, client: Client
) -> None:
    client.decide(valid_payment(80))
    nobody = Client(api.settings, "")
    ready = nobody.ask("GET", "/readyz").body
    assert ready["database"] and not ready["kafka"] and ready["is_ready"]
    assert nobody.ask("GET", "/healthz").status == 200
    counts = nobody.ask("GET", "/metrics").body
    assert 'swipestream_api_decisions_total{decision="approve",degraded_by="nothing"}' in counts
    assert "card-" not in counts
    assert "/v1/decisions" in nobody.ask("GET", "/openapi.json").body["paths"]


def test_no_body_and_no_card_number_is_in_the_log_or_an_answer(
    api: ApiProcess, client: Client
) -> None:
    for sent in (
        valid_payment(81, merchant_id=f"m-{CARD_NUMBER}"),
        valid_payment(82, card_id=CARD_NUMBER),
        valid_payment(83) | {CARD_NUMBER: 1},
        valid_payment(84, currency=CARD_NUMBER),
        [CARD_NUMBER],
    ):
        reply = client.ask("POST", "/v1/decisions", sent)
        assert reply.status == 422
        assert CARD_NUMBER not in json.dumps(reply.body)
    log = api.log.read_text()
    assert CARD_NUMBER not in log and "card-" not in log
    (secret,) = rows(api.settings, "SELECT secret_hash FROM api_keys WHERE name = 'all'")
    assert secret["secret_hash"] not in log


BACKENDS = "FROM pg_stat_activity WHERE usename = 'swipestream_decisions'"


def another(database: Settings, home: Path, **changes: Any) -> Settings:
    """For a second API on the same database, with another folder and port."""
    (port,) = free_ports(1)
    (home / "secrets.env").write_text(database.secrets_file.read_text())
    values: dict[str, Any] = {"api_port": port, "home": str(home)}
    values["model_dir"] = str(database.models_dir)
    return dataclasses.replace(database, **(values | changes))


def test_when_its_connections_are_cut_it_goes_on(api: ApiProcess, client: Client) -> None:
    with psycopg.connect(admin_url(api.settings, OWNER)) as connection:
        connection.execute(f"SELECT pg_terminate_backend(pid) {BACKENDS}")
    sent = [valid_payment(100 + number) for number in range(30)]
    assert {client.decide(item).status for item in sent} == {200}
    eventually(lambda: not client.decide(valid_payment(140)).body["is_degraded"])
    eventually(lambda: len(decisions(api.settings, *sent)) == 30)


def test_a_database_that_stands_still_costs_the_budget_and_no_answer(
    database: Settings, tmp_path: Path
) -> None:
    """Decided by rules, kept on disk, and in the table when the database goes on."""
    own = another(database, tmp_path, api_budget_ms=300)
    sent = [valid_payment(200 + number, amount_cents=100_000 * number) for number in range(3)]
    with ApiProcess(own, make_key(database, "patient")) as process:
        client = process.wait().client()
        pids = [row["pid"] for row in rows(database, f"SELECT pid {BACKENDS}")]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            replies = [client.decide(item) for item in sent]
            again = client.decide(sent[0])
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        assert [reply.status for reply in replies] == [200, 200, 200]
        assert [reply.body["decision"] for reply in replies] == ["approve", "review", "review"]
        assert {reply.body["degraded_by"] for reply in replies} <= {"time", "database"}
        assert again.body == replies[0].body and again.headers["idempotent-replay"] == "true"
        # What is on disk only is history, too.
        another_payment = valid_payment(230, card_id=sent[0]["card_id"])
        seen = eventually(
            lambda: client.decide(another_payment | {"transaction_id": f"t-{time.time_ns()}"}).body,
            lambda answer: answer["history"] is not None,
        )
        assert seen["history"]["payment_count"] >= 1
        eventually(
            lambda: [row["answer"] for row in decisions(database, *sent)],
            lambda kept: kept == [reply.body for reply in replies],
            "what was answered is what is kept",
        )
        eventually(lambda: not client.decide(valid_payment(240)).body["is_degraded"])


def test_a_repeated_request_gets_its_first_answer_while_the_database_stands_still(
    database: Settings, tmp_path: Path
) -> None:
    """Also when its time was left out, and after the database is back."""
    own = another(database, tmp_path, api_budget_ms=2000)
    sent = valid_payment(250, amount_cents=900_000, channel="online")
    del sent["event_ms"]
    with ApiProcess(own, make_key(database, "repeating")) as process:
        client = process.wait().client()
        first = client.decide(sent)
        assert first.body["score"] is not None
        with psycopg.connect(database.postgres_url) as blocker:
            blocker.execute("LOCK TABLE decisions IN ACCESS EXCLUSIVE MODE")
            again = client.decide(sent)
            other = client.decide(sent | {"amount_cents": 1})
            blocker.rollback()
        assert again.body == first.body and again.headers["idempotent-replay"] == "true"
        assert other.status == 409
        # A later answer that waited for the database has been stored meanwhile.
        eventually(lambda: not client.decide(valid_payment(251)).body["is_degraded"])
    (kept,) = decisions(database, sent)
    assert kept["answer"] == first.body


@pytest.mark.parametrize(
    ("stored_ms", "journaled_ms", "late_ms", "wins"),
    [
        (1000, 2000, None, "stored"),
        (2000, 1000, None, "journaled"),
        # Computed for the same request, too late to be given.
        (1000, 2000, 1000, "journaled"),
        # The late one was never stored; this one was given.
        (900, 2000, 1000, "stored"),
    ],
)
def test_of_two_answers_to_a_request_the_first_one_stays(
    database: Settings, stored_ms: int, journaled_ms: int, late_ms: int | None, wins: str
) -> None:
    base = 1_800_000_000_000

    def row(name: str, at_ms: int, *, is_journaled: bool) -> dict[str, Any]:
        return sent | {
            "request_hash": "hash",
            "decision": "review",
            "score": None,
            "is_degraded": True,
            "answer": json.dumps({"name": name}),
            "decided_ms": base + at_ms,
            "looked_at": None,
            "late_ms": None if late_ms is None else base + late_ms,
            "is_journaled": is_journaled,
        }

    sent = valid_payment(260)
    with psycopg.connect(database.postgres_url) as connection:
        connection.execute(query("store_decision"), row("stored", stored_ms, is_journaled=False))
        # As often as the journal says it.
        for _ in range(2):
            connection.execute(
                query("store_decision"), row("journaled", journaled_ms, is_journaled=True)
            )
        connection.execute(
            query("store_decision"),
            row("another request", 0, is_journaled=True) | {"request_hash": "other"},
        )
    (kept,) = decisions(database, sent)
    assert kept["answer"] == {"name": wins}
    at_ms = {"stored": stored_ms, "journaled": journaled_ms}[wins]
    assert round(kept["decided_at"].timestamp() * 1000) == base + at_ms


def test_a_deadlock_costs_one_answer_and_the_database_counts_as_there(
    api: ApiProcess, client: Client
) -> None:
    first = valid_payment(270)
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(admin_url(api.settings, OWNER)) as blocker,
        psycopg.connect(admin_url(api.settings, OWNER), autocommit=True) as watcher,
    ):
        # So that it is the API's session that ends.
        blocker.execute("SET deadlock_timeout = '20s'")
        blocker.execute("LOCK TABLE decisions IN SHARE MODE")
        asked = pool.submit(client.decide, first)
        eventually(
            lambda: watcher.execute(
                "SELECT 1 FROM pg_locks AS w INNER JOIN pg_locks AS h USING (pid) "
                "WHERE NOT w.granted AND h.granted AND h.locktype = 'advisory'"
            ).fetchone(),
            seconds=10,
        )
        blocker.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 20261201))", [first["card_id"]]
        )
        reply = asked.result(30)
        blocker.rollback()
    assert (reply.status, reply.body["degraded_by"]) == (200, "time")
    assert not client.decide(valid_payment(271)).body["is_degraded"]
    assert "database away" not in api.log.read_text()[-500:]


def test_an_answer_that_the_disk_does_not_take_is_not_given(
    database: Settings, tmp_path: Path
) -> None:
    own = another(database, tmp_path, api_budget_ms=200)
    sent = valid_payment(280)
    with ApiProcess(own, make_key(database, "full")) as process:
        client = process.wait().client()
        pid = process._process.pid
        with psycopg.connect(database.postgres_url) as blocker:
            blocker.execute("LOCK TABLE decisions IN ACCESS EXCLUSIVE MODE")
            before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (20, resource.RLIM_INFINITY))
            full = client.decide(sent)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
            given = client.decide(sent)
            blocker.rollback()
        assert (full.status, full.body["fact"]) == (503, "the answer cannot be kept")
        assert (given.status, given.body["degraded_by"]) == (200, "time")
        (kept,) = eventually(lambda: decisions(database, sent))
        assert kept["answer"] == given.body


@pytest.mark.parametrize(
    ("rejected_at", "outcome"),
    [("2026-05-01", None), ("2026-05-03", "rejected"), (None, "rejected")],
)
def test_what_was_rejected_in_a_topic_before_is_another_payment(
    api: ApiProcess, client: Client, rejected_at: str | None, outcome: str | None
) -> None:
    """At the same place of a topic that was made again."""
    settings = api.settings
    sent = valid_payment(290)
    assert client.decide(sent).status == 200
    place = time.time_ns()
    with psycopg.connect(settings.postgres_url) as connection:
        connection.execute(
            "INSERT INTO topic_beginnings (kafka_topic, topic_id, begins_at) "
            "VALUES (%s, 'second', '2026-05-02') ON CONFLICT DO NOTHING",
            [settings.payments_topic],
        )
        connection.execute(
            "INSERT INTO rejected_payments "
            "(kafka_topic, kafka_partition, kafka_offset, reason, arrived_at) "
            "VALUES (%s, 0, %s, 'a reason', %s)",
            [settings.payments_topic, place, rejected_at],
        )
        connection.execute(
            "UPDATE decisions SET kafka_partition = 0, kafka_offset = %s WHERE transaction_id = %s",
            [place, sent["transaction_id"]],
        )
    with psycopg.connect(settings.decisions_url) as connection:
        connection.execute(query("settle_decisions"), {"topic": settings.payments_topic})
    (kept,) = decisions(settings, sent)
    assert kept["outcome"] == outcome


def test_who_asks_for_health_while_kafka_is_away_keeps_no_answer_waiting(
    database: Settings, tmp_path: Path
) -> None:
    """Each of them waits for the broker, a second, and a few at a time."""
    own = another(database, tmp_path, api_budget_ms=200)
    calls = 40
    with (
        ApiProcess(own, make_key(database, "healthy")) as process,
        ThreadPoolExecutor(calls) as pool,
        psycopg.connect(database.postgres_url) as blocker,
    ):
        client = process.wait().client()
        blocker.execute("LOCK TABLE decisions IN ACCESS EXCLUSIVE MODE")
        asked = [pool.submit(process.client().ask, "GET", "/readyz") for _ in range(calls)]
        eventually(lambda: any(call.done() for call in asked), seconds=20)
        reply = client.decide(valid_payment(285))
        waiting = sum(not call.done() for call in asked)
        blocker.rollback()
        assert {call.result(60).status for call in asked} == {200}
    assert reply.body["degraded_by"] in ("time", "database")
    assert waiting


# Run with the libraries of the API.
ROUND = """
import asyncio, os, signal, socket, sys, time
from pathlib import Path
from serving.decisions import keeping
from serving.decisions.bounded import within
from serving.decisions.database import Database
from serving.decisions.journal import Journal
from serving.decisions.keys import Keys
from serving.decisions.rule import DecisionRule
from serving.decisions.topic import Delivered, Topic
from swipestream.settings import DecisionSettings

async def main():
    settings = DecisionSettings.load()
    database, topic = Database(settings.decisions_url), Topic(settings)
    journal = Journal(Path(sys.argv[1]))
    work = keeping.Keeping(database, topic, DecisionRule(), Keys(), journal)
    await database.open()
    # A connection that comes after the others were stopped would answer.
    await database._pool.wait()
    assert await database.look()
    async with database.connection() as connection:
        line = socket.socket(fileno=os.dup(connection.fileno()))
        print(line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
              line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
        line.close()
    topic.delivered.append(Delivered(("t", "c"), 0, 1, time.monotonic()))
    keeping.LONGEST_ROUND_SECONDS = 0.5
    pids = [row["pid"] for row in await database.rows(
        "SELECT pid FROM pg_stat_activity WHERE usename = current_user")]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        for step in (work.bounded_round, lambda: within(0.5, work._note_places())):
            begin = time.monotonic()
            try:
                await step()
            except TimeoutError:
                print("given up", time.monotonic() - begin < 2, len(topic.delivered))
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    keeping.LONGEST_ROUND_SECONDS = 20
    await work.bounded_round()
    print("done", len(topic.delivered))
    topic.close(0)
    await database.close()
    journal.close()

asyncio.run(main())
"""


def test_a_round_that_waits_for_a_database_that_is_gone_is_given_up_and_loses_nothing(
    database: Settings, tmp_path: Path
) -> None:
    result = subprocess.run(
        [str(program.python()), "-c", ROUND, str(tmp_path / "decisions.journal")],
        env=os.environ | program.environment(database),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stdout.splitlines() == [
        "10000 1",
        "given up True 1",
        "given up True 1",
        "done 1",
    ], result.stderr[-2000:]


def test_what_it_has_answered_survives_its_own_end(database: Settings, tmp_path: Path) -> None:
    """Killed while the database stood still, it keeps the answer at its next start."""
    own = another(database, tmp_path, api_budget_ms=200)
    secret = make_key(database, "survivor")
    sent = valid_payment(300, amount_cents=500_000)
    with ApiProcess(own, secret) as process:
        process.wait()
        blocker = psycopg.connect(database.postgres_url)
        blocker.execute("LOCK TABLE decisions IN ACCESS EXCLUSIVE MODE")
        reply = process.client().decide(sent)
        process.kill()
    blocker.rollback()
    blocker.close()
    assert (reply.status, reply.body["degraded_by"]) == (200, "time")
    with ApiProcess(own, secret) as process:
        process.wait()
        (kept,) = eventually(lambda: decisions(database, sent))
        assert kept["answer"] == reply.body
        assert process.client().decide(sent).body == reply.body


def test_refusing_without_a_database_is_a_setting(database: Settings, tmp_path: Path) -> None:
    own = another(database, tmp_path, api_budget_ms=200, api_without_database="refuse")
    secret = make_key(database, "refusing")
    with ApiProcess(own, secret) as process:
        process.wait()
        with psycopg.connect(database.postgres_url) as blocker:
            blocker.execute("LOCK TABLE decisions IN ACCESS EXCLUSIVE MODE")
            reply = process.client().decide(valid_payment(310))
            blocker.rollback()
        assert reply.status == 503
        assert "API_WITHOUT_DATABASE" in reply.body["hint"]


def test_without_a_model_rules_decide(database: Settings, tmp_path: Path) -> None:
    own = another(database, tmp_path, model_dir=str(tmp_path / "none"))
    with ApiProcess(own, make_key(database, "modelless")) as process:
        client = process.wait().client()
        answer = client.decide(valid_payment(320, amount_cents=100_000)).body
        assert (answer["decision"], answer["score"], answer["degraded_by"]) == (
            "review",
            None,
            "model",
        )
        assert answer["features"]["card_txn_count_7d"] == 0
        publish_tiny_bundle(
            own.models_dir, PAYMENTS.model_features, categorical=("channel", "merchant_category")
        )
        eventually(lambda: client.decide(valid_payment(321)).body["score"] is not None)


def test_from_elsewhere_only_with_a_certificate(database: Settings) -> None:
    with ApiProcess(dataclasses.replace(database, api_host="0.0.0.0"), "") as process:
        eventually(lambda: process._process.poll() is not None)
        assert process._process.returncode == 1
    assert "without encryption" in process.log.read_text()


def test_a_busy_card_and_others_at_once_are_all_answered_and_kept(api: ApiProcess) -> None:
    """Eight at a time."""
    card = valid_payment(400)["card_id"]
    sent = [
        valid_payment(400 + n, card_id=card) if n % 4 == 0 else valid_payment(400 + n)
        for n in range(200)
    ]
    local = threading.local()

    def ask(item: dict[str, Any]) -> Any:
        if not hasattr(local, "client"):
            local.client = api.client()
        return local.client.decide(item)

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(ask, sent))
    assert {reply.status for reply in replies} == {200}
    assert len(decisions(api.settings, *sent)) == 200
