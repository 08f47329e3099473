"""`python -m bench training-set` makes a world and times its training set."""

import re

import pytest
from click.testing import CliRunner

pytest.importorskip("confluent_kafka", reason="runs where the command line does")

from bench.cli import main
from swipestream.models.training_process import TRAINING_PYTHON


@pytest.mark.skipif(not TRAINING_PYTHON.exists(), reason="needs the training environment")
def test_the_table_has_rows_and_seconds() -> None:
    run = CliRunner().invoke(main, ["training-set", "--cards", "150"])
    row = re.search(r"^\| ([\d,]+) \| ([\d,]+) \| ([\d.]+) \| [\d.]+ \|", run.stdout, re.MULTILINE)
    assert row, run.output
    payments, rows = (int(number.replace(",", "")) for number in row.groups()[:2])
    assert payments > rows > payments / 3
    # The world is random, and its size is not: 150 cards, 90 days, about half a payment a day.
    assert 4_000 < payments < 10_000
