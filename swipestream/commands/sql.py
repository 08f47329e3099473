"""`swipestream sql`: look at the SQL that Flink runs."""

import click

from swipestream.settings import Settings


@click.group()
def sql() -> None:
    """Look at the SQL of a job. Needs no running stack."""


@sql.command()
@click.argument("file", required=False)
@click.option("--job", "job_name", default="score_payments", show_default=True, metavar="JOB")
@click.option("--list", "is_list", is_flag=True, help="Print the job's files instead, in order.")
def show(file: str | None, job_name: str, is_list: bool) -> None:
    """Print what Flink runs of FILE.

    Windows are one call of the function that computes them, the star of an INSERT is the columns
    of its table, and settings are filled in. Secrets stay as ${NAME}.

    \b
    Examples:
      swipestream sql show card_activity
      swipestream sql show store/tables/scored_payments
      swipestream sql show sql/payments/intake/payments_topic.sql
      swipestream sql show --job load_labels --list
    """
    from swipestream.jobs.shown_sql import file_of, job_of, shown_statement

    settings = Settings.load()
    job = job_of(job_name, settings)
    if is_list:
        click.echo("\n".join(job.files))
        return
    if not file:
        raise click.UsageError("name a FILE, or use --list")
    click.echo(shown_statement(job, file_of(job, file), settings), nl=False)
