"""Forms as browsers send them: bounded, and only from the desk's own pages."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request

from serving.decisions.refusal import RefusalError
from swipestream.cases.sessions import form_key

# A note of the longest kind, every letter of it escaped, and the payments of a large case.
MOST_BYTES = 64 * 1024
MOST_FIELDS = 500
KIND = "application/x-www-form-urlencoded"
# What every form of a page sends with it.
KEY_FIELD, TOKEN_FIELD = "form_key", "form_token"
_AGAIN = "go back, load the page again, and send it once more"


@dataclass(frozen=True)
class Form:
    """
    What was sent.

    :param values: by field; of a field that was sent several times, all.
    """

    values: Mapping[str, list[str]]

    def text(self, name: str) -> str:
        """A field's first value; empty if it was not sent."""
        return self.values.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """All values of a field."""
        return self.values.get(name, [])

    def number(self, name: str) -> int:
        """
        A whole number.

        :raises RefusalError: it is none, which none of our pages sends.
        """
        text = self.text(name)
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise RefusalError(f"the field {name} is not a number", _AGAIN, name, 400)
        return int(text)

    @property
    def token(self) -> str:
        """Different in each form that a page shows."""
        return self.text(TOKEN_FIELD)[:100]


async def read_form(request: Request, token: str, hosts: frozenset[str]) -> Form:
    """
    The form of a request, if it comes from one of our pages.

    :param token: of the browser, from its cookie.
    :param hosts: where forms may come from.
    :raises RefusalError: it comes from elsewhere, is too large, or is not a form.
    """
    check_origin(request, hosts)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != KIND:
        raise RefusalError("what was sent is not a form", _AGAIN, status=415)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise RefusalError("the form is too large", "write less", status=413)
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            max_num_fields=MOST_FIELDS,
            errors="strict",
        )
    except ValueError:
        raise RefusalError("what was sent is not a form in UTF-8", _AGAIN, status=400) from None
    if any("\0" in text for pair in pairs for text in pair):
        raise RefusalError("the form holds a character that cannot be kept", _AGAIN, status=400)
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    form = Form(values)
    if not token or not hmac.compare_digest(
        form.text(KEY_FIELD).encode(), form_key(token).encode()
    ):
        raise RefusalError(
            "the form is not from this session's pages",
            "sign in again if you have to, load the page again, and send it once more",
            KEY_FIELD,
            403,
        )
    return form


def check_origin(request: Request, hosts: frozenset[str]) -> None:
    """
    A second guard beside the form's key: browsers say where a form was sent from.

    :raises RefusalError: from another site.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise RefusalError("the form was sent from another site", _AGAIN, status=403)
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() not in hosts:
        raise RefusalError("the form was sent from another site", _AGAIN, status=403)


def new_token() -> str:
    """For a form that is shown now: the same one twice is one click."""
    return secrets.token_urlsafe(12)
