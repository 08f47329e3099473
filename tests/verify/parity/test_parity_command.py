"""`swipestream parity` over a real topic and a real database, in both engines."""

import dataclasses
from collections.abc import Iterator

import psycopg
import pytest
from click.testing import CliRunner, Result

from flink_jobs.score_payments import JOB
from swipestream.cli import main
from swipestream.settings import Settings
from swipestream.verify.parity.run import run
from tests.udfs.tiny_bundle import publish_tiny_bundle
from tests.verify.parity.sent_and_stored import send_and_store
from tests.verify.parity.stream_by_hand import messages
from tests.verify.reconcile.own_topic import own_topic

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def settings(stack: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A topic with payments, and the rows that a correct stream writes for them."""
    folder = tmp_path_factory.mktemp("parity")
    with own_topic(stack, "parity") as own, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODEL_DIR", str(folder / "models"))
        version = publish_tiny_bundle(
            folder / "models", JOB.model_features, ("channel", "merchant_category")
        )
        send_and_store(own, messages(cards=6, payments=60), version, folder)
        yield dataclasses.replace(own, model_dir=str(folder / "models"))


def parity(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["parity", *arguments])


@pytest.mark.parametrize(
    "arguments",
    [[], ["--engine", "postgres"], ["--since", "2020-01-10"], ["--sample", "2"]],
    ids=" ".join,
)
def test_a_correct_stream_has_no_mismatch(settings: Settings, arguments: list[str]) -> None:
    result = parity(*arguments)
    assert result.exit_code == 0, result.output
    assert ": 0 mismatched, 0 missing, 0 extra;" in result.output
    assert "were stored by" not in result.output
    assert int(result.output.splitlines()[-1].split(" ")[0].replace(",", "")) > 20


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_a_wrong_feature_is_named_and_fails(settings: Settings, engine: str) -> None:
    with psycopg.connect(settings.postgres_url, autocommit=True) as postgres:
        change = "UPDATE scored_payments SET card_merchant_count_24h = card_merchant_count_24h"
        postgres.execute(f"{change} + 1 WHERE transaction_id = 'p2-20'")
        try:
            result = parity("--engine", engine)
        finally:
            postgres.execute(f"{change} - 1 WHERE transaction_id = 'p2-20'")
    assert result.exit_code == 1
    assert "p2-20: card_merchant_count_24h is " in result.output


def test_a_lost_payment_is_named_and_fails(settings: Settings) -> None:
    with psycopg.connect(settings.postgres_url, autocommit=True) as postgres:
        # An hour in which nothing else of the card happened would not show in other rows.
        postgres.execute("UPDATE scored_payments SET transaction_id = 'x' "
                         "WHERE transaction_id = 'p1-30'")  # fmt: skip
        try:
            report = run(settings, patience_seconds=0)
        finally:
            postgres.execute("UPDATE scored_payments SET transaction_id = 'p1-30' "
                             "WHERE transaction_id = 'x'")  # fmt: skip
    assert (report.unstored, report.unsent, report.is_clean) == (["p1-30"], ["x"], False)


def test_a_message_that_became_something_else_is_named_and_fails(settings: Settings) -> None:
    with psycopg.connect(settings.postgres_url, autocommit=True) as postgres:
        change = "UPDATE conflicting_payments SET reason = %s WHERE reason = %s"
        postgres.execute(change, ["another merchant_id", "another amount_cents"])
        try:
            result = parity()
        finally:
            postgres.execute(change, ["another amount_cents", "another merchant_id"])
    assert result.exit_code == 1
    found = "is conflict: another merchant_id, should be conflict: another amount_cents"
    assert found in result.output


def test_payments_of_an_earlier_version_are_counted_and_left_out(settings: Settings) -> None:
    with psycopg.connect(settings.postgres_url, autocommit=True) as postgres:
        kept = postgres.execute(
            "SELECT transaction_id, came_behind_ms FROM scored_payments WHERE card_id = 'card2'"
        ).fetchall()
        postgres.execute("UPDATE scored_payments SET came_behind_ms = NULL WHERE card_id = 'card2'")
        try:
            result = parity()
        finally:
            for name, behind_ms in kept:
                postgres.execute(
                    "UPDATE scored_payments SET came_behind_ms = %s WHERE transaction_id = %s",
                    [behind_ms, name],
                )
    assert result.exit_code == 0, result.output
    assert f"{len(kept)} payments were stored by a version that did not yet score" in result.output


def test_payments_stored_by_other_sql_are_said(settings: Settings) -> None:
    with psycopg.connect(settings.postgres_url, autocommit=True) as postgres:
        change = "UPDATE scored_payments SET pipeline_version = %s WHERE transaction_id = 'p2-20'"
        postgres.execute(change, ["sql-before"])
        try:
            result = parity()
        finally:
            postgres.execute(change, [JOB.version])
    assert result.exit_code == 0
    assert "1 payments were stored by sql-before, the files here are sql-" in result.output


def test_a_database_that_is_away_is_said(settings: Settings, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:none@127.0.0.1:1/none")
    result = parity()
    assert result.exit_code == 1
    assert "error: the database does not answer" in result.output
