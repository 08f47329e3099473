"""Rules change while payments flow: the story of a ring, from shadow to a block."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from flink_jobs.score_payments import JOB
from swipestream.rules.changing import Rules, changing
from swipestream.rules.columns import rule_columns
from swipestream.rules.health import check_rules
from swipestream.rules.preview import preview
from swipestream.rules.publishing import publish
from swipestream.verify.parity.run import run as parity
from swipestream.verify.reconcile.run import reconcile
from tests.eventually import eventually
from tests.pipeline.conftest import Pipeline
from tests.udfs.rules_by_hand import rule
from udfs.rule_set import RULES_FILE

pytestmark = pytest.mark.stack

COLUMNS = rule_columns(JOB)
RING = rule(
    "ring_tickets",
    ("channel", "=", "online"),
    ("merchant_id", "=", "m-ring"),
    ("card_txn_count_5m", ">=", 1),
    ("amount_cents", ">", 8000),
    state="shadow",
)
# The model says of them that they are genuine: the amount is small enough for it.
TICKETS = {"channel": "online", "merchant_id": "m-ring", "amount_cents": 8100}

Change = Callable[[Rules], None]


@pytest.fixture
def job(pipeline: Pipeline) -> Iterator[tuple[str, int]]:
    """The running job and its restarts; rules are off afterwards."""
    yield pipeline.job().job_id, pipeline.restarts()
    with changing(pipeline.settings, COLUMNS, "tests") as opened:
        for known in opened.now.rules:
            opened.set_state(known.name, "off")


def change(pipeline: Pipeline, make: Change, why: str = "a test") -> int | None:
    """:return: the version of the rules from now on."""
    with changing(pipeline.settings, COLUMNS, "anna", why) as opened:
        make(opened)
    return opened.now.version


def second_payment(pipeline: Pipeline, **changes: Any) -> dict[str, Any]:
    """The stored row of a card's second payment within minutes."""
    first = pipeline.payment(**(TICKETS | changes))
    second = first | {"transaction_id": f"{first['transaction_id']}-2"}
    pipeline.send(first, second)
    return pipeline.scored(first, second)[1]


def in_force(pipeline: Pipeline, version: int | None, **changes: Any) -> dict[str, Any]:
    """The row of a payment that those rules were applied to."""
    return eventually(
        lambda: second_payment(pipeline, **changes), lambda row: row["rules_version"] == version
    )


def test_a_ring_is_watched_tried_and_blocked_without_a_restart(
    pipeline: Pipeline, job: tuple[str, int]
) -> None:
    settings = pipeline.settings
    begin = datetime.now(UTC)

    # 14:07: in shadow it is recorded and decides nothing.
    version = change(pipeline, lambda rules: rules.add(RING), "a ring since 14:05")
    row = in_force(pipeline, version)
    assert (row["shadow_rules_fired"], row["rules_fired"]) == ("ring_tickets", None)
    assert (row["rule_action"], row["decision"]) == (None, "approve")
    other = in_force(pipeline, version, amount_cents=8000)
    assert other["shadow_rules_fired"] is None

    # 14:10: its preview counts what is stored.
    with psycopg.connect(settings.postgres_url, autocommit=True) as connection:
        found = preview(connection, RING, COLUMNS, settings.models_dir, begin)
    (stored,) = pipeline.rows(
        # Those count that came before the workers knew the rule.
        "SELECT COUNT(*) AS hits FROM scored_payments WHERE channel = 'online' "
        "AND merchant_id = 'm-ring' AND card_txn_count_5m >= 1 AND amount_cents > 8000"
    )
    assert found.hits == stored["hits"] >= 1
    assert found.model_hits == 0

    # 14:11: it blocks.
    version = change(pipeline, lambda rules: rules.set_state("ring_tickets", "live"), "it is fraud")
    row = in_force(pipeline, version)
    assert (row["rules_fired"], row["shadow_rules_fired"]) == ("ring_tickets", None)
    assert (row["rule_action"], row["decision"]) == ("block", "block")
    assert row["score"] < 0.5 and not row["is_degraded"]
    key = (row["transaction_id"], row["card_id"])
    reasons = eventually(
        lambda: pipeline.rows(
            "SELECT kind, code, text FROM alert_reasons WHERE (transaction_id, card_id) = (%s, %s) "
            "AND rank = 1",
            *key,
        )
    )
    assert reasons == [{"kind": "rule", "code": "P06", "text": "rule ring_tickets"}]

    # A card that is known to be good is let through, by a list and from then on.
    good = pipeline.payment(**TICKETS)["card_id"]

    def let_through(rules: Rules) -> None:
        rules.add_entries("good_cards", "cards", {good: None})

    change(pipeline, let_through)
    allowed = rule("known_good", ("card_id", "in list", "good_cards"), action="allow")
    version = change(pipeline, lambda rules: rules.add(allowed))
    row = in_force(pipeline, version, card_id=good)
    assert (row["rules_fired"], row["decision"]) == ("known_good,ring_tickets", "approve")
    row = in_force(pipeline, version, card_id=good, amount_cents=900_000)
    assert (row["score"] >= 0.5, row["decision"]) == (True, "approve")

    # 16:00: off again.
    version = change(pipeline, lambda rules: rules.set_state("ring_tickets", "off"))
    row = in_force(pipeline, version)
    assert (row["rules_fired"], row["decision"]) == (None, "approve")

    assert (pipeline.job().job_id, pipeline.restarts()) == job
    assert reconcile(settings).is_complete
    checked = parity(settings, begin, with_log=False).rules
    assert checked is not None and checked.compared > 0
    assert (checked.mismatched, checked.unknown, checked.differences) == (0, {}, [])


def test_a_broken_file_changes_nothing_and_is_told(
    pipeline: Pipeline, job: tuple[str, int]
) -> None:
    settings = pipeline.settings
    one = rule("broken_file", ("merchant_id", "=", "m-broken"), action="review")
    version = change(pipeline, lambda rules: rules.add(one))
    assert in_force(pipeline, version, merchant_id="m-broken")["decision"] == "review"
    assert next(check_rules(settings, COLUMNS))[0] == "ok"

    path = settings.models_dir / RULES_FILE
    path.write_text(path.read_text()[:-20])
    # It is refused with the next payments; which rules are applied does not change.
    (level, _, fact, hint) = eventually(
        lambda: (second_payment(pipeline), next(check_rules(settings, COLUMNS)))[1],
        lambda found: f"version {version} goes on" in found[2],
    )
    assert level == "FAIL" and str(path) in fact and "rules publish" in hint
    row = second_payment(pipeline, merchant_id="m-broken")
    assert (row["rules_version"], row["decision"]) == (version, "review")

    with psycopg.connect(settings.postgres_url, autocommit=True) as connection:
        publish(connection, settings.models_dir, COLUMNS)
    eventually(
        lambda: (second_payment(pipeline), next(check_rules(settings, COLUMNS))[0])[1],
        lambda level: level == "ok",
    )
