"""`swipestream submit`: start a Flink job."""

import sys
import time

import click

from swipestream.settings import FlinkSettings, Settings, TopicSettings


@click.command()
@click.argument("job")
@click.option("--target", default="", help="REST endpoint of another Flink cluster, host:port.")
@click.option("--parallelism", type=click.IntRange(min=1), help="Overrides PARALLELISM.")
@click.option("--bounded", is_flag=True, help="Read to the current end of the topic, then finish.")
@click.option("--allow-second", is_flag=True, help="Start even if a job of that name is running.")
@click.option(
    "--restore",
    default="",
    metavar="PATH",
    help="Start from a checkpoint or savepoint, or `newest`.",
)
@click.option(
    "--from-beginning",
    is_flag=True,
    help="Start with empty state and decide all payments in the topic again.",
)
def submit(
    job: str,
    target: str,
    parallelism: int | None,
    bounded: bool,
    allow_second: bool,
    restore: str,
    from_beginning: bool,
) -> None:
    """Submit flink_jobs/JOB.py to Flink.

    Resumes from the job's newest checkpoint on the embedded cluster. Without a checkpoint it starts
    at the topic's oldest message. If that would decide stored payments again, it asks first;
    without a terminal it exits with 1.

    Prints the job's id once all of its tasks run.

    \b
    Examples:
      swipestream submit score_payments
      swipestream submit score_payments --parallelism 2
      swipestream submit score_payments --from-beginning
    """
    from swipestream.console.terminal import stderr
    from swipestream.jobs import cluster_jobs, submission, wanted_jobs
    from swipestream.jobs.upgrade.beginning import gone_unread
    from swipestream.stack import postgres

    if restore and from_beginning:
        raise click.UsageError("use --restore or --from-beginning, not both")
    settings = cluster_jobs.with_target(Settings.load(), target)
    settings = submission.with_parallelism(settings, parallelism)
    begin = time.monotonic()
    submission.script_of(job)
    with wanted_jobs.locked(settings):
        (cluster_jobs.running if allow_second else submission.refuse_second)(settings, job)
        postgres.check_stream_user(settings)
        if not restore and not from_beginning:
            # The state of an unbounded job has no end offset.
            restore = "" if bounded or allow_second else state_to_go_on_with(settings, job)
            if not restore:
                ask(settings, job)
        gone = gone_unread(settings, job)
        if gone:
            click.echo(f"warning: {gone}", err=True)
        with stderr.status(f"submitting {job} to {settings.flink_address}"):
            job_id = submission.submit(
                settings, job, bounded=bounded, allow_second=allow_second, restore_from=restore
            )
    click.echo(job_id)
    click.echo(f"{job} runs after {time.monotonic() - begin:.1f} s", err=True)


def state_to_go_on_with(settings: FlinkSettings, job: str) -> str:
    """`newest` if the job left a state, which is printed; else ""."""
    from swipestream.jobs import submission
    from swipestream.jobs.upgrade.beginning import state_left

    state = state_left(settings, job)
    if state:
        click.echo(f"{job} resumes from {state}", err=True)
    return submission.NEWEST if state else ""


def ask(settings: TopicSettings, job: str) -> None:
    """
    Ask for confirmation if stored payments would be decided again.

    :raises JobError: they would be, and it was not confirmed.
    """
    from swipestream.errors import JobError
    from swipestream.jobs.upgrade.beginning import decided_again

    count = decided_again(settings, job)
    fact = (
        f"{job} would start with empty state and decide {count:,} stored payments again, by "
        "today's policy and model"
    )
    if not count or (sys.stdin.isatty() and click.confirm(f"{fact}. Do that?", err=True)):
        return
    raise JobError(
        fact,
        f"`swipestream upgrade {job} --rebuild` writes only payments that are not stored yet; "
        "use --from-beginning to decide all again",
    )
