"""`swipestream sql`: show the SQL that Flink runs."""

import click

from swipestream.settings import Settings


@click.group()
def sql() -> None:
    """Show the SQL of a job. Needs no running stack."""


@sql.command()
@click.argument("file", required=False)
@click.option("--job", "job_name", default="score_payments", show_default=True, metavar="JOB")
@click.option("--list", "is_list", is_flag=True, help="Print the job's files in order.")
def show(file: str | None, job_name: str, is_list: bool) -> None:
    """Print the statement that Flink runs for FILE.

    Windows are replaced by a call of the function that computes them, the star of an INSERT by the
    columns of its table, and settings by their values. Secrets stay as ${NAME}.

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
        raise click.UsageError("name a FILE or use --list")
    click.echo(shown_statement(job, file_of(job, file), settings), nl=False)
