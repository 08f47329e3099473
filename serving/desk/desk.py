"""What all pages share: settings, database, templates, and who is asking."""

import hashlib
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from serving.decisions.refusal import RefusalError
from serving.desk import words
from serving.desk.database import Database
from serving.desk.forms import Form, new_token, read_form
from serving.desk.hosts import allowed_hosts
from swipestream.cases import sessions
from swipestream.cases.sessions import Person, form_key
from swipestream.settings import DeskSettings

FOLDER = Path(__file__).parent
COOKIE = "swipestream_desk"
# Longer than a session, which the server ends: who sends a form too late is known to have had one,
# and keeps what they wrote.
COOKIE_HOURS = 7 * 24


class SignInNeededError(Exception):
    """The browser has no session, or it is over."""

    def __init__(self, is_over: bool, unsaved: str = "") -> None:
        """
        :param is_over: it had one.
        :param unsaved: what was written and is not saved because of that.
        """
        super().__init__("sign in first")
        self.is_over = is_over
        self.unsaved = unsaved


class Desk:
    """One for the process."""

    def __init__(self, settings: DeskSettings) -> None:
        self.settings = settings
        self.hosts = allowed_hosts(settings)
        self.database = Database(settings.desk_database)
        self._pages = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._pages.filters |= words.FILTERS
        self._pages.globals |= {
            "counted": words.counted,
            "KINDS": words.KINDS,
            "ROLES": words.ROLES,
            "form_token": new_token,
            "asset": self._asset,
        }

    def _asset(self, name: str) -> str:
        """The address of a file in static/: another one when its content changes."""
        digest = hashlib.sha256((FOLDER / "static" / name).read_bytes()).hexdigest()[:12]
        return f"/static/{name}?v={digest}"

    @staticmethod
    def token(request: Request) -> str:
        """What the browser's cookie holds; empty without one."""
        return request.cookies.get(COOKIE, "")[:200]

    def person(self, request: Request) -> Person:
        """
        Who is asking.

        :raises SignInNeededError: nobody that is known.
        """
        token = self.token(request)
        with self.database.connection() as connection:
            found = sessions.who(connection, token)
        if found is None:
            form: Form | None = getattr(request.state, "form", None)
            raise SignInNeededError(bool(token), form.text("note") if form else "")
        request.state.person = found
        return found

    async def form(self, request: Request) -> Form:
        """
        The form that was sent, by a page of this browser's session.

        :raises RefusalError: it is not.
        """
        form = await read_form(request, self.token(request), self.hosts)
        request.state.form = form
        return form

    def worker(self, request: Request) -> Person:
        """
        Who is asking, if they may change cases.

        :raises RefusalError: a viewer.
        """
        person = self.person(request)
        if not person.may_work:
            raise RefusalError(
                "a viewer changes nothing", "ask a lead for the role analyst", status=403
            )
        return person

    def lead(self, request: Request) -> Person:
        """
        Who is asking, if they are a lead.

        :raises RefusalError: they are not.
        """
        person = self.person(request)
        if not person.is_lead:
            raise RefusalError("only a lead may do that", "ask a lead", status=403)
        return person

    def auditor(self, request: Request) -> Person:
        """
        Who is asking, if they may read what everybody does.

        :raises RefusalError: an analyst, who sees the history of each case instead.
        """
        person = self.person(request)
        if person.role == "analyst":
            raise RefusalError(
                "the audit is for leads and viewers", "each case shows its own history", status=403
            )
        return person

    def page(self, request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        """
        A page.

        :param name: of a file in templates/, without `.html`.
        :param values: for the template.
        """
        person: Person | None = getattr(request.state, "person", None)
        shared = {
            "person": person,
            "form_key": form_key(self.token(request)) if self.token(request) else "",
            "path": request.url.path,
        }
        text = self._pages.get_template(f"{name}.html").render(shared | values)
        return HTMLResponse(text, status)

    def set_cookie(self, response: Response, token: str) -> None:
        """Give the browser a token, which its scripts cannot read and other sites cannot send."""
        response.set_cookie(
            COOKIE,
            token,
            max_age=COOKIE_HOURS * 3600,
            path="/",
            secure=self.settings.desk_address.startswith("https:"),
            httponly=True,
            # Lax, not strict: a link from a dashboard leads to a case, not to the sign-in.
            samesite="lax",
        )


def go_to(path: str) -> RedirectResponse:
    """The answer to a form: load a page, so that loading again sends nothing twice."""
    return RedirectResponse(path, 303)


def local_path(text: str) -> str:
    """A path of this desk that somebody wanted to see; the queue for anything else."""
    is_local = text.startswith("/") and not text.startswith(("//", "/\\"))
    is_plain = text.isascii() and text.isprintable() and len(text) <= 300
    return text if is_local and is_plain and not text.startswith("/login") else "/queue"
