"""Superset's REST API, as one of its users."""

import json
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import Any

from swipestream.dashboards.errors import DashboardError

TIMEOUT_SECONDS = 60


class Client:
    """A user who is logged in."""

    def __init__(self, url: str, name: str, password: str) -> None:
        """:raises DashboardError: Superset does not answer, or does not know the user."""
        self._url = url
        self._open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar())
        ).open
        self._headers = {"Referer": url}
        status, answer = self.request(
            "POST",
            "/api/v1/security/login",
            {"username": name, "password": password, "provider": "db", "refresh": True},
        )
        if status != 200:
            raise DashboardError(
                f"Superset does not let {name} in: {answer}", "run `swipestream up --dashboards`"
            )
        self._headers["Authorization"] = f"Bearer {answer['access_token']}"
        _, token = self.request("GET", "/api/v1/security/csrf_token/")
        self._headers["X-CSRFToken"] = token["result"]

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """
        Ask for something.

        :param path: from the slash on.
        :return: status and answer; an answer that is not JSON is returned as text.
        :raises DashboardError: Superset does not answer.
        """
        data = None if body is None else json.dumps(body).encode()
        # Superset looks for JSON where it is announced, and refuses a question without.
        kind = {} if body is None else {"Content-Type": "application/json"}
        request = urllib.request.Request(
            self._url + path, data, headers=self._headers | kind, method=method
        )
        try:
            with self._open(request, timeout=TIMEOUT_SECONDS) as response:
                return response.status, parsed(response.read())
        except urllib.error.HTTPError as error:
            return error.code, parsed(error.read())
        except OSError as error:
            raise DashboardError(
                f"{self._url} does not answer: {error}", "run `swipestream up --dashboards`"
            ) from None

    def numbers(self, kind: str) -> dict[str, int]:
        """
        Superset's numbers by uuid.

        :param kind: database, dataset, chart or dashboard.
        """
        query = "(columns:!(id,uuid),page_size:1000)"
        status, answer = self.request("GET", f"/api/v1/{kind}/?q={query}")
        if status != 200:
            raise DashboardError(f"Superset does not list its {kind}s: {answer}", "see its log")
        return {str(item["uuid"]): int(item["id"]) for item in answer["result"]}


def parsed(content: bytes) -> Any:
    """JSON, or text if it is none."""
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")[:500]
