"""The demo meets a stack that nobody has used, as it does on a new machine."""

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before all others: a model or a job that is there already would be taken as it is."""
    here = Path(__file__).parent
    items.sort(key=lambda item: here not in item.path.parents)
