"""The demo runs on an unused stack, as on a new machine."""

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs before all other tests: the demo would use a model or a job that already exists."""
    here = Path(__file__).parent
    items.sort(key=lambda item: here not in item.path.parents)
