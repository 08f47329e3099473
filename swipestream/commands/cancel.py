"""`swipestream cancel`: end a Flink job."""

import click

from swipestream.errors import JobError
from swipestream.settings import Settings


@click.command()
@click.argument("job")
@click.option("--target", default="", help="REST endpoint of another Flink cluster, host:port.")
def cancel(job: str, target: str) -> None:
    """Cancel every running copy of JOB; their newest checkpoints stay."""
    from swipestream.stack import jobs
    from swipestream.stack.program import NotReadyError

    settings = jobs.with_target(Settings.load(), target)
    try:
        ended = jobs.cancel_all(settings, job)
    except NotReadyError as error:
        raise JobError(str(error), "run `swipestream up`") from None
    if not ended:
        raise JobError(f"{job} is not running", "see what runs with `swipestream doctor`")
    for job_id in ended:
        checkpoint = jobs.newest_checkpoint(settings, job_id)
        click.echo(f"cancelled {job_id}; newest checkpoint: {checkpoint or 'none'}", err=True)
