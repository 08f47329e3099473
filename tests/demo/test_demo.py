"""The demo from its first step to its summary, on the session's stack and a small world."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import psycopg
import pyarrow.parquet as pq
import pytest

from flink_jobs.score_payments import JOB
from simulator import World
from swipestream.features.asking import answers, stored_payment
from swipestream.jobs import cluster_jobs
from swipestream.settings import Settings
from swipestream.verify.topic_reading import topic_stretch
from tests.eventually import eventually
from udfs.model_bundle import CHAMPION, read_pointer

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def output(stack: Settings, swipestream: Path) -> str:
    command = [
        str(swipestream),
        "demo",
        "--for",
        "15s",
        "--rate",
        "60",
        "--cards",
        "3000",
        "--anew",
    ]
    result = subprocess.run(command, capture_output=True, text=True, timeout=540, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_every_message_is_accounted_for(output: str) -> None:
    found = re.search(
        r"sent ([\d,]+) = scored ([\d,]+) \+ rejected ([\d,]+) \+ duplicates ([\d,]+) "
        r"\+ conflicts ([\d,]+)",
        output,
    )
    assert found
    sent, *outcomes = (int(number.replace(",", "")) for number in found.groups())
    assert sent == sum(outcomes) > 800
    assert "every message is accounted for" in output


def test_the_summary_says_how_good_and_how_fast(output: str) -> None:
    assert re.search(r"latency, payment to committed row +p50 [\d,]+ ms, p99 [\d,]+ ms", output)
    assert "alerts that are fraud (precision)" in output
    assert "frauds that are alerts (recall)" in output
    assert re.search(r"decided without a score +0\b", output)


def test_live_payments_meet_full_windows(output: str, stack: Settings) -> None:
    with psycopg.connect(stack.postgres_url) as connection:
        row = connection.execute(
            "SELECT avg(card_txn_count_7d), count(DISTINCT model_version) FROM scored_payments "
            "WHERE event_time > now() AT TIME ZONE 'UTC' - INTERVAL '10 minutes'"
        ).fetchone()
    assert row is not None
    mean_count, models = row
    # About half a payment per card and day; an empty window would give 0.
    assert mean_count > 1
    assert models == 1


def test_the_model_was_trained_on_this_world(output: str, stack: Settings) -> None:
    version = (stack.models_dir / "champion").read_text().strip()
    assert (stack.models_dir / version / "model_card.md").exists()


def test_replayed_and_live_payments_meet_the_risk_of_their_hour(
    output: str, stack: Settings
) -> None:
    with psycopg.connect(stack.postgres_url) as connection:
        counts = connection.execute(
            "SELECT count(*), count(merchant_txn_count_28d), count(merchant_days_since_fraud), "
            "count(*) FILTER (WHERE (merchant_txn_count_1d, merchant_txn_count_28d, "
            "merchant_fraud_rate_7d, merchant_newest_fraud_ms) IS DISTINCT FROM (r.txn_count_1d, "
            "r.txn_count_28d, r.fraud_rate_7d, r.newest_fraud_ms)) "
            "FROM scored_payments AS p LEFT JOIN merchant_risk_hourly AS r "
            "ON r.merchant_id = p.merchant_id "
            "AND r.hour_ms = (p.event_ms - 600000) / 3600000 * 3600000 "
            # The simulated world's, whatever else the session's stack has scored.
            "WHERE p.transaction_id LIKE 'p-7-%'"
        ).fetchone()
    assert counts is not None
    payments, with_risk, with_fraud, others = counts
    assert others == 0
    assert with_risk > 0.9 * payments
    assert with_fraud > 0


def test_features_of_stored_payments_can_be_computed_again(
    output: str, stack: Settings, tmp_path: Path
) -> None:
    names = ", ".join(JOB.model_features)
    with psycopg.connect(stack.postgres_url, autocommit=True) as connection:
        rows = connection.execute(
            f"SELECT transaction_id, card_id, {names} FROM scored_payments "  # type: ignore[arg-type]
            "WHERE transaction_id LIKE 'p-7-%' ORDER BY md5(transaction_id) LIMIT 1000"
        ).fetchall()
        asked = [stored_payment(stack, connection, card, number) for number, card, *_ in rows]
        found = answers(stack, connection, asked, tmp_path)
    assert len(found) == 1000
    for answer, row in zip(found, rows, strict=True):
        stored = dict(zip(JOB.model_features, row[2:], strict=True))
        assert answer.values == pytest.approx(stored), row[0]


def test_the_labels_that_have_come_are_stored(output: str, stack: Settings) -> None:
    end_ms = json.loads((stack.world_dir / "world.json").read_text())["end_ms"]
    labels = pq.read_table(stack.world_dir / "labels.parquet", columns=["labelled_ms"])
    known = sum(labelled_ms <= end_ms for labelled_ms in labels["labelled_ms"].to_pylist())
    assert known > 0
    with psycopg.connect(stack.postgres_url) as connection:
        stored = eventually(
            lambda: connection.execute(
                "SELECT count(*) FROM labels WHERE transaction_id LIKE 'p-7-%'"
            ).fetchone(),
            lambda found: found is not None and found[0] >= known,
        )
    assert stored == (known,)


def test_the_model_page_has_the_truth_beside_what_labels_say(output: str, stack: Settings) -> None:
    world = World.read(stack.world_dir)
    ids = world.ids_of(np.flatnonzero(world.is_fraud))
    with psycopg.connect(stack.postgres_url) as connection:
        alerts, right, frauds, caught = connection.execute(
            "SELECT (SELECT COUNT(*) FROM alerts WHERE transaction_id LIKE 'p-7-%'), "
            "(SELECT COUNT(*) FROM alerts JOIN simulated_frauds USING (transaction_id)), "
            "COUNT(*), COUNT(*) FILTER (WHERE decision <> 'approve') "
            "FROM scored_payments JOIN simulated_frauds USING (transaction_id)"
        ).fetchone() or (0, 0, 0, 0)
        of_history = connection.execute(
            "SELECT COUNT(*), COUNT(*) FILTER (WHERE p.transaction_id = ANY(%s)) "
            "FROM scored_payments AS p JOIN simulated_frauds AS f USING (transaction_id) "
            "WHERE p.event_ms < %s",
            (ids, world.arguments.end_ms),
        ).fetchone()
        stored = connection.execute(
            "SELECT COUNT(*) FROM scored_payments WHERE transaction_id = ANY(%s)", (ids,)
        ).fetchone()
        shown = connection.execute(
            "SELECT measure, SUM(found_count), SUM(payment_count) FROM dashboards.model_rates "
            "WHERE series = 'truth (simulator)' GROUP BY measure ORDER BY measure"
        ).fetchall()
    # No fraud of the history is missing, and nothing else counts as one.
    assert of_history and stored and of_history[0] == of_history[1] == stored[0] > 0
    # Those of live payments come on top.
    assert frauds >= stored[0]
    assert shown == [("precision", right, alerts), ("recall", caught, frauds)]


def test_a_second_demo_goes_on_and_deletes_nothing(
    output: str, stack: Settings, swipestream: Path
) -> None:
    before = topic_stretch(stack, stack.payments_topic)
    (job,) = cluster_jobs.running(stack, "score_payments")
    with psycopg.connect(stack.postgres_url, autocommit=True) as connection:
        count = "SELECT COUNT(*) FROM scored_payments WHERE scored_at < %s"
        now = connection.execute("SELECT CLOCK_TIMESTAMP() AT TIME ZONE 'UTC'").fetchone()
        stored = connection.execute(count, now).fetchone()
        command = [str(swipestream), "demo", "--for", "5s", "--rate", "20", "--cards", "3000"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=540, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        assert connection.execute(count, now).fetchone() == stored
    assert topic_stretch(stack, stack.payments_topic).begin == before.begin
    assert [found.job_id for found in cluster_jobs.running(stack, "score_payments")] == [job.job_id]
    other = [str(swipestream), "demo", "--for", "5s", "--cards", "2000"]
    refused = subprocess.run(other, capture_output=True, text=True, timeout=540, check=False)
    assert refused.returncode == 1
    assert "a world of seed 7 and 3,000 cards was played here" in refused.stderr


def test_a_retrained_model_takes_over_while_payments_flow(
    output: str, stack: Settings, swipestream: Path
) -> None:
    def call(*arguments: str) -> str:
        command = [str(swipestream), *arguments]
        result = subprocess.run(command, capture_output=True, text=True, timeout=540, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    old = read_pointer(stack.models_dir, CHAMPION)
    call("train", "--seed", "8", "--no-promote")
    versions = {
        json.loads(line)["version"] for line in call("model", "list", "--json").splitlines()
    }
    (new,) = versions - {old}

    with psycopg.connect(stack.postgres_url, autocommit=True) as connection:
        (begin,) = connection.execute("SELECT CLOCK_TIMESTAMP()").fetchone() or (None,)

        def scored_by() -> dict[str, int]:
            rows = connection.execute(
                "SELECT COALESCE(model_version, 'none'), COUNT(*) FROM scored_payments "
                "WHERE stored_at > %s GROUP BY 1",
                [begin],
            )
            return dict(rows.fetchall())

        traffic = subprocess.Popen([swipestream, "simulate", "stream", "--rate", "60"])
        try:
            eventually(scored_by, lambda found: old in found)
            # The gate may refuse it: it learned from the same payments.
            call("model", "promote", new, "--force", "--why", "trained with another seed")
            eventually(scored_by, lambda found: new in found)
        finally:
            traffic.terminate()
            traffic.wait(60)
        call("reconcile")
        assert set(scored_by()) == {old, new}, "a payment has no score"
        unscored = "SELECT COUNT(*) FROM scored_payments WHERE stored_at > %s AND score IS NULL"
        assert connection.execute(unscored, [begin]).fetchone() == (0,)
