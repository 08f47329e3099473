"""`python -m bench.offline.sql_windows FOLDER THREADS OUT`: card windows by the production SQL."""

from pathlib import Path

import click

from bench.offline.columns import COLUMNS
from bench.offline.usage import Stopwatch
from training.data.feature_sql import connect
from training.data.world import open_views, open_world


def write_windows(folder: Path, threads: int, out: Path) -> int:
    """
    Compute the history of each payment's card in DuckDB.

    :param folder: holds ``world``.
    :param threads: how many DuckDB may use.
    :param out: the Parquet file to write, a row per payment.
    :return: rows.
    :raises TrainingError: the world or a SQL file cannot be used.
    """
    with connect(threads) as connection:
        open_views(connection, open_world(folder / "world"))
        activity = connection.view("card_activity").filter("is_asked")
        activity.project(", ".join(COLUMNS)).write_parquet(str(out))
        return len(connection.read_parquet(str(out)))


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("threads", type=int)
@click.argument("out", type=click.Path(path_type=Path))
def main(folder: Path, threads: int, out: Path) -> None:
    """Print seconds, cpu_seconds, memory_mb and rows as JSON."""
    stopwatch = Stopwatch()
    rows = write_windows(folder, threads, out)
    click.echo(stopwatch.result(rows))


if __name__ == "__main__":
    main()
