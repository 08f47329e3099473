"""Champion against challenger on stored payments: alerts, scores, who is right, what it costs."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
import pytest
from click.testing import CliRunner
from rich.console import Console

from swipestream.cli import main
from swipestream.models.changing_models import challenge, promote
from swipestream.models.comparison import Compared, compare
from swipestream.models.comparison_report import print_comparison
from swipestream.models.decision_policy import CHANNELS, change
from swipestream.settings import Settings
from udfs.shadow_cost import COST_FILE

pytestmark = pytest.mark.stack

Train = Callable[..., str]
PAYMENTS, FRAUDS = 2000, 60
OLD = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=30)
INSERT = (
    "INSERT INTO scored_payments (transaction_id, card_id, customer_id, merchant_id, amount_cents, "
    "currency, channel, event_ms, event_time, arrived_at, kafka_partition, kafka_offset, "
    "came_behind_ms, is_customer_known, is_merchant_known, is_degraded, decision, scored_at, "
    "score, model_version, challenger_score, challenger_version) "
    "VALUES (%s, %s, 'k', 'm', 100, 'EUR', %s, 0, %s, %s, 0, "
    "%s, 0, FALSE, FALSE, FALSE, 'approve', %s, %s, %s, %s, %s)"
)


def store(settings: Settings, champion: str, challenger: str, at: datetime = OLD) -> None:
    """Payments of which the challenger finds every fraud, and the champion half of them."""
    random = np.random.default_rng(7)
    rows = []
    labels = []
    for number in range(PAYMENTS):
        name = f"p-{at:%d}-{number}"
        is_fraud = number < FRAUDS
        low, high = float(random.uniform(0, 0.4)), float(random.uniform(0.6, 0.99))
        score = high if is_fraud and number % 2 else low
        rival = high if is_fraud else low
        channel = CHANNELS[number % 3]
        places = (at, at, number, at)
        scores = (score, champion, rival, challenger)
        rows.append((name, f"c-{number % 500}", channel, *places, *scores))
        if is_fraud:
            labels.append((name, at))
    with psycopg.connect(settings.postgres_url) as connection:
        cursor = connection.cursor()
        cursor.executemany(INSERT, rows)
        cursor.executemany(
            "INSERT INTO labels (transaction_id, is_fraud, labelled_at, source) "
            "VALUES (%s, TRUE, %s, 'test')",
            labels,
        )
        change(connection, CHANNELS, {"review_score": 0.5, "block_score": 0.9})


@pytest.fixture
def pair(settings: Settings, train: Train) -> tuple[str, str]:
    champion = train()
    promote(settings, champion, "anna")
    challenger = train(against=champion)
    challenge(settings, challenger, "anna")
    store(settings, champion, challenger)
    return champion, challenger


def test_alerts_scores_and_quality_are_compared(settings: Settings, pair: tuple[str, str]) -> None:
    found = compare(settings)
    assert (found.champion, found.challenger, found.payments) == (*pair, PAYMENTS)
    review = found.overlaps[0]
    assert (review.basis, review.level) == ("policy", "review")
    assert (review.both, review.champion_only, review.challenger_only) == (30, 0, 30)
    assert review.jaccard == 0.5
    assert [(item.basis, item.level) for item in found.overlaps[2:]] == [
        ("own", "review"),
        ("own", "block"),
    ]
    assert found.quality is not None
    assert (found.quality.payments, found.quality.frauds) == (PAYMENTS, FRAUDS)
    assert found.quality.challenger.value == pytest.approx(1)
    assert found.quality.champion.value < 0.7
    assert 0 < found.quality.gain.low < found.quality.gain.value <= found.quality.gain.high
    assert found.stability > 0
    assert found.cost is None
    assert "the challenger is better" in text(found)


def text(found: Compared) -> str:
    printed = io.StringIO()
    print_comparison(found, Console(width=200, file=printed))
    return printed.getvalue()


def test_young_payments_are_not_measured(settings: Settings, pair: tuple[str, str]) -> None:
    found = compare(settings, mature_days=60)
    assert found.quality is None
    assert "no payment is 60 days old" in text(found)


def test_since_leaves_older_payments_out(settings: Settings, pair: tuple[str, str]) -> None:
    store(settings, *pair, at=datetime.now(UTC).replace(tzinfo=None) - timedelta(days=1))
    assert compare(settings).payments == 2 * PAYMENTS
    found = compare(settings, since=datetime.now(UTC) - timedelta(days=2))
    assert (found.payments, found.quality) == (PAYMENTS, None)


def test_a_bundle_that_is_gone_leaves_its_thresholds_out(
    settings: Settings, pair: tuple[str, str]
) -> None:
    (settings.models_dir / pair[0] / "model.onnx").unlink()
    assert {item.basis for item in compare(settings).overlaps} == {"policy"}


def test_the_cost_is_that_of_this_pair(settings: Settings, pair: tuple[str, str]) -> None:
    measured = {
        "champion": pair[0],
        "challenger": pair[1],
        "batches": 10,
        "payments": 1000,
        "champion_seconds": 0.02,
        "challenger_seconds": 0.01,
    }
    path = settings.models_dir / COST_FILE
    path.write_text(json.dumps(measured))
    cost = compare(settings).cost
    assert cost is not None
    assert (cost.champion_us, cost.challenger_us) == pytest.approx((20, 10))
    assert "10.0 us, 50% of it" in text(compare(settings))
    for other in (json.dumps(measured | {"challenger": "m-other"}), "{", "[]"):
        path.write_text(other)
        assert compare(settings).cost is None


def test_the_command_prints_tables_or_json(settings: Settings, pair: tuple[str, str]) -> None:
    printed = CliRunner().invoke(main, ["model", "compare"])
    assert printed.exit_code == 0, printed.output
    for part in (*pair, "the policy in force", "stability index", "gain", "cost is not known"):
        assert part in printed.stdout
    found = json.loads(CliRunner().invoke(main, ["model", "compare", "--json"]).stdout)
    assert found["quality"]["average_precision"]["challenger"]["value"] == pytest.approx(1)
    assert found["overlaps"][0]["jaccard"] == 0.5
