"""The process of the desk: `python -m serving.desk`."""

import logging
import sys

import uvicorn

from serving.decisions.__main__ import WithoutTracebacks
from serving.desk.app import make_app
from swipestream.errors import SwipestreamError
from swipestream.settings import LOOPBACK, DeskSettings

# Open connections beyond that get 503.
MOST_CONNECTIONS = 200
# For what is being answered when it has to stop.
STOP_SECONDS = 5


def configuration(settings: DeskSettings) -> uvicorn.Config:
    """How the server runs: on loopback; a proxy gives it a name and encryption."""
    return uvicorn.Config(
        make_app(settings),
        host=LOOPBACK,
        port=settings.desk_port,
        loop="uvloop",
        http="httptools",
        # Who looked at what is in case_events, for those who may read it.
        access_log=False,
        log_config=None,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=STOP_SECONDS,
        server_header=False,
        date_header=False,
        proxy_headers=False,
    )


def main() -> None:
    """Answer until it has to stop."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # Starlette hands on what it has answered with 500, and uvicorn would log it whole.
    logging.getLogger("uvicorn.error").addFilter(WithoutTracebacks())
    # Its warnings hold the database's address.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    try:
        uvicorn.Server(configuration(DeskSettings.load())).run()
    except SwipestreamError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
