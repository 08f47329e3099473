"""The schema `dashboards`: the views that charts read, and the roll-ups behind them.

All of it can be computed again from the tables, so it needs no migrations: when a file
changes, the schema is dropped and recreated, in one transaction. See
docs/adr/0016-views-are-made-anew.md.
"""

import hashlib
from pathlib import Path

import psycopg
from psycopg import sql

from flink_jobs.feature_registry import feature_registry
from flink_jobs.pipelines import PAYMENTS
from swipestream.database.locks import Lock
from swipestream.errors import MigrationError
from swipestream.settings import REPO_ROOT

SCHEMA = "dashboards"
POSTGRES_DIR = REPO_ROOT / "sql" / "postgres"
# In the order in which they can be made.
FILES = (
    "views/in_words",
    "views/country_name",
    "views/duration_in_words",
    "views/chip",
    "views/decision_chip",
    "views/url_escaped",
    "views/card_label",
    "views/card_link",
    "roll_ups/roll_up_frontier",
    "roll_ups/payment_sums",
    "roll_ups/latency_minutes",
    "roll_ups/score_counts",
    "roll_ups/pipeline_samples",
    "views/payment_facts",
    "views/sample_place",
    "roll_ups/feature_counts",
    "roll_ups/feature_frontier",
    "roll_ups/merchant_days",
    "views/attack_signs",
    "roll_ups/payment_sums_between",
    "roll_ups/latency_minutes_between",
    "roll_ups/score_counts_between",
    "roll_ups/feature_counts_up_to",
    "roll_ups/merchant_days_between",
    "roll_ups/refresh_roll_ups",
    "roll_ups/recent_payment_sums",
    "roll_ups/recent_latency_minutes",
    "views/payment_volume",
    "views/alert_reasons",
    "views/main_reason",
    "views/alert_signs",
    "views/desk_now",
    "views/alerted_cards",
    "views/suspected_payments",
    "views/pipeline_latency",
    "views/message_outcomes",
    "views/payment_conflicts",
    "views/pipeline_state",
    "views/pipeline_now",
    "views/card_payments",
    "views/card_reasons",
    "views/features",
    "views/card_features",
    "views/known_frauds",
    "roll_ups/label_delays",
    "views/label_age_hours",
    "views/day_arrivals",
    "views/true_frauds",
    "views/rate_bound",
    "views/model_verdicts",
    "views/model_rates",
    "views/score_bands",
    "views/model_ranking",
    "views/model_contest",
    "views/score_spread",
    "views/review_load",
    "views/feature_drift",
    "views/drift_signals",
    "views/drift_events",
    "views/merchants_now",
    "views/merchant_risk_over_time",
    "roll_ups/victim_visits",
    "views/compromised_suspects",
)
# Stands in a file for what the headers of the pipeline's files say.
FEATURES = "(0, 'feature', 'unit', 'meaning')"
MADE_FROM = f"SELECT obj_description(to_regnamespace('{SCHEMA}'))"


def read_files(files: tuple[str, ...] = FILES, folder: Path = POSTGRES_DIR) -> dict[str, str]:
    """
    The SQL of each file, by its name.

    :raises JobFilesError: a feature of the model is not described.
    """
    features = feature_rows()
    return {
        name: (folder / f"{name}.sql").read_text("utf-8").replace(FEATURES, features)
        for name in files
    }


def feature_rows() -> str:
    """The features of the model as rows of VALUES: number, name, unit, meaning."""
    rows = [
        f"({number}, {', '.join(map(quoted, (entry.name, entry.unit, entry.meaning)))})"
        for number, entry in enumerate(feature_registry(PAYMENTS.job).values(), start=1)
    ]
    return ",\n    ".join(rows)


def quoted(text: str) -> str:
    """Text as a SQL string."""
    return "'" + text.replace("'", "''") + "'"


def fingerprint(statements: dict[str, str]) -> str:
    """Another one for other files or another order."""
    return hashlib.sha256(repr(list(statements.items())).encode()).hexdigest()


def make(url: str, statements: dict[str, str] | None = None) -> bool:
    """
    Make the schema from its files, unless it is made from them already.

    :param url: of the database; its user owns the tables.
    :param statements: instead of the files'.
    :return: whether it was made now.
    :raises MigrationError: Postgres refused a file.
    """
    statements = read_files() if statements is None else statements
    made_from = f"made from {fingerprint(statements)}"
    with psycopg.connect(url) as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (Lock.SCHEMA,))
        if connection.execute(MADE_FROM).fetchone() == (made_from,):
            return False
        schema = sql.Identifier(SCHEMA)
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
        for name, statement in statements.items():
            try:
                connection.execute(sql.SQL(statement))  # type: ignore[arg-type]
            except psycopg.Error as error:
                raise MigrationError(
                    f"{name}.sql failed: {str(error).strip().splitlines()[0]}",
                    "the views are unchanged; fix the file and run `swipestream up` again",
                ) from None
        connection.execute(
            sql.SQL("COMMENT ON SCHEMA {} IS {}").format(schema, sql.Literal(made_from))
        )
        return True


def refresh(connection: psycopg.Connection) -> int:
    """
    Bring the roll-ups up to date.

    :param connection: of the owner.
    :return: rows that changed.
    """
    row = connection.execute("SELECT dashboards.refresh_roll_ups()").fetchone()
    assert row is not None
    return int(row[0])
