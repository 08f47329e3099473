"""`python -m bench.handbook`: what `python -m bench handbook` runs in the training env."""

import sys
from dataclasses import replace
from pathlib import Path

import click

from training.errors import TrainingError


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--report", type=click.Path(path_type=Path))
@click.option("--seed", type=int, default=7)
@click.option("--draws", type=click.IntRange(1))
@click.option("--trials", type=click.IntRange(1))
@click.option("--quick", is_flag=True)
def main(
    out: Path, report: Path | None, seed: int, draws: int | None, trials: int | None, quick: bool
) -> None:
    """Run the benchmark; the tables go to stdout, to files, and into a document."""
    # LightGBM and matplotlib take seconds to import; --help and a wrong document need neither.
    from bench.handbook.plan import QUICK, Plan

    plan = QUICK if quick else Plan()
    seeds = tuple(range(seed, seed + (draws or len(plan.draws))))
    plan = replace(plan, draws=seeds, trials=trials or plan.trials)
    try:
        from bench.handbook.marks import check_has_marks

        if report:
            check_has_marks(report)
        from bench.handbook.report import fill, tables, write
        from bench.handbook.run import run
        from training.progress import ConsoleProgress

        for result in run(plan, ConsoleProgress(), lambda line: click.echo(line, err=True)):
            written = write(result, out)
            if report:
                fill(report, result)
            click.echo(f"written: {report or written}", err=True)
    except TrainingError as error:
        click.echo(f"error: {error.fact}", err=True)
        click.echo(f"hint: {error.hint}", err=True)
        sys.exit(1)
    click.echo(tables(result))


if __name__ == "__main__":
    main(prog_name="python -m bench handbook")
