"""A trained model gets the role that the gate allows, once; recording can be made up for later."""

import dataclasses
from collections.abc import Callable

import pytest

from swipestream.errors import SwipestreamError
from swipestream.models.audit import open_audit
from swipestream.models.changing_models import promote, rollback, withdraw
from swipestream.models.errors import UnusableModelError
from swipestream.models.recording import record
from swipestream.settings import Settings
from udfs.model_bundle import CHALLENGER, CHAMPION, read_pointer, write_pointer

pytestmark = pytest.mark.stack

Train = Callable[..., str]


def pointers(settings: Settings) -> tuple[str | None, str | None]:
    folder = settings.models_dir
    return read_pointer(folder, CHAMPION), read_pointer(folder, CHALLENGER)


def actions(settings: Settings) -> list[tuple[str, str | None]]:
    with open_audit(settings) as audit:
        return [(change.action, change.to_version) for change in audit.changes()]


@pytest.mark.parametrize("verdict", ["passed", None])
def test_the_first_model_becomes_the_champion(
    settings: Settings, train: Train, verdict: str | None
) -> None:
    version = train(verdict)
    recorded = record(settings, version, "anna", "trained")
    assert recorded.fact == f"model {version} is the champion"
    assert pointers(settings) == (version, None)
    assert actions(settings) == [("promote", version)]


def test_a_better_model_becomes_the_challenger(settings: Settings, train: Train) -> None:
    first = train()
    record(settings, first, "anna")
    second = train(against=first)
    recorded = record(settings, second, "anna")
    assert recorded.fact == f"model {second} is the challenger"
    assert pointers(settings) == (first, second)
    assert actions(settings) == [("promote", first), ("challenge", second)]


def test_a_refused_model_changes_nothing_and_is_noted_with_its_figures(
    settings: Settings, train: Train
) -> None:
    first = train()
    record(settings, first, "anna")
    second = train("refused", first)
    recorded = record(settings, second, "anna")
    assert recorded.fact == f"model {second} is not proposed: the gate refused it"
    assert pointers(settings) == (first, None)
    with open_audit(settings) as audit:
        change = audit.changes()[-1]
    assert (change.action, change.to_version) == ("refuse", second)
    assert change.why == "no better than the noise"
    assert change.gate is not None and change.gate["figures"]["candidate"] == 0.7


def test_a_refused_first_model_is_no_champion(settings: Settings, train: Train) -> None:
    record(settings, train("refused"), "anna")
    assert pointers(settings) == (None, None)


def test_a_verdict_about_an_earlier_champion_proposes_nothing(
    settings: Settings, train: Train
) -> None:
    first = train()
    record(settings, first, "anna")
    second = train(against="m-before")
    assert "passed the gate against m-before" in record(settings, second, "anna").fact
    assert pointers(settings) == (first, None)


def test_recording_twice_is_the_same_as_once(settings: Settings, train: Train) -> None:
    versions = [train()]
    record(settings, versions[0], "anna")
    versions += [train(against=versions[0]), train("refused", versions[0])]
    for version in versions:
        record(settings, version, "anna")
    before = pointers(settings), actions(settings)
    for version in versions:
        assert not record(settings, version, "anna").is_new
    assert (pointers(settings), actions(settings)) == before


def test_a_model_that_was_taken_back_is_not_proposed_again(
    settings: Settings, train: Train
) -> None:
    first = train()
    record(settings, first, "anna")
    second, third = train(against=first), train(against=first)
    promote(settings, second, "anna")
    rollback(settings, "anna")
    record(settings, third, "anna")
    withdraw(settings, "anna")
    for version in (second, third):
        assert record(settings, version, "anna").fact == (
            f"model {version} is neither champion nor challenger"
        )
    assert pointers(settings) == (first, None)


def test_a_champion_from_before_the_audit_is_noted(settings: Settings, train: Train) -> None:
    version = train(None)
    write_pointer(settings.models_dir, CHAMPION, version)
    record(settings, version, "anna")
    assert actions(settings) == [("promote", version)]
    with open_audit(settings) as audit:
        assert audit.changes()[0].why == "found as the champion"


def test_without_a_database_the_model_stays_and_is_recorded_later(
    settings: Settings, train: Train
) -> None:
    version = train()
    away = dataclasses.replace(settings, database_url="postgresql://u:p@127.0.0.1:1/nowhere")
    with pytest.raises(SwipestreamError, match="the database does not answer"):
        record(away, version, "anna")
    assert pointers(settings) == (None, None)
    record(settings, version, "anna")
    assert pointers(settings) == (version, None)


def test_a_broken_model_is_not_proposed(settings: Settings, train: Train) -> None:
    version = train(wrong_by=0.1)
    with pytest.raises(UnusableModelError, match="self-test"):
        record(settings, version, "anna")
    assert pointers(settings) == (None, None)
    assert actions(settings) == []


def test_a_better_model_is_promoted_at_once_on_request(settings: Settings, train: Train) -> None:
    first = train()
    record(settings, first, "anna")
    second = train(against=first)
    record(settings, second, "anna", at_once=True)
    assert pointers(settings) == (second, None)
    third = train("refused", second)
    record(settings, third, "anna", at_once=True)
    assert pointers(settings) == (second, None)


def test_nothing_is_proposed_on_request(settings: Settings, train: Train) -> None:
    version = train()
    recorded = record(settings, version, "anna", at_once=False)
    assert recorded.fact == f"model {version} is neither champion nor challenger"
    assert recorded.unfinished is not None
    assert (pointers(settings), actions(settings)) == ((None, None), [])
