"""`swipestream mlflow`: look at the record of models in a browser."""

import click

from swipestream.settings import Settings


@click.command()
def mlflow() -> None:
    """Show the recorded models in MLflow's own pages, on this machine only, until Ctrl-C.

    Needs `make registry` once. The port is MLFLOW_PORT.

    \b
    Examples:
      swipestream mlflow
      MLFLOW_PORT=15001 swipestream mlflow
    """
    from swipestream.console.progress import StepBar
    from swipestream.models.mlflow_pages import serve

    with StepBar() as bar:
        bar("starting MLflow")
        pages = serve(Settings.load())
    with pages:
        click.echo(f"MLflow is on {pages.address}, until Ctrl-C")
        pages.wait()
