"""`python -m bench backtest` makes a world and times a backtest of it."""

import re

import pytest
from click.testing import CliRunner

pytest.importorskip("confluent_kafka", reason="runs where the command line does")

from bench.cli import main
from swipestream.models.training_process import TRAINING_PYTHON


@pytest.mark.skipif(not TRAINING_PYTHON.exists(), reason="needs the training environment")
def test_the_table_has_payments_and_seconds() -> None:
    run = CliRunner().invoke(main, ["backtest", "--payments", "40000"])
    row = re.search(r"^\| ([\d,]+) \| ([\d,]+) \| (\d+) \| \d+ \|", run.stdout, re.MULTILINE)
    assert row, run.output
    payments, measured, trees = (int(number.replace(",", "")) for number in row.groups())
    assert 20_000 < payments < 80_000
    assert payments > measured > payments / 3
    assert trees > 0
