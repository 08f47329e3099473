"""`python -m training`: what `swipestream train` runs in the training environment."""

import sys
from pathlib import Path

import click

from training.errors import TrainingError
from udfs.bundle_errors import BundleError


@click.command()
@click.option("--world", type=click.Path(path_type=Path), required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--promote/--no-promote", default=None)
def main(world: Path, out: Path, seed: int, promote: bool | None) -> None:
    """Train a model on a world and publish it as a bundle."""
    # LightGBM and matplotlib take seconds to import; --help and a missing world need neither.
    from training.world import open_world

    try:
        open_world(world)
        from training.progress import ConsoleProgress
        from training.run import train
        from training.summary import summary

        outcome = train(world, out, seed, promote, ConsoleProgress())
    except (TrainingError, BundleError) as error:
        click.echo(f"error: {error.fact}", err=True)
        click.echo(f"hint: {error.hint}", err=True)
        sys.exit(1)
    click.echo(summary(outcome))


if __name__ == "__main__":
    main(prog_name="swipestream train")
