"""`python -m training.backtest`: what `swipestream backtest` runs in the training environment."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from training.errors import TrainingError
from udfs.bundle_errors import BundleError
from udfs.rule_set import RuleError

MOMENT = click.DateTime(["%Y-%m-%dT%H:%M:%S"])


@click.command()
@click.option("--world", type=click.Path(path_type=Path), required=True)
@click.option("--name", required=True, help="What the history is called.")
@click.option("--model", type=click.Path(path_type=Path), help="A bundle; else one for each week.")
@click.option("--policy", type=click.Path(path_type=Path), help="JSON: a list of rows.")
@click.option("--policy-name")
@click.option("--rules", type=click.Path(path_type=Path), help="JSON: rules and lists.")
@click.option("--since", type=MOMENT)
@click.option("--until", type=MOMENT)
@click.option("--label-delay", type=float)
@click.option("--in-file-order", is_flag=True)
@click.option("--review-cents", type=float)
@click.option("--review-insult-cents", type=float)
@click.option("--block-insult-cents", type=float)
@click.option("--caught-in-review", type=float)
@click.option("--seed", type=int, default=7)
@click.option("--json", "json_file", type=click.Path(path_type=Path))
@click.option("--html", "html_file", type=click.Path(path_type=Path))
@click.option("--rows", type=click.Path(path_type=Path))
def main(
    world: Path,
    name: str,
    model: Path | None,
    policy: Path | None,
    policy_name: str | None,
    rules: Path | None,
    since: datetime | None,
    until: datetime | None,
    label_delay: float | None,
    in_file_order: bool,
    seed: int,
    json_file: Path | None,
    html_file: Path | None,
    rows: Path | None,
    **costs: float | None,
) -> None:
    """Try a model and a policy on a world; print what would have come of it."""
    try:
        from training.backtest.page import as_json, html_page
        from training.backtest.printing import print_backtest
        from training.backtest.run import Plan, backtest
        from training.data.world import open_world
        from training.progress import ConsoleProgress

        more: dict[str, Any] = {"policy_name": policy_name} if policy_name else {}
        plan = Plan(
            world=open_world(world),
            name=name,
            model=model,
            policy=json.loads(policy.read_text("utf-8")) if policy else None,
            changed_costs={key: value for key, value in costs.items() if value is not None},
            rules=rules,
            since_ms=_ms(since),
            until_ms=_ms(until),
            label_delay_days=label_delay,
            is_in_file_order=in_file_order,
            rows=rows,
            seed=seed,
            **more,
        )
        found = backtest(plan, ConsoleProgress())
    except (TrainingError, BundleError, RuleError) as error:
        click.echo(f"error: {error.fact}", err=True)
        if error.hint:
            click.echo(f"hint: {error.hint}", err=True)
        sys.exit(1)
    print_backtest(found)
    for path, make in ((json_file, as_json), (html_file, html_page)):
        if path is not None:
            path.write_text(make(found), encoding="utf-8")
            click.echo(f"{path} written", err=True)


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.replace(tzinfo=UTC).timestamp() * 1000)


if __name__ == "__main__":
    main(prog_name="swipestream backtest")
