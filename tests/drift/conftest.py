"""A database with the views, and what a test stores in it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from swipestream.database import dashboard_schema
from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.settings import Settings

Database = psycopg.Connection[Any]


@pytest.fixture(scope="session")
def drift_settings(environment: dict[str, str]) -> Iterator[Settings]:
    """Of a Postgres of these tests; Kafka and Flink do not run."""
    with throw_away_postgres(Settings.load()) as own:
        dashboard_schema.make(own.postgres_url)
        yield own


@pytest.fixture
def database(drift_settings: Settings) -> Iterator[Database]:
    """Empty tables and roll-ups."""
    with psycopg.connect(drift_settings.postgres_url, autocommit=True) as connection:
        connection.execute(
            "TRUNCATE scored_payments, alerts, labels, duplicate_payments, rejected_payments, "
            "drift_events, retrainings, model_facts, model_feature_bins, "
            "dashboards.feature_counts, dashboards.feature_frontier, dashboards.merchant_days, "
            "dashboards.score_counts, dashboards.payment_sums, dashboards.latency_minutes, "
            "dashboards.roll_up_frontier"
        )
        yield connection


def midnight() -> datetime:
    """The beginning of today, UTC without a zone."""
    now = datetime.now(UTC).replace(tzinfo=None)
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def days_ago(days: float) -> datetime:
    """So many days before today began."""
    return midnight() - timedelta(days=days)
