"""Promotion and rollback: first checked and recorded, one at a time, completed by a retry."""

import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from swipestream.errors import SwipestreamError
from swipestream.models import changing_models
from swipestream.models.audit import Change, changing, open_audit
from swipestream.models.changing_models import challenge, promote, rollback, withdraw
from swipestream.models.errors import ChangeError, GateError, UnknownModelError, UnusableModelError
from swipestream.settings import Settings
from tests.models.conftest import judge
from udfs.model_bundle import CHALLENGER, CHAMPION, read_pointer, write_pointer

pytestmark = pytest.mark.stack

Train = Callable[..., str]


def champion(settings: Settings) -> str | None:
    return read_pointer(settings.models_dir, CHAMPION)


def challenger(settings: Settings) -> str | None:
    return read_pointer(settings.models_dir, CHALLENGER)


def changes(settings: Settings) -> list[Change]:
    with open_audit(settings) as audit:
        return audit.changes()


def moves(settings: Settings) -> list[tuple[str, str | None, str | None]]:
    return [(row.action, row.from_version, row.to_version) for row in changes(settings)]


def test_a_promotion_is_noted_with_who_why_and_the_gates_figures(
    settings: Settings, train: Train
) -> None:
    first = train()
    outcome = promote(settings, first, "anna", "the first one")
    assert (outcome.before, outcome.after, outcome.is_new) == (None, first, True)
    assert champion(settings) == first
    second = train(against=first)
    promote(settings, second, "bert", "fewer false alarms")
    assert champion(settings) == second
    one, two = changes(settings)
    assert (one.change_number, one.actor, one.why) == (1, "anna", "the first one")
    assert (two.change_number, two.actor, two.why) == (2, "bert", "fewer false alarms")
    assert (two.action, two.from_version, two.to_version) == ("promote", first, second)
    assert two.gate is not None and two.gate["figures"] == {"candidate": 0.7, "difference": None}
    assert not two.is_forced


def test_what_training_found_out_is_noted_for_the_dashboards(
    settings: Settings, train: Train
) -> None:
    found = {
        "metrics": {"average_precision": 0.7, "score_bands": [90, 1, 1, 1, 1, 1, 1, 1, 1, 2]},
        "costs": {"reviews_per_day": None, "review_share": 0.02},
    }
    first = train(more=found)
    promote(settings, first, "anna")
    second = train(against=first)
    challenge(settings, second, "anna")
    promote(settings, "challenger", "anna")
    with psycopg.connect(settings.postgres_url) as connection:
        rows = connection.execute(
            "SELECT model_version, average_precision, reviews_per_day, review_share, "
            "test_score_bands FROM model_facts ORDER BY review_share"
        ).fetchall()
    assert rows == [
        (first, 0.7, None, 0.02, [90, 1, 1, 1, 1, 1, 1, 1, 1, 2]),
        # A bundle that says nothing about it.
        (second, None, None, None, None),
    ]


def test_what_is_missing_in_mlflow_is_said_with_the_command_that_adds_it(
    settings: Settings, train: Train
) -> None:
    version = train()
    fact, hint = promote(settings, version, "anna").unfinished or ("", "")
    assert fact == "not recorded: MLflow is not installed"
    assert hint == f"run `make registry`, `swipestream model record {version}`"
    assert champion(settings) == version


def test_the_challenger_is_promoted_by_that_name_and_challenges_no_more(
    settings: Settings, train: Train
) -> None:
    first = train()
    promote(settings, first, "anna")
    second = train(against=first)
    challenge(settings, second, "anna")
    assert challenger(settings) == second
    promote(settings, "challenger", "anna")
    assert (champion(settings), challenger(settings)) == (second, None)
    with pytest.raises(ChangeError, match="there is no challenger"):
        promote(settings, "challenger", "anna")


def refused_by_the_gate(settings: Settings, train: Train) -> str:
    return train("refused", champion(settings))


def judged_against_another(settings: Settings, train: Train) -> str:
    return train("passed", "m-before")


def never_judged(settings: Settings, train: Train) -> str:
    return train(None)


@pytest.mark.parametrize(
    ("candidate", "fact"),
    [
        (refused_by_the_gate, "the gate refused model .*: no better than the noise"),
        (judged_against_another, "passed the gate against m-before, but the champion is"),
        (never_judged, "has no verdict of the gate"),
    ],
)
def test_without_a_passed_gate_only_force_and_a_reason_promote(
    settings: Settings, train: Train, candidate: Callable[[Settings, Train], str], fact: str
) -> None:
    first = train()
    promote(settings, first, "anna")
    version = candidate(settings, train)
    with pytest.raises(GateError, match=fact) as raised:
        promote(settings, version, "anna", "please")
    assert "--force --why" in raised.value.hint
    with pytest.raises(ChangeError, match="needs a reason"):
        promote(settings, version, "anna", force=True)
    assert champion(settings) == first
    assert len(changes(settings)) == 1
    promote(settings, version, "anna", "the first one is broken", force=True)
    assert champion(settings) == version
    assert changes(settings)[-1].is_forced


def truncated(models_dir: Path, train: Train) -> str:
    version = train()
    model = models_dir / version / "model.onnx"
    model.write_bytes(model.read_bytes()[:100])
    return version


def failing_its_self_test(models_dir: Path, train: Train) -> str:
    return train(wrong_by=0.1)


def of_other_features(models_dir: Path, train: Train) -> str:
    return train(features=("amount_cents", "channel"), categorical=("channel",))


def half_written(models_dir: Path, train: Train) -> str:
    version = train()
    manifest = models_dir / version / "bundle.json"
    manifest.write_text(manifest.read_text()[:200])
    return version


@pytest.mark.parametrize(
    ("broken", "fact"),
    [
        (truncated, r"model\.onnx is not the file that was written"),
        (failing_its_self_test, "fails its self-test"),
        (of_other_features, "feature 2 of model .* is channel, the SQL's is"),
        (half_written, r"bundle\.json cannot be read"),
    ],
)
@pytest.mark.parametrize("change", [promote, challenge])
def test_a_model_that_the_stream_would_refuse_is_refused_first_even_by_force(
    settings: Settings,
    train: Train,
    broken: Callable[[Path, Train], str],
    fact: str,
    change: Callable[..., object],
) -> None:
    first = train()
    promote(settings, first, "anna")
    version = broken(settings.models_dir, train)
    with pytest.raises(UnusableModelError, match=fact):
        change(settings, version, "anna", "please", force=True)
    assert (champion(settings), challenger(settings)) == (first, None)
    assert len(changes(settings)) == 1


@pytest.mark.parametrize("version", ["m-20300101000000-0000000000", "../models", "..", ".", ""])
def test_an_unknown_version_is_said(settings: Settings, train: Train, version: str) -> None:
    promote(settings, train(), "anna")
    with pytest.raises(UnknownModelError, match="has no model"):
        promote(settings, version, "anna", "please", force=True)
    assert len(changes(settings)) == 1


def test_rolling_back_goes_one_champion_further_back_each_time(
    settings: Settings, train: Train
) -> None:
    versions = [train()]
    promote(settings, versions[0], "anna")
    for _ in range(2):
        versions.append(train(against=versions[-1]))
        promote(settings, versions[-1], "anna")
    rollback(settings, "bert", "too many reviews")
    assert champion(settings) == versions[1]
    rollback(settings, "bert")
    assert champion(settings) == versions[0]
    with pytest.raises(ChangeError, match=f"no champion before {versions[0]} is known"):
        rollback(settings, "bert")
    assert moves(settings)[3:] == [
        ("rollback", versions[2], versions[1]),
        ("rollback", versions[1], versions[0]),
    ]
    assert changes(settings)[3].why == "too many reviews"


def test_without_a_champion_there_is_nothing_to_roll_back_to(settings: Settings) -> None:
    with pytest.raises(ChangeError, match="there is no champion"):
        rollback(settings, "anna")


def test_a_champion_before_that_is_broken_is_not_rolled_back_to(
    settings: Settings, train: Train
) -> None:
    first = train()
    promote(settings, first, "anna")
    second = train(against=first)
    promote(settings, second, "anna")
    (settings.models_dir / first / "model.onnx").unlink()
    with pytest.raises(UnusableModelError, match="the champion before cannot be used"):
        rollback(settings, "anna")
    assert champion(settings) == second
    assert len(changes(settings)) == 2


def test_a_champion_named_by_hand_is_rolled_back_from(settings: Settings, train: Train) -> None:
    first = train()
    promote(settings, first, "anna")
    by_hand = train(None)
    write_pointer(settings.models_dir, CHAMPION, by_hand)
    rollback(settings, "anna")
    assert champion(settings) == first
    assert moves(settings)[-1] == ("rollback", by_hand, first)


def test_promoting_twice_is_the_same_as_once(settings: Settings, train: Train) -> None:
    version = train()
    assert promote(settings, version, "anna").is_new
    assert not promote(settings, version, "anna").is_new
    assert len(changes(settings)) == 1


def test_a_pointer_that_cannot_be_written_is_said_and_the_promotion_completed_later(
    settings: Settings, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = train()
    promote(settings, first, "anna")
    second = train(against=first)
    real = write_pointer

    def refuse(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(changing_models, "write_pointer", refuse)
    with pytest.raises(ChangeError, match=f"the champion is still {first}") as raised:
        promote(settings, second, "anna")
    assert f"`swipestream model promote {second}`" in raised.value.hint
    assert champion(settings) == first
    monkeypatch.setattr(changing_models, "write_pointer", real)
    promote(settings, second, "anna")
    assert champion(settings) == second
    assert moves(settings) == [("promote", None, first), ("promote", first, second)]


def test_a_rollback_after_an_interrupted_promotion_goes_to_the_champion_before(
    settings: Settings, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = train()
    promote(settings, first, "anna")
    second = train(against=first)
    promote(settings, second, "anna")
    third = train(against=second)
    with monkeypatch.context() as patch:
        patch.setattr(
            changing_models, "write_pointer", lambda *_: (_ for _ in ()).throw(OSError(28, "full"))
        )
        with pytest.raises(ChangeError):
            promote(settings, third, "anna")
    rollback(settings, "anna")
    assert champion(settings) == first


def test_without_a_database_nothing_is_changed(settings: Settings, train: Train) -> None:
    import dataclasses

    version = train()
    away = dataclasses.replace(settings, database_url="postgresql://u:p@127.0.0.1:1/nowhere")
    for change in (promote, challenge):
        with pytest.raises(SwipestreamError, match="the database does not answer"):
            change(away, version, "anna")
    assert (champion(settings), challenger(settings)) == (None, None)


def test_two_promotions_at_once_take_turns(settings: Settings, train: Train) -> None:
    first = train()
    promote(settings, first, "anna")
    rivals = [train(against=first) for _ in range(4)]
    failures: list[str] = []

    def run(version: str) -> None:
        try:
            promote(settings, version, version)
        except SwipestreamError as error:
            failures.append(error.fact)

    threads = [threading.Thread(target=run, args=(version,)) for version in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The one that came first is the champion; the verdicts of the others are about another.
    winner = champion(settings)
    assert winner in rivals
    assert len(failures) == 3
    assert all(f"but the champion is {winner}" in fact for fact in failures)
    assert moves(settings) == [("promote", None, first), ("promote", first, winner)]


def test_a_change_that_takes_too_long_is_said(settings: Settings) -> None:
    with (
        changing(settings),
        pytest.raises(ChangeError, match="another change of models has been under way for 1 s"),
        changing(settings, patience_seconds=1),
    ):
        pass


def test_a_challenger_comes_and_goes(settings: Settings, train: Train) -> None:
    first = train()
    promote(settings, first, "anna")
    second = train(against=first)
    assert challenge(settings, second, "anna").is_new
    assert not challenge(settings, second, "anna").is_new
    withdraw(settings, "anna", "too slow")
    assert challenger(settings) is None
    with pytest.raises(ChangeError, match="there is no challenger"):
        withdraw(settings, "anna")
    assert moves(settings)[1:] == [("challenge", None, second), ("withdraw", second, None)]


def test_the_champion_cannot_challenge_itself(settings: Settings, train: Train) -> None:
    version = train()
    promote(settings, version, "anna")
    with pytest.raises(ChangeError, match="is the champion"):
        challenge(settings, version, "anna", "please", force=True)


def test_a_verdict_that_makes_no_sense_promotes_nothing(settings: Settings, train: Train) -> None:
    version = train()
    for text in ("{", "[]", '{"verdict": "maybe"}', '{"reasons": []}'):
        (settings.models_dir / version / "gate.json").write_text(text)
        with pytest.raises(GateError, match=r"gate\.json"):
            promote(settings, version, "anna")
    judge(settings, version, "passed")
    promote(settings, version, "anna")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE model_changes SET why = 'other'",
        "UPDATE model_changes SET why = 'other' WHERE FALSE",
        "DELETE FROM model_changes",
        "TRUNCATE model_changes",
    ],
)
def test_the_audit_is_only_added_to(settings: Settings, train: Train, statement: str) -> None:
    promote(settings, train(), "anna")
    with (
        psycopg.connect(settings.postgres_url) as connection,
        pytest.raises(psycopg.errors.RestrictViolation, match="model_changes is only added to"),
    ):
        connection.execute(statement)
    assert len(changes(settings)) == 1


def test_a_database_without_the_table_is_said(settings: Settings, train: Train) -> None:
    with psycopg.connect(settings.postgres_url) as connection:
        connection.execute("DROP TABLE model_changes")
    with pytest.raises(ChangeError, match="no table model_changes") as raised:
        promote(settings, train(), "anna")
    assert "swipestream up" in raised.value.hint
