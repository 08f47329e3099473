"""The decision policy can be shown and changed, but not to an impossible one."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from swipestream.models.decision_policy import CHANNELS, PolicyError, change, policies
from swipestream.settings import Settings

pytestmark = pytest.mark.stack


@pytest.fixture
def connection(stack: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(stack.postgres_url) as connection:
        yield connection
        connection.rollback()


def by_channel(connection: psycopg.Connection) -> dict[str, tuple[int, float, float]]:
    rows = policies(connection)
    return {row.channel: (row.version, row.review_score, row.block_score) for row in rows}


def test_one_value_of_one_channel_changes(connection: psycopg.Connection) -> None:
    change(connection, CHANNELS, {"review_score": 0.5, "block_score": 0.9})
    before = by_channel(connection)
    assert change(connection, ("atm",), {"review_score": 0.25}) == 1
    after = by_channel(connection)
    assert after["atm"] == (before["atm"][0] + 1, 0.25, 0.9)
    assert (after["pos"], after["online"]) == (before["pos"], before["online"])


def test_the_same_values_again_keep_the_version(connection: psycopg.Connection) -> None:
    values: dict[str, float | int] = {"review_score": 0.31, "rule_review_amount_cents": 77}
    assert change(connection, CHANNELS, values) == 3
    assert change(connection, CHANNELS, values) == 0


@pytest.mark.parametrize(
    "values", [{"review_score": 0.95, "block_score": 0.9}, {"block_score": 1.5}]
)
def test_impossible_thresholds_are_refused(
    connection: psycopg.Connection, values: dict[str, float | int]
) -> None:
    with pytest.raises(PolicyError, match="must not be above the block score"):
        change(connection, CHANNELS, values)


def test_show_prints_whole_names_without_a_terminal(stack: Settings, swipestream: Path) -> None:
    shown = subprocess.run(
        [swipestream, "policy", "show"], capture_output=True, text=True, check=True
    ).stdout
    assert "rule_review_amount_cents" in shown and len(shown.splitlines()) == 4
