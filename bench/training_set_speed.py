"""`python -m bench.training_set_speed FOLDER THREADS`: build the set of FOLDER/world, timed."""

import json
import resource
import time
from pathlib import Path

import click

from training.data.training_set import build_training_set
from training.data.world import open_world


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("threads", type=int)
def main(folder: Path, threads: int) -> None:
    """Print rows, seconds, cpu_seconds, memory_mb and content as JSON."""
    begin = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_SELF)
    built = build_training_set(open_world(folder / "world"), folder / "set.parquet", threads)
    seconds = time.monotonic() - begin
    used = resource.getrusage(resource.RUSAGE_SELF)
    result = {
        "rows": len(built.frame),
        "seconds": seconds,
        "cpu_seconds": used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime,
        "memory_mb": used.ru_maxrss / 1024,
        "content": built.content_hash,
    }
    click.echo(json.dumps(result))


if __name__ == "__main__":
    main()
