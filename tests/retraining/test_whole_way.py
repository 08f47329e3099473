"""From drift to a promoted model without hands; killed half way, or poisoned, nothing changes.

The payments and features are those of a small world, stored as the stream stores them. Soon a
fraud begins that the champion has never seen, and in the last days amounts rise.
"""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from click.testing import CliRunner

from flink_jobs.score_payments import JOB
from swipestream.cli import main
from swipestream.database import dashboard_schema
from swipestream.drift.events import events, open_events
from swipestream.models import training_process
from swipestream.models.audit import open_audit
from swipestream.models.changing_models import promote
from swipestream.models.policy_audit import policy_changes
from swipestream.models.training_process import run_training
from swipestream.retraining.errors import LaterError
from swipestream.retraining.run import alone
from swipestream.settings import REPO_ROOT, Settings
from tests.drift.conftest import midnight
from tests.eventually import eventually
from tests.training import small_world
from tests.training.data.test_stored_payments import copy_rows, fill
from tests.verify.reconcile.own_topic import own_topic
from training.data import training_set
from training.data.training_set import build_training_set
from training.data.world import open_world
from udfs.model_bundle import CHALLENGER, CHAMPION, read_pointer
from udfs.onnx_scorer import OnnxScorer

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(
        not training_process.TRAINING_PYTHON.exists(), reason="make setup installs training"
    ),
]
DAYS, CARDS = 70, 600
DAY_MS = small_world.DAY_MS
# Before it there is one of the two kinds of fraud only.
NEW_FRAUD_DAY = 21
DRIFTED_DAYS = 3
NEW_FRAUD = small_world.SCENARIOS[1]


@dataclass(frozen=True)
class Shop:
    """
    A stack that has scored payments for seventy days.

    :param champion: trained on the first four weeks.
    """

    settings: Settings
    champion: str

    @property
    def pointers(self) -> tuple[str | None, str | None]:
        folder = self.settings.models_dir
        return read_pointer(folder, CHAMPION), read_pointer(folder, CHALLENGER)

    def database(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(self.settings.postgres_url, autocommit=True)

    def changes(self) -> int:
        with open_audit(self.settings) as audit:
            return len(audit.changes())


@pytest.fixture(scope="module")
def shop(stack: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    end_ms = int((midnight() - pd.Timestamp(0).to_pydatetime()).total_seconds() * 1000)
    with own_topic(stack, "whole_way") as own, pytest.MonkeyPatch.context() as patch:
        patch.setattr(small_world, "END_MS", end_ms)
        patch.setenv("SWIPESTREAM_HOME", str(folder))
        world = make_world(folder / "world", end_ms)
        settings = dataclasses.replace(own, home=str(folder))
        dashboard_schema.make(settings.postgres_url)
        until = pd.Timestamp(end_ms - 21 * DAY_MS, unit="ms").isoformat()[:19]
        result = run_training(
            settings.models_dir,
            ["--world", world, "--until", until, "--min-positives", 20],
        )
        assert result.version
        promote(settings, result.version, "anna", "the first", force=True, in_mlflow=False)
        # What is stored goes up to now; what is learned from ends three weeks before.
        patch.setattr(training_set, "LABEL_DELAY_DAYS", 0)
        built = build_training_set(open_world(world), folder / "set.parquet", since_ms=1)
        with psycopg.connect(settings.postgres_url) as connection:
            store(connection, built.frame, world, result.version, settings.models_dir)
        yield Shop(settings, result.version)


def make_world(folder: Path, end_ms: int) -> Path:
    """A world in which one of the frauds begins late and amounts rise at the end."""
    small_world.write_small_world(folder, cards=CARDS, days=DAYS)
    labels = pd.read_parquet(folder / "labels.parquet")
    file = folder / "payments" / "all.parquet"
    payments = pd.read_parquet(file)
    new_ms = end_ms - (DAYS - NEW_FRAUD_DAY) * DAY_MS
    early = labels[(labels["scenario"] == NEW_FRAUD) & (labels["event_ms"] < new_ms)]
    gone = set(early["transaction_id"])
    payments = payments[~payments["transaction_id"].isin(gone)].reset_index(drop=True)
    drifted = payments["event_ms"] >= end_ms - DRIFTED_DAYS * DAY_MS
    payments.loc[drifted, "amount_cents"] *= 2
    payments.to_parquet(file, index=False)
    labels[~labels["transaction_id"].isin(gone)].to_parquet(folder / "labels.parquet", index=False)
    return folder


def store(
    connection: "psycopg.Connection[Any]",
    frame: pd.DataFrame,
    world: Path,
    version: str,
    models: Path,
) -> None:
    """As the stream does: with the champion's scores."""
    fill(connection, frame, world)
    scorer = OnnxScorer.load(models / version)
    scores = scorer.score(scorer.encode([frame[name] for name in scorer.feature_names]))
    connection.execute("CREATE TEMPORARY TABLE given (transaction_id text, score float8)")
    copy_rows(
        connection,
        "given",
        pd.DataFrame({"transaction_id": frame["transaction_id"], "score": scores}),
    )
    connection.execute(
        "UPDATE scored_payments AS p SET score = g.score, model_version = %s, "
        "stored_at = NOW() - INTERVAL '1 minute' "
        "FROM given AS g WHERE p.transaction_id = g.transaction_id",
        [version],
    )


def retrain(*options: str) -> tuple[int, str]:
    """Status and output of the command."""
    result = CliRunner().invoke(main, ["retrain", *options])
    return result.exit_code, result.output


def outcomes(shop: Shop) -> list[tuple[Any, ...]]:
    with shop.database() as database:
        return database.execute(
            "SELECT why, outcome, finished_at IS NULL FROM retrainings ORDER BY run_number"
        ).fetchall()


def test_drift_is_what_it_retrains_for(shop: Shop) -> None:
    result = CliRunner().invoke(main, ["drift"])
    assert result.exit_code == 1, result.output
    assert "amount_cents: stability index" in result.output


def test_without_a_reason_nothing_is_trained(shop: Shop) -> None:
    assert retrain("--if-older-than", "7d") == (0, "no reason to train\n")
    assert outcomes(shop) == []


def test_two_at_once_are_one(shop: Shop) -> None:
    with shop.database() as database, alone(database):
        status, output = retrain()
    assert (status, output) == (
        75, "error: another retraining is under way\nhint: wait until it is done\n"
    )  # fmt: skip


def test_killed_half_way_it_changes_nothing(shop: Shop) -> None:
    before = (shop.pointers, shop.changes(), bundles(shop))
    process = subprocess.Popen(
        [sys.executable, "-m", "swipestream.cli", "retrain", "--or-drifted"],
        cwd=REPO_ROOT,
        env=dict(os.environ),
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: len(outcomes(shop)) == 1, what="the training begins", seconds=60)
        eventually(
            lambda: (
                (shop.settings.models_dir / "training_set.parquet").stat().st_mtime
                > time.time() - 30
            ),
            what="its features are there",
            seconds=60,
        )
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert (shop.pointers, shop.changes(), bundles(shop)) == before
    ((why, outcome, is_open),) = outcomes(shop)
    assert why.startswith("drift of ") and "amount_cents" in why
    assert (outcome, is_open) == (None, True)
    # The next one does not wait for the dead.
    eventually(lambda: is_free(shop), what="the lock is free", seconds=30)


def test_the_schedule_trains_once_a_day(shop: Shop) -> None:
    status, output = retrain("--scheduled", "--or-drifted")
    assert status == 75
    assert output == ("error: the last retraining began 0.0 h ago\nhint: one a day is enough\n")
    assert len(outcomes(shop)) == 1


def is_free(shop: Shop) -> bool:
    try:
        with shop.database() as database, alone(database):
            return True
    except LaterError:
        return False


def bundles(shop: Shop) -> set[str]:
    return {path.name for path in shop.settings.models_dir.glob("m-*")}


def test_a_poisoned_source_of_labels_is_refused(shop: Shop) -> None:
    """One in ten of the analysts' labels is wrong; the others' labels of the same payments tell."""
    with shop.database() as database:
        rows = database.execute(
            "SELECT transaction_id, labelled_at FROM labels ORDER BY transaction_id"
        ).fetchall()
        draws = np.random.default_rng(3)
        database.cursor().executemany(
            "INSERT INTO labels (transaction_id, is_fraud, labelled_at, source) "
            "VALUES (%s, %s, %s + INTERVAL '1 hour', 'analysts')",
            [(name, bool(draws.random() >= 0.1), at) for name, at in rows[::2]],
        )
    before = shop.pointers
    status, output = retrain("--or-drifted")
    assert status == 0, output
    assert "is not proposed: the gate refused it" in output
    assert shop.pointers == before
    with open_audit(shop.settings) as audit:
        newest = audit.changes()[-1]
    assert newest.action == "refuse"
    assert "labels of analysts and simulator contradict each other on" in newest.why
    with shop.database() as database:
        database.execute("DELETE FROM labels WHERE source = 'analysts'")


def test_from_drift_to_promotion_without_hands(shop: Shop) -> None:
    status, output = retrain("--or-drifted")
    assert status == 0, output
    champion, candidate = shop.pointers
    assert champion == shop.champion
    assert candidate is not None and f"model {candidate} is the challenger" in output
    with shop.database() as database:
        (waiting,) = [event for event in open_events(database) if event.kind == "retraining"]
    assert f"swipestream model promote {candidate} --with-policy" in waiting.text
    # The stream scores with both.
    shadow(shop, candidate)
    status, output = retrain("--only-promote", "--auto-promote-after", "1ms", "--by", "schedule")
    assert status == 0, output
    assert output == f"model {candidate} is the champion, with its thresholds\n"
    assert shop.pointers == (candidate, None)
    with open_audit(shop.settings) as audit:
        newest = audit.changes()[-1]
    assert (newest.action, newest.actor, newest.from_version) == (
        "promote", "schedule", shop.champion,
    )  # fmt: skip
    with shop.database() as database:
        told = {row.chosen_by for row in policy_changes(database) if row.actor == "schedule"}
        assert told == {f"thresholds of {candidate}"}
        assert [event.signal for event in events(database)] == ["candidate"]


def shadow(shop: Shop, candidate: str) -> None:
    """Payments of now, scored by both: copies of those before amounts rose."""
    names = ", ".join(JOB.model_features)
    copied = (
        "transaction_id, card_id, customer_id, merchant_id, currency, kafka_partition, " + names
    )
    with shop.database() as database:
        rows = database.execute(
            f"SELECT {copied} FROM scored_payments WHERE event_time < %s "
            "ORDER BY event_time DESC LIMIT 3000",
            [midnight() - timedelta(days=DRIFTED_DAYS)],
        ).fetchall()
        frame = pd.DataFrame(rows, columns=copied.split(", "))
        scores = []
        for version in (shop.champion, candidate):
            scorer = OnnxScorer.load(shop.settings.models_dir / version)
            columns = [
                frame[name]
                if name in ("channel", "merchant_category")
                else frame[name].astype(np.float64)
                for name in scorer.feature_names
            ]
            scores.append(scorer.score(scorer.encode(columns)).astype(float))
        now = "(CLOCK_TIMESTAMP() AT TIME ZONE 'UTC')"
        database.cursor().executemany(
            "INSERT INTO scored_payments (transaction_id, card_id, customer_id, merchant_id, "
            "currency, amount_cents, channel, event_ms, event_time, arrived_at, kafka_partition, "
            "kafka_offset, came_behind_ms, is_customer_known, is_merchant_known, is_degraded, "
            "decision, scored_at, model_version, challenger_version, score, challenger_score) "
            f"VALUES (%s, %s, 'k', 'm', 'EUR', %s, %s, 0, {now}, {now}, 0, %s, 0, TRUE, TRUE, "
            f"FALSE, 'approve', {now}, %s, %s, %s, %s)",
            [
                (
                    f"shadow-{number}", row["card_id"], row["amount_cents"], row["channel"],
                    1_000_000 + number, shop.champion, candidate,
                    *(float(one[number]) for one in scores),
                )
                for number, row in enumerate(frame.to_dict("records"))
            ],
        )  # fmt: skip
