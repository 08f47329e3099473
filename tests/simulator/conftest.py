"""One small world, shared by tests that do not change it."""

import pytest

from simulator import World

END_MS = 1_893_456_000_000


@pytest.fixture(scope="session")
def small_world() -> World:
    """300 cards, 80 merchants, 30 days."""
    return World.generate(seed=3, customers=300, merchants=80, days=30, end_ms=END_MS)
