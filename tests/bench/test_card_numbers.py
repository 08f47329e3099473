"""The card number benchmark counts what it claims to count."""

import re
import subprocess
import sys
from random import Random

import pytest
from click.testing import CliRunner

from bench.card_numbers.__main__ import main
from bench.card_numbers.identifiers import TELLABLE, card_number, networks
from bench.card_numbers.rates import false_alarms
from bench.card_numbers.stream_cost import TRANSACTION_IDS
from swipestream.card_numbers import could_be_card_number
from swipestream.settings import REPO_ROOT


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


@pytest.mark.stack
def test_the_cost_to_the_stream_is_measured_run_by_run() -> None:
    """In a separate process, because it starts its own Flink."""
    script = (
        "from bench.card_numbers.stream_cost import microseconds_per_payment\n"
        "for kind, cost in microseconds_per_payment(None, 1000, 1, print).items():\n"
        "    print('cost', kind, cost)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=REPO_ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    told = [line for line in result.stdout.splitlines() if line.endswith(" 8")]
    assert told == [
        f"{kind}, {step} {2 * (2 * half + repeat) + number} 8"
        for half, kind in enumerate(TRANSACTION_IDS)
        for repeat in range(2)
        for number, step in enumerate(("read only", "checked"))
    ]
    assert len(re.findall(r"^cost .+ -?\d+\.\d+$", result.stdout, re.MULTILINE)) == 2


def test_numbers_of_a_network_are_card_numbers() -> None:
    random = Random(3)
    for issuers in networks().values():
        for issuer in issuers:
            assert could_be_card_number(card_number(random, issuer))
