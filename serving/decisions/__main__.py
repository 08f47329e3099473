"""The process of the decision API: `python -m serving.decisions`."""

import logging
import sys
from pathlib import Path

import uvicorn

from serving.decisions.app import make_app
from swipestream.errors import SettingError, SwipestreamError
from swipestream.settings import LOOPBACK, DecisionSettings

# Open connections beyond that get 503.
MOST_CONNECTIONS = 500
# For what is being answered when it has to stop.
STOP_SECONDS = 5


class WithoutTracebacks(logging.Filter):
    """Leaves of an error only its type: its text may hold what was sent."""

    def filter(self, record: logging.LogRecord) -> bool:
        """:return: True; the record is changed."""
        if record.exc_info:
            kind = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
            record.msg = f"{record.getMessage().strip()} reason={kind.__name__ if kind else '?'}"
            record.args = None
            record.exc_info = record.exc_text = None
        return True


def configuration(settings: DecisionSettings) -> uvicorn.Config:
    """
    :raises SettingError: it would be reached from elsewhere without encryption.
    """
    certificate, key = settings.api_tls_certificate, settings.api_tls_key
    if settings.api_host != LOOPBACK and not (certificate and key):
        raise SettingError(
            f"API_HOST={settings.api_host} would send keys and payments without encryption",
            f"set API_TLS_CERTIFICATE and API_TLS_KEY, or API_HOST={LOOPBACK}",
        )
    for name, path in (("API_TLS_CERTIFICATE", certificate), ("API_TLS_KEY", key)):
        if path and not Path(path).is_file():
            raise SettingError(f"{name}={path} does not exist", "name a PEM file")
    return uvicorn.Config(
        make_app(settings),
        host=settings.api_host,
        port=settings.api_port,
        loop="uvloop",
        http="httptools",
        # Who asked what is nobody's business; metrics count it.
        access_log=False,
        log_config=None,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=STOP_SECONDS,
        server_header=False,
        date_header=False,
        ssl_certfile=certificate or None,
        ssl_keyfile=key or None,
    )


def main() -> None:
    """Answer until it has to stop."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # Starlette hands on what it has answered with 500, and uvicorn would log it whole.
    logging.getLogger("uvicorn.error").addFilter(WithoutTracebacks())
    try:
        uvicorn.Server(configuration(DecisionSettings.load())).run()
    except SwipestreamError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
