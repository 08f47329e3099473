"""One small world and one training run on it, shared by tests that do not change them."""

from pathlib import Path
from typing import Any

import pytest

from tests.training.small_world import write_small_world


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a world of 300 cards and 60 days; do not change it."""
    return write_small_world(tmp_path_factory.mktemp("small") / "world")


@pytest.fixture(scope="session")
def trained(small_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The `training.run.Outcome` of a run on it; the models folder is new."""
    from training.data.world import open_world
    from training.run import Options, train

    models_dir = tmp_path_factory.mktemp("state") / "models"
    return train(open_world(small_world), models_dir, Options(min_positives=20))
