"""The small world with its model, tried once; shared by tests that do not change them."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def plan(small_world: Path, trained: Any) -> Any:
    """A `training.backtest.run.Plan` of the small world with the model trained on it."""
    from training.backtest.run import Plan
    from training.data.world import open_world

    return Plan(open_world(small_world), "small", trained.folder)


@pytest.fixture(scope="session")
def tried(plan: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """Its `training.backtest.run.Backtest`, and the file of its rows."""
    import dataclasses

    from training.backtest.run import backtest

    rows = tmp_path_factory.mktemp("rows") / "rows.parquet"
    return backtest(dataclasses.replace(plan, rows=rows)), rows
