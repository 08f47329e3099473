"""`swipestream train`: learn from labelled payments, publish a model and judge it."""

import sys
from datetime import datetime
from pathlib import Path

import click

from swipestream.models.training_process import put_forward, run_training
from swipestream.settings import Settings

MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.command()
@click.option(
    "--from",
    "origin",
    type=click.Choice(["world", "postgres"]),
    default="world",
    show_default=True,
    help="The simulated history, or the payments that the stream has scored.",
)
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
    "--since", type=MOMENT, help="Leave out older payments, UTC. Default: the first 7 days."
)
@click.option(
    "--until",
    type=MOMENT,
    help="The moment to learn at, UTC: what came later is not known. Default: now, or the "
    "history's end.",
)
@click.option("--trials", type=int, help="Search for parameters: at most so many trials.")
@click.option("--search-seconds", type=float, help="Search for parameters: no new trial after it.")
@click.option("--min-positives", type=int, help="Frauds that the gate needs.  [default: 50]")
@click.option("--review-cents", type=float, help="A look at one payment costs.  [default: 500]")
@click.option(
    "--review-insult-cents",
    type=float,
    help="A genuine customer who waits for a look costs.  [default: 100]",
)
@click.option(
    "--block-insult-cents",
    type=float,
    help="A genuine customer who is refused costs.  [default: 10000]",
)
@click.option(
    "--caught-in-review", type=float, help="Share of frauds a look recognises.  [default: 0.95]"
)
@click.option("--reviews-per-day", type=float, help="No more looks than that.")
@click.option(
    "--review-share",
    type=float,
    help="Without it: no more looks than this share of the payments.  [default: 0.01]",
)
@click.option(
    "--promote/--no-promote",
    default=None,
    help="If the gate lets it through: make it the champion, which a running job takes over "
    "within seconds, or leave all as it is. Default: champion if there is none, else challenger.",
)
def train(
    world: Path | None, out: Path | None, promote: bool | None, **given: str | float | None
) -> None:
    """Train a fraud model, publish it as a bundle and judge it.

    Computes the features with the SQL of the stream, splits by time, trains LightGBM, calibrates
    its scores, chooses thresholds by cost, exports to ONNX and checks that both give the same
    scores. Then the gate: on payments that came after what either was trained on, the model must
    beat the champion, two simple rules and a small tree by more than the noise. A model that is
    refused stays where it is, and nothing else changes.

    Prints the model's name, measures and verdict; the rest is in its model_card.md. About a minute
    for 90 days of history; a search for parameters takes the time it is given.

    \b
    Examples:
      swipestream simulate world                       make a history first
      swipestream train                                the first model becomes the champion
      swipestream train --search-seconds 600           a better one, as challenger
      swipestream train --promote                      replace the champion if it is beaten
      swipestream train --from postgres                learn from what the stream has scored
      swipestream train --block-insult-cents 20000     refusing a good customer is worse here
      swipestream train --seed 8 --out /tmp/models
    """
    settings = Settings.load()
    models = out or settings.models_dir
    arguments: list[object] = []
    is_stored = given["origin"] == "postgres"
    if not is_stored:
        arguments += ["--world", (world or settings.world_dir).absolute()]
    for name, value in given.items():
        if value is not None:
            option = "--from" if name == "origin" else f"--{name.replace('_', '-')}"
            shown = value.isoformat() if isinstance(value, datetime) else value
            arguments += [option, shown]
    result = run_training(models, arguments, settings.postgres_url if is_stored else None)
    if result.status:
        sys.exit(result.status)
    if models.absolute() == settings.models_dir.absolute():
        if result.version is not None:
            _record(settings, result.version, promote)
        return
    # The audit and MLflow are about the models of the stream.
    pointer = put_forward(models, result, promote)
    if pointer:
        click.echo(f"{pointer:<24}now {result.version}")
    elif not result.is_passed:
        click.echo("champion                unchanged: the gate has refused the model")


def _record(settings: Settings, version: str, promote: bool | None) -> None:
    """Put the model forward as its gate says; what cannot be done now is said and done later."""
    from swipestream.console.progress import StepBar
    from swipestream.errors import SwipestreamError
    from swipestream.models.bundles import current_user
    from swipestream.models.recording import record

    try:
        with StepBar() as bar:
            bar("recording the model")
            recorded = record(settings, version, current_user(), at_once=promote)
    except SwipestreamError as error:
        later = f"later run `swipestream model record {version}`"
        click.echo(f"not put forward: {error.fact}; {later}", err=True)
        return
    click.echo(f"{'standing':<24}{recorded.fact}")
    if recorded.unfinished:
        click.echo("; ".join(recorded.unfinished), err=True)
