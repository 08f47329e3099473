"""`swipestream cancel`: stop a Flink job."""

import click

from swipestream.errors import JobError
from swipestream.settings import Settings


@click.command()
@click.argument("job")
@click.option("--target", default="", help="REST endpoint of another Flink cluster, host:port.")
def cancel(job: str, target: str) -> None:
    """Stop every running copy of JOB, given by name or id.

    Saves its state first, so that `swipestream submit` resumes where the job stopped. If that
    fails, its newest checkpoint remains.
    """
    from swipestream.console.terminal import stderr
    from swipestream.jobs import cluster_jobs, ending, saved_states, wanted_jobs
    from swipestream.jobs.upgrade import savepoints
    from swipestream.stack.program import NotReadyError

    settings = cluster_jobs.with_target(Settings.load(), target)
    before = {known.job_id: known for known in wanted_jobs.read_all(settings)}
    try:
        with stderr.status(f"stopping {job}"):
            ended = ending.cancel_all(settings, job, savepoints.stop_or_end)
    except NotReadyError as error:
        raise JobError(str(error), "run `swipestream up`") from None
    if not ended:
        raise JobError(f"{job} is not running", "`swipestream doctor` lists what runs")
    savepoints.prune(settings)
    for job_id in ended:
        known = before.get(job_id, wanted_jobs.WantedJob(name=job, job_id=job_id))
        state = saved_states.newest_state(settings, known)
        click.echo(f"cancelled {job_id}; its state: {state or 'none'}", err=True)
