"""The desk as `swipestream up --desk` starts it: an alert is a case, its verdict reaches Kafka."""

from collections.abc import Iterator

import psycopg
import pytest

from swipestream.operate import control, doctor
from swipestream.settings import Settings
from tests.cases.stored import (
    Database,
    add_people,
    labels_of,
    payments_of,
    session,
    store,
)
from tests.eventually import eventually
from tests.serving.desk.browser import Browser

# It starts the followers of all tests again.
pytestmark = [pytest.mark.stack, pytest.mark.disruptive]


@pytest.fixture
def with_desk(stack: Settings) -> Iterator[Settings]:
    settings = control.up(stack, desk=True)
    yield settings
    control.up(stack, desk=False)


@pytest.fixture
def owner(stack: Settings) -> Iterator[Database]:
    with psycopg.connect(stack.postgres_url, autocommit=True) as connection:
        yield connection


def states(settings: Settings) -> dict[str, str]:
    return {line.name: line.state for line in control.status(settings)}


def test_up_starts_the_desk_and_an_alert_goes_all_the_way(
    with_desk: Settings, owner: Database
) -> None:
    assert states(with_desk)["desk"] == "running"
    assert "alert-cases" in states(with_desk)
    if not owner.execute("SELECT 1 FROM analysts WHERE closed_at IS NULL").fetchone():
        (finding,) = doctor.check_desk(with_desk)
        assert (finding.level, finding.fact) == ("warn", "nobody may use the desk")
    add_people(owner, zoe="analyst")
    payment = store(owner, "c-stack", amount_cents=77_700)
    found = eventually(
        lambda: owner.execute(
            "SELECT case_number FROM case_alerts WHERE transaction_id = %s", [payment]
        ).fetchone(),
        what="the follower has opened a case",
    )
    assert found is not None
    number = found[0]
    zoe = Browser(with_desk.desk_port)
    zoe.cookie = f"swipestream_desk={session(owner, 'zoe')}"
    page = zoe.get(f"/cases/by-payment/{payment}")
    assert "777.00 EUR" in page.text
    closed = zoe.send(page, f"/cases/{number}/verdict", verdict="fraud", reason="leaked_card")
    assert "Fraud: Leaked card data" in closed.text
    eventually(lambda: labels_of(owner, number)[0]["sent_at"], what="the label is sent")
    assert payments_of(owner, number) == [payment]
    assert [finding.level for finding in doctor.check_desk(with_desk)] == ["ok"]
