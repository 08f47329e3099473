"""`swipestream train`: learn from the simulated history and publish a model."""

import sys
from pathlib import Path

import click

from swipestream.settings import Settings
from swipestream.training_process import run_training


@click.command()
@click.option(
    "--world",
    type=click.Path(path_type=Path),
    help="Folder with the history to learn from. Default: world/ in SWIPESTREAM_HOME.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where model bundles go. Default: MODEL_DIR, or models/ in SWIPESTREAM_HOME.",
)
@click.option("--seed", default=7, show_default=True, help="The same seed gives the same model.")
@click.option(
    "--promote/--no-promote",
    default=None,
    help="Make it the champion, which a running job takes over within seconds. "
    "Default: only if there is none yet.",
)
def train(world: Path | None, out: Path | None, seed: int, promote: bool | None) -> None:
    """Train a fraud model and publish it as a bundle.

    Computes the features with the SQL of the stream, splits by time, trains LightGBM, exports it to
    ONNX and checks that both give the same scores. Prints the model's name and measures; the rest
    is in its model_card.md. About a minute for 90 days of history.

    \b
    Examples:
      swipestream simulate world           make a history first
      swipestream train                    the first model becomes the champion
      swipestream train --promote          replace the champion
      swipestream train --seed 8 --out /tmp/models
    """
    settings = Settings.load()
    sys.exit(run_training(world or settings.world_dir, out or settings.models_dir, seed, promote))
