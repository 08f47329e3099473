"""`swipestream upgrade`: replace a running job by its new version."""

import sys

import click

from swipestream.settings import Settings


@click.command()
@click.argument("job", default="score_payments")
@click.option("--check", "is_check", is_flag=True, help="Report what would happen; change nothing.")
@click.option(
    "--rebuild",
    "is_rebuild",
    is_flag=True,
    help="If the state does not fit, rebuild it without asking.",
)
@click.option("--target", default="", help="REST endpoint of another Flink cluster, host:port.")
@click.option("--parallelism", type=click.IntRange(min=1), help="Overrides PARALLELISM.")
def upgrade(
    job: str,
    is_check: bool,
    is_rebuild: bool,
    target: str,
    parallelism: int | None,
) -> None:
    """Upgrade a running JOB to the current SQL, code and settings.

    Before anything stops, the new version is compared with the running one and tried on a
    savepoint. If the state fits, the job stops with a savepoint and the new version resumes from
    it. If not, the new version rebuilds the history from the topic's last 33 days and writes only
    payments that are not stored yet. Either way, no payment is lost or stored twice.

    --rebuild also starts a JOB that is not running and has no usable checkpoint.

    Prints the new job's id. With --check, exits with 1 if the state does not fit.

    \b
    Examples:
      swipestream upgrade --check
      swipestream upgrade
      swipestream upgrade score_payments --rebuild
    """
    from swipestream.console.progress import StepDisplay
    from swipestream.jobs import cluster_jobs, submission
    from swipestream.jobs.upgrade import savepoints
    from swipestream.jobs.upgrade.run import Upgrade, run

    settings = cluster_jobs.with_target(Settings.load(), target)
    settings = submission.with_parallelism(settings, parallelism)
    display = StepDisplay()
    work = Upgrade(settings, job, display)

    def confirm(reasons: list[str]) -> bool:
        if not sys.stdin.isatty():
            return False
        with display.paused():
            tell(reasons)
            return click.confirm("Rebuild the history from the topic's last 33 days?", err=True)

    try:
        with display:
            if is_check:
                running = work.running()
                verdict = work.check(running) if running else None
                if verdict:
                    savepoints.delete(settings, verdict.savepoint)
            else:
                click.echo(run(work, is_rebuild=is_rebuild, confirm=confirm))
                return
    except KeyboardInterrupt:
        click.echo("error: interrupted", err=True)
        click.echo(f"hint: {work.if_ended}", err=True)
        sys.exit(130)
    if verdict is None:
        click.echo(f"{job} is not running: --rebuild would start it")
        sys.exit(1)
    if verdict.fits:
        click.echo("fits: stop with a savepoint and resume")
        return
    tell(verdict.reasons[1:])
    click.echo(f"does not fit because {verdict.reasons[0]}: rebuild")
    sys.exit(1)


def tell(reasons: list[str]) -> None:
    """Print the reasons, one per line."""
    for reason in reasons:
        click.echo(f"does not fit: {reason}", err=True)
