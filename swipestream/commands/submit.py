"""`swipestream submit`: start a Flink job."""

import time

import click

from swipestream.settings import Settings


@click.command()
@click.argument("job")
@click.option("--target", default="", help="REST endpoint of another Flink cluster, host:port.")
@click.option("--parallelism", type=click.IntRange(min=1), help="Instead of PARALLELISM.")
@click.option("--profile", type=click.Choice(["latency", "bulk"]), help="Instead of PROFILE.")
@click.option("--bounded", is_flag=True, help="Read to the topic's present end, then finish.")
@click.option("--allow-second", is_flag=True, help="Even if a job of that name runs already.")
@click.option(
    "--restore", default="", metavar="PATH", help="A checkpoint or savepoint, or `newest`."
)
def submit(
    job: str,
    target: str,
    parallelism: int | None,
    profile: str | None,
    bounded: bool,
    allow_second: bool,
    restore: str,
) -> None:
    """Submit flink_jobs/JOB.py, for example `swipestream submit score_payments`.

    Prints the job's id once all its tasks run.
    """
    from swipestream.stack import jobs, postgres
    from swipestream.stack.terminal import stderr

    settings = jobs.with_target(Settings.load(), target)
    settings = jobs.with_tuning(settings, parallelism, profile)
    begin = time.monotonic()
    postgres.check_stream_user(settings)
    with stderr.status(f"submitting {job} to {settings.flink_address}"):
        job_id = jobs.submit(
            settings, job, bounded=bounded, allow_second=allow_second, restore_from=restore
        )
    click.echo(job_id)
    click.echo(f"{job} runs after {time.monotonic() - begin:.1f} s", err=True)
