"""A database full of made-up payments, to measure with: no stream is needed to fill it."""

import time

import psycopg

from simulator import World
from swipestream.console.progress import Say
from swipestream.database import dashboard_schema
from swipestream.database.migrations import migrate
from swipestream.sending.reference_rows import load_world
from swipestream.settings import REPO_ROOT

FOLDER = REPO_ROOT / "bench" / "dashboard_rows"
STEPS = (
    "fill_scored_payments",
    "fill_alerts",
    "fill_alert_reasons",
    "fill_outcomes",
    "fill_samples",
    "fill_labels",
    "fill_simulated_truth",
    "fill_merchant_risk",
    "fill_model_facts",
    "fill_drift",
)


def silent(fact: str) -> None:
    """Goes nowhere."""


def fill(
    url: str, payments: int, days: float, *, customers: int = 25_000, say: Say = silent
) -> None:
    """
    Create the tables and views in an empty database and fill them.

    :param url: of its owner.
    :param payments: rows of scored_payments, spread evenly.
    :param days: how far back they go from now.
    :param customers: whose payments they are.
    """
    migrate(url)
    dashboard_schema.make(url)
    world = World.generate(
        seed=7,
        customers=customers,
        merchants=max(300, customers // 8),
        days=1,
        end_ms=round(time.time() * 1000),
    )
    load_world(url, world.customers_table(), world.merchants_table())
    with psycopg.connect(url) as connection:
        for step in STEPS:
            say(step.replace("_", " "))
            text = (FOLDER / f"{step}.sql").read_text("utf-8")
            values = {"payments": payments, "days": days} if "%(" in text else None
            connection.execute(text, values)  # type: ignore[arg-type]
    with psycopg.connect(url, autocommit=True) as connection:
        say("vacuum and analyze")
        connection.execute("VACUUM ANALYZE")
        say("roll-ups")
        dashboard_schema.refresh(connection)
