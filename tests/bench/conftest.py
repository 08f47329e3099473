"""A small draw of the Handbook's payments, shared by tests that do not change it."""

from typing import Any

import pytest


@pytest.fixture(scope="session")
def payments() -> Any:
    """`bench.handbook.simulator.Payments` of 200 customers at 60 terminals for 50 days."""
    from bench.handbook.simulator import Size, simulate

    return simulate(Size(200, 60, 50, 20.0, bad_terminals=1, stolen_cards=1), seed=3)
