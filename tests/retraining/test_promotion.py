"""A challenger takes the champion's place by itself only if nothing at all speaks against it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from swipestream.drift.events import DATA_QUALITY, Event, note
from swipestream.models.changing_models import challenge, promote
from swipestream.models.decision_policy import CHANNELS, change
from swipestream.models.policy_audit import policy_changes
from swipestream.retraining.promotion import promote_if_due
from swipestream.settings import Settings
from tests.models.conftest import migrated, settings, train
from udfs.model_bundle import CHALLENGER, CHAMPION, read_pointer

__all__ = ["migrated", "settings", "train"]
pytestmark = pytest.mark.stack

Train = Callable[..., str]
DAY = 86_400.0
PAIRS = """
INSERT INTO scored_payments (
    transaction_id, card_id, customer_id, merchant_id, amount_cents, currency, channel, event_ms,
    event_time, arrived_at, kafka_partition, kafka_offset, came_behind_ms, is_customer_known,
    is_merchant_known, is_degraded, decision, scored_at, score, model_version, challenger_score,
    challenger_version
)
SELECT
    'p' || n, 'c' || n %% 300, 'k', 'm', 100, 'EUR', 'pos', 0, NOW() AT TIME ZONE 'UTC',
    NOW() AT TIME ZONE 'UTC', 0, n, 0, FALSE, FALSE, FALSE, 'approve', NOW() AT TIME ZONE 'UTC',
    POWER(n / 1500.0, 3), %(champion)s, POWER(n / 1500.0, %(power)s), %(challenger)s
FROM GENERATE_SERIES(1, 1500 - %(fewer)s) AS n
"""


@pytest.fixture
def pair(settings: Settings, train: Train) -> tuple[str, str]:
    """A champion, and a challenger that the gate let pass."""
    champion = train()
    promote(settings, champion, "anna")
    challenger = train(against=champion)
    challenge(settings, challenger, "retrain", "the champion is 9.0 days old")
    return champion, challenger


def score(settings: Settings, pair: tuple[str, str], power: float = 3.1, fewer: int = 0) -> None:
    """
    Payments that both have scored.

    :param power: 3 gives both the same scores.
    """
    values = {"champion": pair[0], "challenger": pair[1], "power": power, "fewer": fewer}
    with psycopg.connect(settings.postgres_url) as connection:
        connection.execute(PAIRS, values)


def pointers(settings: Settings) -> tuple[str | None, str | None]:
    folder = settings.models_dir
    return read_pointer(folder, CHAMPION), read_pointer(folder, CHALLENGER)


def test_it_becomes_the_champion_with_its_thresholds(
    settings: Settings, pair: tuple[str, str]
) -> None:
    score(settings, pair)
    with psycopg.connect(settings.postgres_url) as connection:
        change(connection, CHANNELS, {"review_score": 0.3, "block_score": 0.95})
    due = promote_if_due(settings, 1e-6, "schedule")
    assert due.fact == f"model {pair[1]} is the champion, with its thresholds"
    assert pointers(settings) == (pair[1], None)
    with psycopg.connect(settings.postgres_url) as connection:
        rows = policy_changes(connection)
        actors = connection.execute(
            "SELECT actor, action, to_version FROM model_changes ORDER BY change_number DESC"
        ).fetchone()
    assert actors == ("schedule", "promote", pair[1])
    changed = [row for row in rows if row.actor == "schedule"]
    assert {row.channel for row in changed} == {"pos", "online", "atm"}
    assert {row.chosen_by for row in changed} == {f"thresholds of {pair[1]}"}
    assert all("without objection; the champion is 9.0 days old" in row.why for row in changed)


def test_it_waits_its_time(settings: Settings, pair: tuple[str, str]) -> None:
    score(settings, pair)
    assert "is in the shadow for 0.0 h" in promote_if_due(settings, DAY, "schedule").fact
    assert pointers(settings) == pair


@pytest.mark.parametrize(
    ("power", "fewer", "objection"),
    [
        (3.1, 700, "both have scored 800 payments, 1,000 are needed"),
        (0.5, 0, "alerts differ: "),
        (30.0, 0, "alerts differ: "),
        (3.1, 1500, "no payment was scored by a champion and a challenger"),
    ],
)
def test_models_that_differ_do_not_trade_places(
    power: float, fewer: int, objection: str, settings: Settings, pair: tuple[str, str]
) -> None:
    score(settings, pair, power, fewer)
    assert objection in promote_if_due(settings, 1e-6, "schedule").fact
    assert pointers(settings) == pair


def test_nothing_is_promoted_while_the_data_are_wrong(
    settings: Settings, pair: tuple[str, str]
) -> None:
    score(settings, pair)
    at = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=1)
    event = Event(
        "id", DATA_QUALITY, "unknown customers", "", pair[0], at, at, None, 1.0, 0.03,
        "unknown customers: 100.00%, usual is 1.00%",
    )  # fmt: skip
    with psycopg.connect(settings.postgres_url) as connection:
        note(connection, event)
    assert promote_if_due(settings, 1e-6, "schedule").fact == (
        "not promoted: something is wrong with the data: unknown customers: 100.00%, usual is 1.00%"
    )
    assert pointers(settings) == pair


def test_the_gate_is_asked_about_the_present_champion(
    settings: Settings, pair: tuple[str, str], train: Train
) -> None:
    score(settings, pair)
    other = train(against=pair[0])
    promote(settings, other, "anna", "a better one came by")
    found = promote_if_due(settings, 1e-6, "schedule").fact
    assert f"passed the gate against {pair[0]}, but the champion is {other}" in found
    assert pointers(settings) == (other, pair[1])


def test_without_a_challenger_there_is_nothing_to_do(settings: Settings) -> None:
    assert promote_if_due(settings, 1e-6, "schedule").fact == "there is no challenger"


def test_one_that_was_named_by_hand_is_left_alone(
    settings: Settings, pair: tuple[str, str], train: Train
) -> None:
    from udfs.model_bundle import write_pointer

    write_pointer(settings.models_dir, CHALLENGER, train(against=pair[0]))
    assert "was made the challenger by hand" in promote_if_due(settings, 1e-6, "x").fact
