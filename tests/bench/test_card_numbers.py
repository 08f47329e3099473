"""The benchmark of the check for card numbers counts what it says."""

from random import Random

from click.testing import CliRunner

from bench.card_numbers.__main__ import main
from bench.card_numbers.identifiers import TELLABLE, card_number, networks
from bench.card_numbers.rates import false_alarms
from swipestream.card_numbers import could_be_card_number


def test_every_kind_and_every_network_has_its_row() -> None:
    result = CliRunner().invoke(main, ["rates", "--count", "50"])
    assert result.exit_code == 0, result.output
    for name in (*TELLABLE, *networks()):
        assert f"| {name} | " in result.output


def test_shares_are_counted() -> None:
    kinds = {
        "cards": lambda random: "4111111111111111",
        "others": lambda random: "4111111111111112",
    }
    assert list(false_alarms(kinds, 10, 1)) == [
        ("cards", "100.0000%", "100.0000%", "100.0000%", "100.0000%"),
        ("others", "100.0000%", "0.0000%", "0.0000%", "0.0000%"),
    ]


def test_numbers_of_a_network_are_card_numbers() -> None:
    random = Random(3)
    for issuers in networks().values():
        for issuer in issuers:
            assert could_be_card_number(card_number(random, issuer))
