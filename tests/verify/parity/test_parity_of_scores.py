"""A stored score is the named model's score of the stored features, or it is reported."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from swipestream.verify.parity.report import Report, problems
from swipestream.verify.parity.scores import check_challenger_scores, check_scores
from tests.udfs.tiny_bundle import publish_tiny_bundle, tiny_score
from tests.verify.parity.stream_by_hand import messages, open_database, store, stored_by_a_stream


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Payments scored by two models, worked out without ONNX."""
    with open_database(tmp_path) as opened:
        store(opened, stored_by_a_stream(messages(cards=2, payments=20)))
        versions = [publish_tiny_bundle(tmp_path / "models", shift=shift) for shift in (0.0, 0.5)]
        rows = opened.execute(
            "SELECT transaction_id, amount_cents, channel FROM stored_payments"
        ).fetchall()
        for number, (name, amount, channel) in enumerate(rows):
            score = tiny_score(amount, channel, shift=(0.0, 0.5)[number % 2])
            opened.execute(
                "UPDATE stored_payments SET score = ?, model_version = ? WHERE transaction_id = ?",
                [score, versions[number % 2], name],
            )
        yield opened


def test_right_scores_of_two_models_agree(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    check = check_scores(connection, tmp_path / "models")
    (count,) = connection.execute("SELECT COUNT(*) FROM stored_payments").fetchone() or (0,)
    assert (check.compared, check.mismatched, check.unknown) == (count, 0, {})
    assert check.largest is not None and check.largest < 1e-6


def test_a_wrong_score_is_named(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute(
        "UPDATE stored_payments SET score = score + 0.00001 WHERE transaction_id = 'p0-3'"
    )
    check = check_scores(connection, tmp_path / "models")
    assert check.mismatched == 1
    assert [difference.transaction_id for difference in check.differences] == ["p0-3"]


def test_a_score_that_is_not_there_needs_a_reason(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute(
        "UPDATE stored_payments SET score = NULL, model_version = NULL "
        "WHERE transaction_id IN ('p0-3', 'p0-4')"
    )
    connection.execute(
        "UPDATE stored_payments SET score_error = 'no model' WHERE transaction_id = 'p0-4'"
    )
    check = check_scores(connection, tmp_path / "models")
    assert (check.missing, check.mismatched, check.unscored) == (1, 1, 1)


def test_a_model_that_is_gone_is_said_and_is_no_success(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute("UPDATE stored_payments SET model_version = 'm-gone'")
    report = Report(1, "duckdb", scores=check_scores(connection, tmp_path / "models"))
    assert not report.is_clean
    assert "m-gone could not be checked" in problems(report)[0]


def test_challengers_scores_are_computed_again(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute(
        "UPDATE stored_payments SET challenger_score = score, challenger_version = model_version "
        "WHERE transaction_id LIKE 'p0-%'"
    )
    connection.execute(
        "UPDATE stored_payments SET challenger_score = 0.5 WHERE transaction_id = 'p0-3'"
    )
    check = check_challenger_scores(connection, tmp_path / "models")
    assert (check.compared, check.mismatched, check.unknown) == (20, 1, {})
    (difference,) = check.differences
    assert (difference.transaction_id, difference.column) == ("p0-3", "challenger_score")


def test_a_challenger_that_is_gone_is_said_and_no_error(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute("UPDATE stored_payments SET challenger_version = 'm-gone'")
    check = check_challenger_scores(connection, tmp_path / "models")
    report = Report(1, "duckdb", challenger_scores=check)
    assert report.is_clean
    assert "challenger scores of m-gone could not be checked" in problems(report)[0]
