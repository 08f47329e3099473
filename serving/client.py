"""
A client of the decision API for Python programs; needs nothing but the standard library.

The types are those of /openapi.json: tests/serving/test_client.py compares them.

    client = DecisionClient("http://127.0.0.1:18090", secret)
    answer = client.decide({"transaction_id": "t-1", "card_id": "c-204", ...})
    if answer["decision"] == "block": ...
"""

import http.client
import json
import ssl
from typing import Any, Literal, NotRequired, Self, TypedDict, cast
from urllib.parse import quote, urlencode, urlsplit

Decision = Literal["approve", "review", "block"]


class PaymentRequest(TypedDict):
    """A payment to decide; what each field may hold is in docs/api.md."""

    transaction_id: str
    card_id: str
    customer_id: str
    merchant_id: str
    amount_cents: int
    currency: str
    channel: Literal["pos", "online", "atm"]
    latitude: NotRequired[float | None]
    longitude: NotRequired[float | None]
    device_id: NotRequired[str | None]
    card_last4: NotRequired[str | None]
    event_ms: NotRequired[int | None]


class HistorySeen(TypedDict):
    """What of the card was seen."""

    payment_count: int
    on_their_way_count: int
    newest_ms: int | None


class DecisionAnswer(TypedDict):
    """The answer to a payment."""

    transaction_id: str
    card_id: str
    event_ms: int
    decision: Decision
    score: float | None
    reasons: list[str]
    rules_fired: list[str]
    is_degraded: bool
    degraded_by: Literal["model", "policy", "database", "time", "features"] | None
    model_version: str | None
    rules_version: int | None
    policy_version: int | None
    pipeline_version: str
    history: HistorySeen | None
    features: dict[str, Any]
    decided_at: str


class GivenDecision(TypedDict):
    """An answer, and what the stream made of the same payment."""

    card_id: str
    answer: DecisionAnswer | None
    outcome: Literal["scored", "duplicate", "conflict", "rejected"] | None
    stored: dict[str, Any] | None
    differing: list[str] | None


class DecisionRefusedError(Exception):
    """The API gave no answer, and said why."""

    def __init__(self, fact: str, hint: str, field: str = "", status: int = 422) -> None:
        """
        :param fact: what is wrong.
        :param hint: what is allowed, or the next step.
        :param field: of the request; empty if it is about none.
        :param status: of HTTP.
        """
        super().__init__(f"{fact}\nhint: {hint}")
        self.status = status
        self.field = field
        self.fact = fact
        self.hint = hint


class DecisionClient:
    """
    One connection to the API, opened when it is needed and kept.

    A request whose connection broke is sent once more: the API gives the same answer to the same
    payment. Not for several threads at once.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        timeout_seconds: float = 5.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """
        :param url: such as ``http://127.0.0.1:18090``.
        :param secret: of `swipestream api-key create`.
        :param timeout_seconds: for each answer.
        :param tls: for https; the system's certificates if it is left out.
        """
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        self._connection: http.client.HTTPConnection
        if parts.scheme == "https":
            self._connection = http.client.HTTPSConnection(
                host, port, timeout=timeout_seconds, context=tls
            )
        else:
            self._connection = http.client.HTTPConnection(host, port, timeout=timeout_seconds)
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def decide(self, payment: PaymentRequest, *, is_dry_run: bool = False) -> DecisionAnswer:
        """
        Decide a payment.

        :param is_dry_run: nothing is kept or sent.
        :raises DecisionRefusedError: the payment or the key cannot be used.
        :raises OSError: the API cannot be reached.
        """
        path = "/v1/decisions" + ("?dry_run=true" if is_dry_run else "")
        return cast(DecisionAnswer, self._ask("POST", path, dict(payment)))

    def decision(self, transaction_id: str, card_id: str | None = None) -> GivenDecision:
        """
        An answer, and the stream's row.

        :param card_id: if several cards have used the number.
        :raises DecisionRefusedError: there is none, or the key may not read.
        """
        asked = f"?{urlencode({'card_id': card_id})}" if card_id else ""
        path = f"/v1/decisions/{quote(transaction_id, safe='')}{asked}"
        return cast(GivenDecision, self._ask("GET", path))

    def say_outcome(
        self, transaction_id: str, *, is_fraud: bool, reason: str | None = None
    ) -> None:
        """
        Say what turned out about a payment.

        :raises DecisionRefusedError: the key may not label, or Kafka is away.
        """
        body = {"transaction_id": transaction_id, "is_fraud": is_fraud, "reason": reason}
        self._ask("POST", "/v1/outcomes", body)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        content = None if body is None else json.dumps(body).encode()
        try:
            response, text = self._once(method, path, content)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            response, text = self._once(method, path, content)
        found = json.loads(text)
        if response.status >= 400:
            raise DecisionRefusedError(
                found["fact"], found["hint"], found["field"], response.status
            )
        return cast(dict[str, Any], found)

    def _once(
        self, method: str, path: str, content: bytes | None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        try:
            self._connection.request(method, path, content, self._headers)
            response = self._connection.getresponse()
            return response, response.read()
        except (OSError, http.client.HTTPException):
            # The next request opens another one.
            self._connection.close()
            raise

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
