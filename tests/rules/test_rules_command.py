"""`swipestream rules` and `lists`: what is said, and what is refused with the next step."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from swipestream.cli import main
from swipestream.database.locks import Lock
from swipestream.settings import Settings
from udfs.rule_set import RULES_FILE

RING = (
    *("rules", "add", "ring", "--action", "block"),
    *("--when", "channel = online", "--when", "amount_cents > 8000"),
)

pytestmark = pytest.mark.usefixtures("settings")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def said(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 1, result.output
    lines = result.output.strip().splitlines()
    assert len(lines) == 2 and lines[0].startswith("error: ") and lines[1].startswith("hint: ")
    return result.output


def in_file(settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((settings.models_dir / RULES_FILE).read_text())
    return found


def test_a_rule_from_its_beginning_to_its_end(settings: Settings) -> None:
    assert "no rules" in said("rules", "list")
    assert "ring is shadow: block (version 1)" in said(*RING, "--why", "a ring since 14:05")
    assert [rule["state"] for rule in in_file(settings)["rules"]] == ["shadow"]
    assert "ring is live: block (version 2)" in said("rules", "live", "ring", "--by", "anna")
    assert "ring is already so; nothing changed" in said("rules", "live", "ring")
    assert "ring is live: review (version 3)" in said("rules", "edit", "ring", "--action", "review")
    said("rules", "edit", "ring", "--when", "km_from_home is unknown")
    row = said("rules", "list").splitlines()[1].split()
    assert row == ["ring", "live", "review", "km_from_home", "is", "unknown"]
    assert "ring is off" in said("rules", "off", "ring")
    assert in_file(settings)["rules"] == []
    assert "ring is shadow" in said("rules", "shadow", "ring")
    shown = said("rules", "show", "ring")
    assert "COALESCE(payments.km_from_home IS NULL, FALSE)" in shown
    assert "a ring since 14:05" in shown and "anna" in shown and "shadow to live" in shown
    assert len(json.loads(said("rules", "show", "ring", "--json"))["changes"]) == 6
    changes = [json.loads(line) for line in said("rules", "audit", "--json").splitlines()]
    assert [change["change_number"] for change in changes] == [1, 2, 3, 4, 5, 6]
    assert json.loads(said("rules", "list", "--json"))["name"] == "ring"


def test_a_list_from_its_beginning_to_its_end(settings: Settings, tmp_path: Path) -> None:
    assert "no lists" in said("lists", "show")
    added = said("lists", "add", "bad", "c-1", "c-2", "--kind", "cards", "--for", "7d")
    assert "bad: 2 added, 0 removed; 2 entries (version 2)" in added
    again = said("lists", "add", "bad", "c-1", "c-3")
    assert "bad: 1 added, 0 removed, 1 with another expiry; 3 entries" in again
    assert "bad: 0 added, 1 removed; 2 entries" in said("lists", "remove", "bad", "c-2")
    file = tmp_path / "leaked.csv"
    file.write_text("value,expires\nc-4\nc-5,2030-01-31\n\nc-6,2030-01-31T12:30\n")
    assert "bad: 3 added, 0 removed; 5 entries" in said("lists", "import", "bad", str(file))
    (shown,) = map(json.loads, said("lists", "show", "bad", "--json").splitlines())
    assert shown["entries"] == {
        "c-1": None,
        "c-3": None,
        "c-4": None,
        "c-5": 1_896_048_000_000,
        "c-6": 1_896_093_000_000,
    }
    assert "2030-01-31 12:30:00" in said("lists", "show", "bad")
    said("rules", "add", "known", "--action", "block", "--when", "card_id in list bad")
    assert "known" in said("lists", "show")
    assert in_file(settings)["lists"]["bad"]["entries"] == shown["entries"]


def test_a_long_list_is_shown_in_part(tmp_path: Path) -> None:
    file = tmp_path / "many.txt"
    file.write_text("".join(f"m-{number}\n" for number in range(100)))
    said("lists", "import", "shops", str(file), "--kind", "merchants")
    assert "and 80 more; --all prints them" in said("lists", "show", "shops")
    assert "m-99" in said("lists", "show", "shops", "--all")


@pytest.mark.parametrize(
    ("arguments", "fact", "hint"),
    [
        (
            ("rules", "add", "a", "--action", "block", "--when", "amount > 1"),
            "there is no column amount",
            "did you mean amount_cents?",
        ),
        (
            ("rules", "add", "a", "--action", "block", "--when", "card_txn_count > 1"),
            "there is no column card_txn_count",
            "did you mean card_txn_count_",
        ),
        (("rules", "add", "a", "--action", "block"), "has 0 conditions", "give it 1 to 20"),
        (
            ("rules", "add", "A b", "--action", "block", "--when", "amount_cents > 1"),
            "'A b' is not a name of a rule",
            "lower-case letters",
        ),
        (("rules", "live", "nothing"), "there is no rule 'nothing'", "rules list"),
        (("rules", "show", "nothing"), "there is no rule 'nothing'", "rules list"),
        (("rules", "test", "nothing"), "there is no rule 'nothing'", "rules list"),
        (("lists", "show", "nothing"), "there is no list 'nothing'", "lists show"),
        (("lists", "add", "new", "c-1"), "there is no list new", "--kind cards|merchants"),
        (("lists", "remove", "new", "c-1"), "there is no list 'new'", "lists show"),
        (("lists", "import", "new", "/nowhere.csv"), "/nowhere.csv cannot be read", "text file"),
        (
            ("lists", "add", "bad", "4111111111111111", "--kind", "cards"),
            "is a card number in clear: ************1111",
            "keyed hash",
        ),
    ],
)
def test_what_is_refused_is_told_in_two_lines(
    arguments: tuple[str, ...], fact: str, hint: str
) -> None:
    output = refused(*arguments)
    assert fact in output.splitlines()[0]
    assert hint in output.splitlines()[1]


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (b"", "has no entry"),
        (b"value\n", "has no entry"),
        (b"c-1\n4111-1111-1111-1111\n", "line 2: an entry is a card number in clear"),
        (b"c-1,soon\n", "line 1: 'soon' is not a moment"),
        (b"c-1,2030-01-31,x\n", "line 1: 3 columns"),
        (b'c-1\n"c\x07"\n', "line 2: 'c\\x07' cannot be an entry"),
        (b"c-1\n\xff\xfe\n", "is not text in UTF-8"),
        (b"c" * 101, "line 1: "),
    ],
)
def test_a_file_with_one_bad_line_is_refused_whole(
    tmp_path: Path, content: bytes, fact: str
) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    output = refused("lists", "import", "bad", str(file), "--kind", "cards")
    assert fact in output and "1111-1111" not in output
    assert "no lists" in said("lists", "show")


def test_columns_are_those_of_the_registry_and_of_the_payment() -> None:
    found = [json.loads(line) for line in said("rules", "columns", "--json").splitlines()]
    by_name = {item["column"]: item for item in found}
    assert by_name["amount_cents"]["kind"] == "number"
    assert by_name["card_id"]["lists"] == ["cards"]
    assert by_name["merchant_country"]["lists"] == ["countries"]
    assert "event_ms" not in by_name
    assert "card_txn_count_5m" in said("rules", "columns")


def test_a_rule_is_tried_where_nothing_is_stored() -> None:
    said(*RING)
    assert "no payments are stored since" in said("rules", "test", "ring", "--since", "30d")
    assert json.loads(said("rules", "test", "ring", "--json"))["hits"] == 0


def test_a_lost_file_is_published_again(settings: Settings) -> None:
    assert "nothing to write" in said("rules", "publish")
    said(*RING)
    (settings.models_dir / RULES_FILE).unlink()
    assert "version 1 is published" in said("rules", "publish")
    assert in_file(settings)["version"] == 1


def test_publishing_takes_turns_with_changes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    said(*RING)
    monkeypatch.setattr("swipestream.rules.changing.PATIENCE_SECONDS", 0.1)
    with psycopg.connect(settings.postgres_url, autocommit=True) as other:
        # Else it could write the rules from before a change that is published meanwhile.
        other.execute("SELECT pg_advisory_lock(%s)", (Lock.RULES,))
        assert "another change of the rules" in refused("rules", "publish")
