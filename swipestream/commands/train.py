"""`swipestream train`: train a model on labeled payments and judge it."""

import sys
from datetime import datetime
from pathlib import Path

import click

from swipestream.models.training_process import put_forward, run_training
from swipestream.settings import ChampionSettings, Settings

MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.command()
@click.option(
    "--from",
    "origin",
    type=click.Choice(["world", "postgres"]),
    default="world",
    show_default=True,
    help="Train on the simulated history or on the payments that the stream has scored.",
)
@click.option(
    "--world",
    type=click.Path(path_type=Path),
    help="Folder with the history. Default: world/ in SWIPESTREAM_HOME.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for model bundles. Default: MODEL_DIR, or models/ in SWIPESTREAM_HOME.",
)
@click.option("--seed", default=7, show_default=True, help="The same seed gives the same model.")
@click.option(
    "--since",
    type=MOMENT,
    help="Leave out older payments, UTC. Default: leave out the first 7 days.",
)
@click.option(
    "--until",
    type=MOMENT,
    help="Train as of this time, UTC, ignoring everything later. Default: now, or the end of the "
    "history.",
)
@click.option("--trials", type=int, help="Search for parameters with at most this many trials.")
@click.option(
    "--search-seconds", type=float, help="Search for parameters and start no trial after this long."
)
@click.option(
    "--min-positives", type=int, help="Fewest frauds that the gate accepts.  [default: 50]"
)
@click.option(
    "--review-cents", type=float, help="Cost of one manual review, in cents.  [default: 500]"
)
@click.option(
    "--review-insult-cents",
    type=float,
    help="Cost of reviewing a genuine payment, for the delay, in cents.  [default: 100]",
)
@click.option(
    "--block-insult-cents",
    type=float,
    help="Cost of blocking a genuine payment, in cents.  [default: 10000]",
)
@click.option(
    "--caught-in-review", type=float, help="Share of frauds a review detects.  [default: 0.95]"
)
@click.option("--reviews-per-day", type=float, help="At most this many reviews a day.")
@click.option(
    "--review-share",
    type=float,
    help="Without --reviews-per-day: review at most this share of payments.  [default: 0.01]",
)
@click.option(
    "--promote/--no-promote",
    default=None,
    help="If the gate passes the model: make it the champion, which running jobs pick up within "
    "seconds, or change nothing. Default: champion if there is none, else challenger.",
)
def train(
    world: Path | None, out: Path | None, promote: bool | None, **given: str | float | None
) -> None:
    """Train a fraud model, publish it as a bundle and judge it.

    Computes the features with the stream's SQL, splits by time, trains LightGBM, calibrates the
    scores, chooses thresholds by cost, exports to ONNX and checks that both give the same scores.
    Then the gate compares models on payments later than either model's training data: the new one
    must beat the champion, two simple rules and a small tree by more than the noise. If the gate
    refuses the model, its bundle is kept and nothing else changes.

    Prints the model's version, quality and verdict; model_card.md has the rest. Takes about a
    minute for 90 days of history, plus the time given to a parameter search.

    \b
    Examples:
      swipestream simulate world                       first make a history
      swipestream train                                the first model becomes the champion
      swipestream train --search-seconds 600           search for a better model
      swipestream train --promote                      replace the champion if it wins
      swipestream train --from postgres                train on what the stream has scored
      swipestream train --block-insult-cents 20000     blocking a genuine customer costs more
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
    # The audit and MLflow cover only models in the stream's folder.
    pointer = put_forward(models, result, promote)
    if pointer:
        click.echo(f"{pointer:<24}now {result.version}")
    elif not result.is_passed:
        click.echo("champion                unchanged: the gate refused the model")


def _record(settings: ChampionSettings, version: str, promote: bool | None) -> None:
    """Promote the model as its gate allows; print what has to be done later."""
    from swipestream.console.progress import step_bar
    from swipestream.errors import SwipestreamError
    from swipestream.models.bundles import current_user
    from swipestream.models.recording import record

    try:
        with step_bar() as bar:
            bar("recording the model")
            recorded = record(settings, version, current_user(), at_once=promote)
    except SwipestreamError as error:
        later = f"later run `swipestream model record {version}`"
        click.echo(f"not recorded: {error.fact}; {later}", err=True)
        return
    click.echo(f"{'standing':<24}{recorded.fact}")
    if recorded.unfinished:
        click.echo("; ".join(recorded.unfinished), err=True)
