"""`python -m training`: what `swipestream train` runs in the training environment."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from training.errors import TrainingError
from udfs.bundle_errors import BundleError

MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
# Without a limit a search goes on until its time is over.
MANY_TRIALS = 1_000_000


@click.command()
@click.option("--from", "origin", type=click.Choice(["world", "postgres"]), default="world")
@click.option("--world", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--since", type=MOMENT)
@click.option("--until", type=MOMENT)
@click.option("--trials", type=click.IntRange(min=1))
@click.option("--search-seconds", type=click.FloatRange(min=1))
@click.option("--min-positives", type=click.IntRange(min=1))
@click.option("--review-cents", type=float)
@click.option("--review-insult-cents", type=float)
@click.option("--block-insult-cents", type=float)
@click.option("--caught-in-review", type=float)
@click.option("--reviews-per-day", type=float)
@click.option("--review-share", type=float)
@click.option("--outcome", type=click.Path(path_type=Path), help="Write version and verdict here.")
def main(
    origin: str,
    world: Path | None,
    out: Path,
    seed: int,
    since: datetime | None,
    until: datetime | None,
    trials: int | None,
    search_seconds: float | None,
    min_positives: int | None,
    outcome: Path | None,
    **costs: float | None,
) -> None:
    """Train a model and publish it as a bundle, with the gate's verdict.

    With --from postgres the address of the database is in DATABASE_URL.
    """
    # LightGBM and matplotlib take seconds to import; --help and a missing world need neither.
    try:
        source = _source(origin, world)
        from training.decide.decision_costs import DecisionCosts
        from training.progress import ConsoleProgress
        from training.run import Options, train
        from training.summary import summary

        given: dict[str, Any] = {name: value for name, value in costs.items() if value is not None}
        if min_positives is not None:
            minimum: dict[str, Any] = {"min_positives": min_positives}
        else:
            minimum = {}
        budget = None
        if trials or search_seconds:
            from training.learn.search import Budget

            budget = Budget(trials or MANY_TRIALS, search_seconds)
        options = Options(
            seed=seed,
            since_ms=_ms(since),
            until_ms=_ms(until),
            costs=DecisionCosts(**given),
            budget=budget,
            **minimum,
        )
        found = train(source, out, options, ConsoleProgress())
    except (TrainingError, BundleError) as error:
        click.echo(f"error: {error.fact}", err=True)
        click.echo(f"hint: {error.hint}", err=True)
        sys.exit(1)
    click.echo(summary(found))
    if outcome is not None:
        verdict = {"version": found.folder.name, "verdict": found.verdict.verdict}
        outcome.write_text(json.dumps(verdict), encoding="utf-8")


def _source(origin: str, world: Path | None) -> Any:
    if origin == "postgres":
        from training.data.stored_payments import StoredPayments

        url = os.environ.get("DATABASE_URL", "")
        if not url:
            raise TrainingError("DATABASE_URL is not set", "call `swipestream train` instead")
        return StoredPayments(url)
    from training.data.world import open_world

    if world is None:
        raise TrainingError("no world is named", "name its folder with --world")
    return open_world(world)


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.replace(tzinfo=UTC).timestamp() * 1000)


if __name__ == "__main__":
    main(prog_name="swipestream train")
