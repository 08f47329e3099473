"""Every change of the policy is recorded, however it is made; thresholds come from the curve."""

import json
from collections.abc import Callable, Iterator
from threading import Thread

import numpy as np
import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg import errors

from swipestream.cli import main
from swipestream.models.bundles import current_user
from swipestream.models.decision_policy import CHANNELS, Reason, change, policies
from swipestream.models.policy_audit import policy_changes
from swipestream.settings import Settings
from training.decide.decision_costs import DecisionCosts
from training.decide.decision_curve import DecisionCurve

pytestmark = pytest.mark.stack

DAYS = 10.0
FOUND = "found when changes of the policy began to be recorded"


def part(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    rng = np.random.default_rng(seed)
    scores = rng.beta(0.05, 3, 20_000)
    label = (rng.random(20_000) < scores).astype(int)
    return scores, label, rng.lognormal(9.5, 1, 20_000).astype(np.int64), DAYS


CURVE = DecisionCurve.of(part(1), part(2))
BUNDLE = {"curve": CURVE.to_json(), "costs": DecisionCosts().to_json()}


@pytest.fixture
def connection(settings: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(settings.postgres_url, autocommit=True) as connection:
        yield connection


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["policy", *arguments])


def test_the_first_policy_is_the_first_row(connection: psycopg.Connection) -> None:
    found = policy_changes(connection)
    assert [(item.change_number, item.channel) for item in found] == [
        *((1, "atm"), (2, "online"), (3, "pos"))
    ]
    assert {(item.why, item.before) for item in found} == {(FOUND, None)}
    assert "review_score 0.5, block_score 0.9" in found[0].what


def test_who_why_before_and_after(connection: psycopg.Connection) -> None:
    reason = Reason("anna", "more staff", "")
    change(connection, ("pos", "atm"), {"review_score": 0.25}, reason)
    change(connection, ("pos",), {"review_score": 0.25}, reason)
    first, second = sorted(policy_changes(connection)[3:], key=lambda item: item.channel)
    assert (first.channel, second.channel) == ("atm", "pos")
    assert {first.change_number, second.change_number} == {4, 5}
    for item in (first, second):
        assert (item.actor, item.why, item.chosen_by) == ("anna", "more staff", None)
        assert item.what == "review_score 0.5 to 0.25"
        assert item.before and item.after
        assert item.before["version"] + 1 == item.after["version"]


def test_a_change_without_this_program_is_recorded_too(connection: psycopg.Connection) -> None:
    change(connection, CHANNELS, {"review_score": 0.4}, Reason("anna", "before"))
    connection.execute("UPDATE decision_policies SET block_score = 1 WHERE channel = 'atm'")
    connection.execute("DELETE FROM decision_policies WHERE channel = 'pos'")
    by_hand, removed = policy_changes(connection)[-2:]
    assert (by_hand.actor, by_hand.why) == ("swipestream", "no reason given")
    assert by_hand.what == "block_score 0.9 to 1"
    assert (removed.channel, removed.after, removed.what) == ("pos", None, "removed")


def test_what_is_refused_leaves_no_row(connection: psycopg.Connection) -> None:
    before = len(policy_changes(connection))
    for statement in (
        "UPDATE policy_changes SET why = 'x'",
        "DELETE FROM policy_changes",
        "TRUNCATE policy_changes",
        "TRUNCATE decision_policies",
    ):
        with pytest.raises(errors.RestrictViolation, match="only added to"):
            connection.execute(statement)
    with pytest.raises(errors.CheckViolation):
        connection.execute("UPDATE decision_policies SET review_score = 0.95")
    assert len(policy_changes(connection)) == before


def test_changes_at_once_take_turns(settings: Settings, connection: psycopg.Connection) -> None:
    def alternate(channel: str) -> None:
        with psycopg.connect(settings.postgres_url, autocommit=True) as own:
            for number in range(20):
                change(own, (channel,), {"rule_review_txn_count_5m": 100 + number})

    threads = [Thread(target=alternate, args=(channel,)) for channel in CHANNELS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [item.change_number for item in policy_changes(connection)]
    assert numbers == list(range(1, 3 + 3 * 20 + 1))


def test_thresholds_for_a_number_of_reviews(
    settings: Settings, connection: psycopg.Connection, train: Callable[..., str]
) -> None:
    version = train(promote=True, more=BUNDLE)
    result = run("set", "--reviews-a-day", "12", "--why", "two analysts", "--by", "anna")
    assert result.exit_code == 0, result.output
    wanted = CURVE.choose(DecisionCosts(reviews_per_day=12))
    row = policies(connection)[0]
    assert (row.review_score, row.block_score) == (wanted.review, wanted.block)
    expected = CURVE.expected(wanted, DecisionCosts(), CURVE.test)
    assert f"{expected.reviews_a_day:,.0f} reviews and" in result.stderr
    assert f"{expected.recall:.0%} of fraud found" in result.stderr
    newest = policy_changes(connection)[-1]
    assert (newest.actor, newest.why) == ("anna", "two analysts")
    assert newest.chosen_by and newest.chosen_by.startswith(f"curve of {version}: 12 reviews a day")
    again = run("set", "--reviews-a-day", "12")
    assert "0 of 3 channels changed" in again.stderr
    assert policy_changes(connection)[-1] == newest


def test_thresholds_for_other_costs_and_more_payments(
    connection: psycopg.Connection, train: Callable[..., str]
) -> None:
    train(promote=True, more=BUNDLE)
    arguments = ("--reviews-a-day", "12", "--payments-a-day", "4000")
    assert run("set", *arguments, "--costs", "block-insult-cents=50000").exit_code == 0
    costs = DecisionCosts(reviews_per_day=12, block_insult_cents=50_000)
    wanted = CURVE.choose(costs, 4000)
    assert wanted != CURVE.choose(costs)
    row = policies(connection)[0]
    assert (row.review_score, row.block_score) == (wanted.review, wanted.block)
    assert policy_changes(connection)[-1].actor == current_user()


def test_the_curve_is_printed(settings: Settings, train: Callable[..., str]) -> None:
    version = train(promote=True, more=BUNDLE)
    result = run("curve")
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.stdout.splitlines()[1:]]
    limits = [float(row[0].replace(",", "")) for row in rows]
    saved = [float(row[-1].replace(",", "")) for row in rows]
    assert limits == sorted(limits) and len(limits) > 3
    assert saved[-1] > saved[0]
    assert f"{version}, 2,000 payments a day" in result.stderr


def test_the_audit_is_printed(connection: psycopg.Connection) -> None:
    change(connection, ("atm",), {"review_score": 0.25}, Reason("anna", "more staff"))
    shown = run("audit").stdout
    assert "review_score 0.5 to 0.25" in shown and "more staff" in shown
    newest = json.loads(run("audit", "--json").stdout.splitlines()[-1])
    assert (newest["actor"], newest["after"]["review_score"]) == ("anna", 0.25)


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        (("--costs", "review_cents=3"), "review_cents is not a cost"),
        (("--costs", "review-cents=many"), "many is not a number"),
        (("--costs", "caught-in-review=2"), "caught_in_review is 2"),
        (("--reviews-a-day", "5", "--from-model"), "give scores, or --from-model"),
        (("--reviews-a-day", "5", "--review-score", "0.1"), "give scores, or --from-model"),
        (("--payments-a-day", "5"), "goes with --reviews-a-day or --costs"),
        (("--reviews-a-day", "-1"), "x>=0"),
    ],
)
def test_what_makes_no_sense_is_said(
    settings: Settings, train: Callable[..., str], arguments: tuple[str, ...], fact: str
) -> None:
    train(promote=True, more=BUNDLE)
    result = run("set", *arguments)
    assert result.exit_code != 0
    assert fact in str(result.exception) + result.output


def test_a_model_without_a_curve_is_said(settings: Settings, train: Callable[..., str]) -> None:
    train(promote=True)
    result = run("set", "--reviews-a-day", "5")
    assert result.exit_code != 0
    assert "was trained before bundles had a curve" in str(result.exception) + result.output
