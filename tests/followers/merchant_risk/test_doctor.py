"""The doctor reports when payments find no snapshot for their hour."""

import time

import pytest

from swipestream.followers.merchant_risk import HOUR_MS, asked_for_ms, due_ms, refresh
from swipestream.operate.doctor import Finding, check_database, check_merchant_risk
from tests.followers.merchant_risk.conftest import RiskDatabase

pytestmark = pytest.mark.stack


def finding(risk_database: RiskDatabase) -> Finding:
    (found,) = check_merchant_risk(risk_database.settings)
    return found


def test_no_snapshot_an_old_one_and_the_newest(risk_database: RiskDatabase) -> None:
    nothing = finding(risk_database)
    assert (nothing.level, nothing.fact) == (
        "warn", "there is no snapshot, so it is unknown to payments"
    )  # fmt: skip
    now_ms = round(time.time() * 1000)
    refresh(risk_database.connection, asked_for_ms(now_ms) - 3 * HOUR_MS)
    assert finding(risk_database).level == "warn"
    refresh(risk_database.connection, due_ms(now_ms))
    assert finding(risk_database).level == "ok"


def test_error_a_table_that_somebody_renamed(risk_database: RiskDatabase) -> None:
    risk_database.connection.execute("ALTER TABLE merchant_risk_hours RENAME TO gone")
    *_, last = check_database(risk_database.settings)
    assert (last.level, last.name) == ("FAIL", "tables")
    assert 'relation "merchant_risk_hours" does not exist' in last.fact
    assert "schema.sql" in last.hint
