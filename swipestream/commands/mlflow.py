"""`swipestream mlflow`: browse the recorded models."""

import click

from swipestream.settings import Settings


@click.command()
def mlflow() -> None:
    """Serve the recorded models in MLflow's pages until Ctrl-C.

    On this machine only, on port MLFLOW_PORT. Run `make registry` once before.

    \b
    Examples:
      swipestream mlflow
      MLFLOW_PORT=15001 swipestream mlflow
    """
    from contextlib import closing

    from swipestream.console.progress import step_bar
    from swipestream.models.mlflow_pages import serve

    with step_bar() as bar:
        bar("starting MLflow")
        pages = serve(Settings.load())
    with closing(pages):
        click.echo(f"MLflow is on {pages.address}; Ctrl-C stops it")
        pages.wait()
