"""A browser without script: cookies, links, and forms as a page has them."""

import http.client
import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from swipestream.settings import LOOPBACK


@dataclass
class Form:
    """
    A form of a page.

    :param fields: what it would send as it is, without its buttons.
    """

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    # Buttons may send the form elsewhere.
    actions: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Finds the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._textarea: str | None = None
        self._text = ""
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "get")))
            return
        if not self.forms:
            return
        form, name = self.forms[-1], values.get("name", "")
        if tag == "input" and name:
            kind = values.get("type", "text")
            if kind not in ("radio", "checkbox") or "checked" in values:
                form.fields.append((name, values.get("value", "")))
        elif tag == "textarea":
            self._textarea, self._text = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in values:
            form.fields.append((self._select, values.get("value", "")))
        elif tag == "button" and "formaction" in values:
            form.actions.append(values["formaction"])

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._textarea is not None:
            if self.forms and self._textarea:
                self.forms[-1].fields.append((self._textarea, self._text))
            self._textarea = None
        elif tag == "select":
            self._select = None


@dataclass(frozen=True)
class Page:
    """
    What was answered.

    :param headers: by name in lower case.
    """

    status: int
    html: str
    headers: dict[str, str]

    @property
    def text(self) -> str:
        """What a person reads, roughly: without tags, spaces made one."""
        words = " ".join(unescape(re.sub(r"<[^>]*>", " ", self.html)).split())
        return re.sub(r" (?=[:.,;])", "", words)

    def form(self, action: str) -> Form:
        """The form that is sent to an address, or has a button that sends it there."""
        reader = _Reader()
        reader.feed(self.html)
        found = [form for form in reader.forms if action in (form.action, *form.actions)]
        assert found, f"no form is sent to {action}: {self.status} {self.text}"
        return found[0]


class Browser:
    """One person's browser."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookie = ""

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Page:
        """
        One request, without following where it leads.

        :param headers: besides the usual ones; `_` stands for `-`.
        """
        sent = {"Cookie": self.cookie} if self.cookie else {}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
            sent["Origin"] = f"http://{LOOPBACK}:{self.port}"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=60)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            html = response.read().decode()
        finally:
            connection.close()
        found = {name.lower(): value for name, value in response.getheaders()}
        if "set-cookie" in found:
            self.cookie = found["set-cookie"].partition(";")[0]
        return Page(response.status, html, found)

    def get(self, path: str, **headers: str) -> Page:
        """A page, wherever it leads."""
        page = self.ask("GET", path, None, **headers)
        return self.get(page.headers["location"]) if page.status in (303, 307) else page

    def post(self, form: Form, action: str, changes: dict[str, Any], **headers: str) -> Page:
        """
        Send a form, without following where it leads.

        :param changes: of its fields: a text, a list of texts, or None to leave it out.
        """
        pairs = [pair for pair in form.fields if pair[0] not in changes]
        for name, value in changes.items():
            values = value if isinstance(value, list) else [] if value is None else [value]
            pairs += [(name, item) for item in values]
        return self.ask("POST", action, urlencode(pairs).encode(), **headers)

    def send(self, page: Page, action: str, **changes: Any) -> Page:
        """Send a form of a page and look at the page that it leads to."""
        answer = self.post(page.form(action), action, changes)
        return self.get(answer.headers["location"]) if answer.status == 303 else answer

    def sign_in(self, login: str, password: str, path: str = "/queue") -> Page:
        """:return: the page that it leads to."""
        page = self.get(path)
        return self.send(page, "/login", login=login, password=password)
