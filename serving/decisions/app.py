"""The HTTP side of the decision API: addresses, keys, and errors in one shape."""

import asyncio
import contextlib
import json
import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import Annotated, Any

import orjson
from fastapi import FastAPI, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from flink_jobs.pipelines import PAYMENTS
from serving.decisions import answers, metrics, shapes
from serving.decisions.bounded import within
from serving.decisions.champion import Champion
from serving.decisions.database import AWAY, Database
from serving.decisions.deciding import Decider
from serving.decisions.journal import Journal
from serving.decisions.keeping import Keeping
from serving.decisions.keys import Keys
from serving.decisions.payments import (
    FIELDS,
    MOST_BYTES,
    Payment,
    now_ms,
    read_object,
    read_payment,
    whole,
)
from serving.decisions.refusal import RefusalError
from serving.decisions.rule import DecisionRule
from serving.decisions.rules import TeamRules
from serving.decisions.topic import Topic
from swipestream import __version__
from swipestream.database.queries import query
from swipestream.decisions.agreement import FEATURES, differing
from swipestream.rules.columns import rule_columns
from swipestream.sending.errors import UnmappableError
from swipestream.sending.payment_checks import check_label
from swipestream.settings import DecisionSettings

LOG = logging.getLogger(__name__)
READ_SECONDS = 5.0
LABEL_SECONDS = 3.0
MOST_FOUND = 500
DAY_MS = 86_400_000
WHY = "Decide a payment now, and prove later that the stream decided the same."

Identifier = Annotated[str, Path(pattern=shapes.IDENTIFIER)]
Wanted = Annotated[str | None, Query(pattern=shapes.IDENTIFIER)]
Milliseconds = Annotated[int | None, Query(ge=shapes.EPOCH_MS[0], le=shapes.EPOCH_MS[1])]


class Json(JSONResponse):
    """An answer, by orjson."""

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


class Api:
    """What all requests share."""

    def __init__(self, settings: DecisionSettings) -> None:
        self.settings = settings
        self.database = Database(settings.decisions_url)
        self.rule = DecisionRule()
        self.keys = Keys()
        self.journal = Journal(settings.state_dir / "run" / "decisions.journal")
        self.champion = Champion(settings.models_dir, PAYMENTS.model_features)
        self.team = TeamRules(settings.models_dir, rule_columns(PAYMENTS.job))
        self.topic = Topic(settings)
        self.keeping = Keeping(self.database, self.topic, self.rule, self.keys, self.journal)
        self.decider = Decider(
            self.database,
            self.topic,
            self.champion,
            self.rule,
            self.team,
            self.journal,
            budget_seconds=settings.api_budget_ms / 1000,
            is_database_needed=settings.api_without_database == "refuse",
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Everything beside the requests."""
        await self.database.open()
        with contextlib.suppress(*AWAY, TimeoutError):
            await self.keeping.bounded_round()
        keeping = asyncio.create_task(self.keeping.run())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.to_thread(self.topic.close)
            with contextlib.suppress(*AWAY, TimeoutError):
                await within(READ_SECONDS, self.keeping.round())
            with contextlib.suppress(TimeoutError):
                await within(READ_SECONDS, self.database.close())
            self.champion.close()
            self.team.close()
            self.journal.close()

    def allow(self, request: Request, scope: str) -> str:
        """
        :return: the key's name.
        :raises RefusalError: the request's key may not do that.
        """
        return self.keys.check(request.headers.get("authorization", ""), scope).name

    async def read(self, work: Awaitable[Any]) -> Any:
        """
        What the database says to somebody who can wait.

        :raises RefusalError: nothing, in time.
        """

        async def ask() -> Any:
            return await work

        try:
            return await within(READ_SECONDS, ask())
        except (*AWAY, TimeoutError):
            raise RefusalError(
                "the database does not answer", "ask again, or see /readyz", status=503
            ) from None


async def body_of(request: Request) -> bytes:
    """
    A request's body, of at most `MOST_BYTES` and one byte more.

    :raises RefusalError: it is announced as larger.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > MOST_BYTES:
        return b" " * (MOST_BYTES + 1)
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > MOST_BYTES:
            break
    return bytes(found)


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """A request's body, as the OpenAPI document has it."""
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": model.model_json_schema()}},
        }
    }


def said(answered: dict[int, type[BaseModel]], *refused: int) -> dict[int | str, dict[str, Any]]:
    """What an address answers, for the OpenAPI document; refusals all look the same."""
    models = answered | dict.fromkeys(refused, shapes.Refusal)
    return {status: {"model": model} for status, model in models.items()}


def make_app(settings: DecisionSettings) -> FastAPI:
    """The API with its own connections, made when it starts."""
    api = Api(settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with api.running():
            yield

    app = FastAPI(
        title="swipestream decisions",
        version=__version__,
        description=WHY,
        lifespan=lifespan,
        # These pages would load scripts from elsewhere; docs/api.md is the document.
        docs_url=None,
        redoc_url=None,
        default_response_class=Json,
    )
    add_errors(app)
    add_decisions(app, api)
    add_reading(app, api)
    add_operations(app, api)
    return app


def add_errors(app: FastAPI) -> None:
    """One shape for whatever gets no answer."""

    def refused(error: RefusalError, headers: Mapping[str, str] | None = None) -> Json:
        metrics.REFUSALS.labels(str(error.status)).inc()
        if "card number" in error.fact:
            metrics.CARD_NUMBERS.inc()
        more = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "1"}}
        return Json(error.body(), error.status, {**(headers or {}), **more.get(error.status, {})})

    @app.exception_handler(RefusalError)
    async def refusal(request: Request, error: RefusalError) -> Response:
        return refused(error)

    @app.exception_handler(RequestValidationError)
    async def not_valid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = str(first["loc"][-1])
        hint = str(first["msg"])[:1].lower() + str(first["msg"])[1:]
        return refused(RefusalError(f"{field} is not what it may be", hint, field))

    @app.exception_handler(HTTPException)
    async def no_such(request: Request, error: HTTPException) -> Response:
        fact = str(error.detail).lower()
        return refused(
            RefusalError(fact, "see /openapi.json", status=error.status_code), error.headers
        )

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        # Its text may hold what was sent.
        LOG.error("request failed path=%s reason=%s", request.url.path, type(error).__name__)
        return refused(RefusalError("the request failed", "see the log of the API", status=500))


def add_decisions(app: FastAPI, api: Api) -> None:
    """Deciding, and what was decided."""

    @app.post(
        "/v1/decisions",
        response_model=None,
        openapi_extra=schema(shapes.PaymentRequest),
        responses=said({200: shapes.DecisionAnswer}, 400, 401, 403, 409, 413, 422, 429, 503),
        summary="Decide a payment",
    )
    async def decide(request: Request, dry_run: bool = False) -> Response:
        """
        The answer is kept, and the payment is sent to the stream, which scores it for the record.

        The same request again gets the same answer, with the header `Idempotent-Replay: true`.
        With `dry_run=true` nothing is kept or sent.
        """
        begin = time.monotonic()
        api.allow(request, "decide")
        payment = read_payment(await body_of(request), now_ms())
        answered = await api.decider.decide(payment, begin, is_dry_run=dry_run)
        if answered.is_replay:
            metrics.REPLAYS.inc()
            return Json(answered.answer, headers={"Idempotent-Replay": "true"})
        seconds = time.monotonic() - begin
        if not payment.is_sandbox:
            metrics.DECISION_SECONDS.observe(seconds)
            given = answered.answer
            metrics.DECISIONS.labels(given["decision"], given["degraded_by"] or "nothing").inc()
        return Json(
            answered.answer, headers={"Server-Timing": f"decision;dur={1000 * seconds:.2f}"}
        )

    @app.get(
        "/v1/decisions/{transaction_id}",
        response_model=None,
        responses=said({200: shapes.GivenDecision}, 401, 403, 404, 409, 422, 429, 503),
        summary="An answer, and what the stream made of the payment",
    )
    async def decision(
        request: Request, transaction_id: Identifier, card_id: Wanted = None
    ) -> Response:
        """Several cards may have used the number; `card_id` says which one is meant."""
        api.allow(request, "read")
        values = {"transaction_id": transaction_id, "card_id": card_id}
        rows = await api.read(api.database.rows(query("decisions_of"), values))
        if not rows:
            raise RefusalError(
                "no payment has this transaction_id",
                "see /v1/payments",
                "transaction_id",
                status=404,
            )
        if len(rows) > 1:
            raise RefusalError(
                f"{len(rows)} cards have used this transaction_id",
                "add card_id",
                "card_id",
                status=409,
            )
        row = rows[0]
        both = row["answer"] is not None and row["stored"] is not None
        return Json(
            {name: row[name] for name in ("card_id", "answer", "outcome", "stored")}
            | {"differing": differing(row["answer"], row["stored"]) if both else None}
        )


def add_reading(app: FastAPI, api: Api) -> None:
    """Looking things up, and saying what turned out."""

    @app.get(
        "/v1/cards/{card_id}/features",
        response_model=None,
        responses=said({200: shapes.CardFeatures}, 401, 403, 422, 429, 503),
        summary="What a payment of a card would see",
    )
    async def card_features(
        request: Request, card_id: Identifier, as_of: Milliseconds = None
    ) -> Response:
        """
        The card's history now, or as of a time, in UTC milliseconds.

        As of a time, payments count by their own time, whenever they arrived.
        """
        api.allow(request, "read")
        at_ms = as_of or now_ms()
        nobody = Payment(
            dict.fromkeys(FIELDS) | {"card_id": card_id, "event_ms": at_ms, "amount_cents": 0}, ""
        )

        async def ask() -> dict[str, Any]:
            async with api.database.connection() as connection:
                return await api.database.asked_payment(
                    connection, nobody, is_past=as_of is not None
                )

        found = await api.read(ask())
        names = [name for name in FEATURES if name.startswith(("card_", "previous_"))]
        return Json(
            {
                "card_id": card_id,
                "as_of_ms": at_ms,
                "history": answers.history(found),
                "features": {name: found[name] for name in names},
            }
        )

    @app.get(
        "/v1/payments",
        response_model=None,
        responses=said({200: shapes.PaymentsFound}, 401, 403, 422, 429, 503),
        summary="Find stored payments",
    )
    async def payments(
        request: Request,
        card_id: Wanted = None,
        merchant_id: Wanted = None,
        device_id: Wanted = None,
        decision: Annotated[shapes.Decision | None, Query()] = None,
        from_ms: Milliseconds = None,
        to_ms: Milliseconds = None,
        limit: Annotated[int, Query(ge=1, le=MOST_FOUND)] = 50,
    ) -> Response:
        """The newest first; without `card_id` and `from_ms`, those of the last day."""
        api.allow(request, "read")
        wanted: dict[str, Any] = {
            "card_id": card_id,
            "merchant_id": merchant_id,
            "device_id": device_id,
            "decision": decision,
            "from_ms": from_ms,
            "to_ms": to_ms,
        }
        wanted = {name: value for name, value in wanted.items() if value is not None}
        if card_id is None and from_ms is None:
            wanted["from_ms"] = now_ms() - DAY_MS
        found = await api.read(api.database.find_payments(wanted, limit))
        return Json({"payments": found})

    @app.get(
        "/v1/examples",
        response_model=None,
        responses=said({200: shapes.PaymentRequest}),
        summary="A request to try",
    )
    async def examples() -> Response:
        """A payment of the sandbox, for `POST /v1/decisions`."""
        return Json(
            {
                "transaction_id": f"example-{uuid.uuid4().hex[:12]}",
                "card_id": "test-review",
                "customer_id": "k-example",
                "merchant_id": "m-example",
                "amount_cents": 25900,
                "currency": "EUR",
                "channel": "online",
                "device_id": "d-example",
            }
        )

    @app.post(
        "/v1/outcomes",
        status_code=202,
        response_model=None,
        openapi_extra=schema(shapes.Outcome),
        responses=said({202: shapes.Accepted}, 400, 401, 403, 413, 422, 429, 503),
        summary="Say what turned out about a payment",
    )
    async def outcome(request: Request) -> Response:
        """A label in the topic of labels: merchant risk and the next training read it there."""
        name = api.allow(request, "label")
        sent = read_object(await body_of(request))
        if set(sent) - set(shapes.Outcome.model_fields):
            raise RefusalError(
                "the body has a field of an unknown name",
                f"send only {', '.join(shapes.Outcome.model_fields)}",
            )
        moment = sent.get("labelled_ms")
        label = {
            "transaction_id": sent.get("transaction_id"),
            "is_fraud": sent.get("is_fraud"),
            "reason": sent.get("reason"),
            "scenario": None,
            "event_ms": None,
            "labelled_ms": whole(now_ms() if moment is None else moment),
            "source": f"api.{name}",
        }
        try:
            check_label(label, now_ms())
        except UnmappableError as error:
            fact = str(error)
            field = fact.partition(" ")[0]
            raise RefusalError(
                fact,
                "see the schema in /openapi.json",
                field if field in shapes.Outcome.model_fields else "",
            ) from None
        message = json.dumps(label).encode()
        if not await asyncio.to_thread(
            api.topic.send_label, str(label["transaction_id"]), message, LABEL_SECONDS
        ):
            raise RefusalError("kafka has not taken the outcome", "send it again", status=503)
        return Json({name: label[name] for name in ("transaction_id", "labelled_ms")}, 202)


def add_operations(app: FastAPI, api: Api) -> None:
    """For operators; without a key, and without anything about payments."""

    @app.get(
        "/healthz",
        response_model=None,
        responses=said({200: shapes.Alive}),
        summary="The process answers",
    )
    async def health() -> Response:
        return Json({"is_alive": True})

    @app.get(
        "/readyz",
        response_model=None,
        responses=said({200: shapes.Health, 503: shapes.Health}),
        summary="What is there",
    )
    async def ready() -> Response:
        """503 while nothing can be answered; degraded answers are answers."""
        database = not api.database.is_away
        kafka = await asyncio.to_thread(api.topic.answers, 1.0)
        needs_database = api.settings.api_without_database == "refuse"
        is_ready = (database or not needs_database) and api.keys.are_known
        return Json(
            {
                "is_ready": is_ready,
                "database": database,
                "kafka": kafka,
                "model_version": api.champion.version,
            },
            200 if is_ready else 503,
        )

    @app.get(
        "/metrics",
        response_model=None,
        response_class=PlainTextResponse,
        summary="Counts for Prometheus",
    )
    async def counts() -> Response:
        return Response(generate_latest(metrics.REGISTRY), media_type=CONTENT_TYPE_LATEST)
