"""`swipestream doctor` names a refused model, who refused it, why, and which model is in use."""

import json
from collections.abc import Callable

import pytest

from flink_jobs.score_payments import JOB
from swipestream.models.changing_models import challenge, promote
from swipestream.models.health import check_models
from swipestream.settings import Settings
from tests.reasons.tiny_trees import with_trees
from udfs.model_bundle import CHALLENGER, CHAMPION, Pointer, write_pointer
from udfs.model_watcher import status_file

pytestmark = pytest.mark.stack

Train = Callable[..., str]


def findings(settings: Settings) -> dict[str, tuple[str, str, str]]:
    return {name: (level, fact, hint) for level, name, fact, hint in check_models(settings)}


def write_status(settings: Settings, name: Pointer, **status: str | None) -> None:
    path = status_file(settings.models_dir, name)
    path.write_text(json.dumps({"serving": None, "refused": None, "reason": None} | status))


def test_no_model_is_a_warning(settings: Settings) -> None:
    assert findings(settings)["model"][0] == "warn"
    assert len(findings(settings)) == 1


def test_all_is_well(settings: Settings, train: Train) -> None:
    first = train()
    promote(settings, first, "anna")
    challenge(settings, train(against=first), "anna")
    found = findings(settings)
    assert {name: level for name, (level, _, _) in found.items()} == {
        "model": "ok",
        # The tiny bundle has no LightGBM file.
        "reasons": "warn",
        "challenger": "ok",
        "model audit": "ok",
    }
    assert found["reasons"][1] == f"model {first} has no model.lgb.txt: its alerts have no reasons"
    assert found["model"][1].startswith(f"champion {first}, ")


def test_a_champion_that_explains_its_alerts(settings: Settings, train: Train) -> None:
    version = train(**with_trees(JOB.model_features))
    promote(settings, version, "anna")
    assert findings(settings)["reasons"] == ("ok", f"alerts of {version} are explained", "")


def test_a_champion_that_the_stream_refused_is_a_failure(settings: Settings, train: Train) -> None:
    first = train()
    promote(settings, first, "anna")
    broken = train(wrong_by=0.1)
    write_pointer(settings.models_dir, CHAMPION, broken)
    write_status(settings, CHAMPION, serving=first, refused=broken, reason="fails its self-test")
    found = findings(settings)
    level, fact, hint = found["model"]
    assert level == "FAIL"
    expected = f"the stream refused the champion {broken}: fails its self-test; {first} goes on"
    assert fact == expected
    assert "swipestream model rollback" in hint
    level, fact, hint = found["model audit"]
    assert level == "warn"
    assert fact == f"the champion is {broken}, the newest change says {first}"
    assert f"swipestream model promote {first}" in hint


def test_a_pointer_that_holds_no_version_is_a_failure(settings: Settings, train: Train) -> None:
    first = train()
    promote(settings, first, "anna")
    (settings.models_dir / "champion").write_text("../../etc\n")
    write_status(settings, CHAMPION, serving=first, reason="is no version")
    level, fact, _ = findings(settings)["model"]
    assert level == "FAIL"
    assert "'../../etc' is no version" in fact
    assert f"{first} goes on" in fact


def test_a_model_for_other_features_is_a_failure(settings: Settings, train: Train) -> None:
    other = train(features=("amount_cents", "channel"), categorical=("channel",))
    write_pointer(settings.models_dir, CHAMPION, other)
    assert "feature 2 of model" in findings(settings)["model"][1]


def test_a_challenger_that_fails_is_a_warning(settings: Settings, train: Train) -> None:
    first = train()
    promote(settings, first, "anna")
    second = train(against=first)
    challenge(settings, second, "anna")
    write_status(settings, CHALLENGER, serving=second, reason="MemoryError: no room")
    level, fact, hint = findings(settings)["challenger"]
    assert (level, fact) == ("warn", f"challenger {second} fails: MemoryError: no room")
    assert "swipestream model withdraw" in hint
    assert findings(settings)["model"][0] == "ok"


def test_a_status_of_another_model_is_old_news(settings: Settings, train: Train) -> None:
    promote(settings, train(), "anna")
    write_status(settings, CHAMPION, serving="m-old", refused="m-older", reason="was broken")
    assert findings(settings)["model"][0] == "ok"
