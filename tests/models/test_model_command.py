"""`swipestream model`: what it prints, for people and for scripts, and how it refuses."""

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from swipestream.cli import main
from swipestream.models.bundles import current_user
from swipestream.settings import Settings
from udfs.model_bundle import CHAMPION, read_pointer

pytestmark = pytest.mark.stack

Train = Callable[..., str]
UNRECORDED = "not recorded: MLflow is not installed; run `make registry`"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["model", *arguments])


def test_a_life_of_two_models(settings: Settings, train: Train) -> None:
    first = train()
    assert run("list").output.split()[-3:] == ["2030-01-01", "00:00", "passed"]
    recorded = run("record", first, "--why", "trained", "--by", "anna")
    assert recorded.exit_code == 1, "MLflow is not installed, which a script can tell"
    assert recorded.stdout == f"model {first} is the champion\n"
    assert recorded.stderr.startswith(UNRECORDED)

    second = train(against=first)
    run("record", second)
    rows = {row.split()[0]: row for row in run("list").output.splitlines()}
    assert " champion " in rows[first]
    assert " challenger " in rows[second]

    promoted = run("promote", "challenger", "--why", "it is better")
    assert promoted.exit_code == 0
    assert promoted.stdout == f"{second} is the champion; previous: {first}\n"
    assert "swipestream policy set --from-model" in promoted.stderr
    assert run("promote", second).stdout == f"{second} is already the champion\n"

    back = run("rollback", "--why", "too many reviews", "--json")
    assert json.loads(back.stdout) == {
        "pointer": "champion",
        "before": second,
        "after": first,
        "is_new": True,
        "not_recorded": "not recorded: MLflow is not installed",
    }
    changes = [json.loads(line) for line in run("audit", "--json").stdout.splitlines()]
    assert [(change["action"], change["actor"], change["why"]) for change in changes] == [
        ("promote", "anna", "trained"),
        ("challenge", current_user(), "the gate let it pass"),
        ("promote", current_user(), "it is better"),
        ("rollback", current_user(), "too many reviews"),
    ]
    shown = run("show", "champion").output
    assert first in shown
    assert "too many reviews" in shown
    assert "average precision" in run("list").output


def test_show_for_scripts_has_the_gate_and_the_changes(settings: Settings, train: Train) -> None:
    version = train()
    run("promote", version)
    shown = json.loads(run("show", version, "--json").stdout)
    assert (shown["version"], shown["role"], shown["gate"]) == (version, "champion", "passed")
    assert [change["action"] for change in shown["changes"]] == ["promote"]


def test_a_broken_model_is_listed_with_what_is_wrong(settings: Settings, train: Train) -> None:
    version = train()
    (settings.models_dir / version / "model.onnx").write_bytes(b"half")
    (found,) = [json.loads(line) for line in run("list", "--json").stdout.splitlines()]
    assert found["version"] == version
    assert "model.onnx is not the file that was written" in found["problem"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["promote", "m-none"], "has no model m-none"),
        (["show", "m-none"], "has no model m-none"),
        (["record", "m-none"], "has no model m-none"),
        (["rollback"], "there is no champion"),
        (["promote", "challenger"], "there is no challenger"),
        (["withdraw"], "there is no challenger"),
        (["compare"], "no payment was scored by a champion and a challenger"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_one_fact_and_a_hint(
    settings: Settings, arguments: list[str], error: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    first, second = result.stderr.splitlines()
    assert first.startswith("error: ") and error in first
    assert second.startswith("hint: ")


def test_refused_by_the_gate_and_forced(settings: Settings, train: Train) -> None:
    first = train()
    run("promote", first)
    second = train("refused", first)
    refused = run("promote", second)
    assert refused.exit_code == 1
    assert "no better than the noise" in refused.stderr
    assert read_pointer(settings.models_dir, CHAMPION) == first
    assert run("promote", second, "--force").exit_code == 1
    assert run("promote", second, "--force", "--why", "an experiment").exit_code == 0
    assert read_pointer(settings.models_dir, CHAMPION) == second


def test_all_models_are_recorded(settings: Settings, train: Train) -> None:
    versions = {train(), train("refused")}
    lines = run("record", "--all").stdout.splitlines()
    assert {line.split()[1] for line in lines} == versions
    assert read_pointer(settings.models_dir, CHAMPION) in versions
    assert run("record").exit_code == 2, "neither versions nor --all"
