"""A desk that a test starts for itself."""

import psycopg

from swipestream.cases import program
from swipestream.settings import Settings
from tests.cases.stored import session
from tests.serving.desk.browser import Browser
from tests.serving.server_process import ServerProcess


class DeskProcess(ServerProcess):
    """The analysts' desk."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            settings,
            "desk",
            [str(program.python()), "-m", "serving.desk"],
            program.environment(settings),
            program.check,
        )

    def browser(self, login: str = "") -> Browser:
        """A new browser, of somebody who has a session if a login is given."""
        browser = Browser(self.settings.desk_port)
        if login:
            with psycopg.connect(self.settings.postgres_url, autocommit=True) as connection:
                browser.cookie = f"swipestream_desk={session(connection, login)}"
        return browser
