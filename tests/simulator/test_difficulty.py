"""Fraud can be learned, but no single rule finds it."""

from pathlib import Path

import pytest

from simulator import World
from tests.simulator.conftest import END_MS

pytest.importorskip("sklearn", reason="needs the training environment")


@pytest.fixture(scope="module")
def average_precision(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """Of the production model and of rules, on the payments after those they learned from."""
    from training.data.world import open_world
    from training.run import train

    folder: Path = tmp_path_factory.mktemp("difficulty")
    world = World.generate(seed=7, customers=10_000, merchants=1500, days=80, end_ms=END_MS)
    world.write(folder / "world")
    measured = train(open_world(folder / "world"), folder / "models").manifest["metrics"]
    controls = measured["controls"]
    return {
        "model": measured["average_precision"],
        **{name: control["average_precision"] for name, control in controls.items()},
    }


def test_two_questions_do_less_than_half_of_the_model(
    average_precision: dict[str, float],
) -> None:
    assert average_precision["depth_2_tree"] < average_precision["model"] / 2


def test_the_model_learns_a_lot_but_not_everything(average_precision: dict[str, float]) -> None:
    assert 0.45 < average_precision["model"] < 0.9
