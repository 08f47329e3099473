"""The HTTP side of the desk: addresses, headers, and errors as pages."""

import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException

from serving.decisions.refusal import RefusalError
from serving.desk import metrics
from serving.desk.casework import add_casework
from serving.desk.database import AWAY
from serving.desk.desk import FOLDER, Desk, SignInNeededError, go_to
from serving.desk.looking import add_looking
from serving.desk.people import add_people
from serving.desk.signing import add_signing, sign_in_address, sign_in_page
from swipestream.cases.errors import UnknownCaseError, UnknownPaymentError
from swipestream.errors import SwipestreamError
from swipestream.settings import DeskSettings

LOG = logging.getLogger(__name__)
OVER = "Your session is over, and nothing of the form was saved. Sign in again."
HEADERS = {
    # Nothing but our own files, no script in a page, no frame around it.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
UNKEPT = "no-store"
Next = Callable[[Request], Awaitable[Response]]


def make_app(settings: DeskSettings) -> FastAPI:
    """The desk with its own connections, made when it starts."""
    desk = Desk(settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        desk.database.open()
        try:
            yield
        finally:
            desk.database.close()

    app = FastAPI(
        title="swipestream desk", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.mount("/static", StaticFiles(directory=FOLDER / "static"))
    add_guard(app, desk)
    add_errors(app, desk)
    add_signing(app, desk)
    add_casework(app, desk)
    add_looking(app, desk)
    add_people(app, desk)
    add_operations(app, desk)
    return app


def add_guard(app: FastAPI, desk: Desk) -> None:
    """What holds for every request and every answer."""

    @app.middleware("http")
    async def guard(request: Request, call_next: Next) -> Response:
        begin = time.monotonic()
        if request.headers.get("host", "").lower() not in desk.hosts:
            response: Response = PlainTextResponse(
                "this address is not the desk's; see DESK_URL in .env.example\n", 400
            )
        else:
            response = await call_next(request)
        is_static = request.url.path.startswith("/static/")
        response.headers.update(HEADERS)
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable"
            if is_static and request.query_params.get("v")
            else UNKEPT
        )
        route = request.scope.get("route")
        page = getattr(route, "path", "none")
        metrics.PAGE_SECONDS.labels(page).observe(time.monotonic() - begin)
        metrics.ANSWERS.labels(str(response.status_code)).inc()
        return response


def add_errors(app: FastAPI, desk: Desk) -> None:
    """One page for whatever gets no answer: what is wrong, and what to do next."""

    def message(request: Request, status: int, fact: str, hint: str = "") -> Response:
        form = getattr(request.state, "form", None)
        return desk.page(
            request, "message",
            status,
            code=status,
            fact=f"{fact[:1].upper()}{fact[1:]}.",
            hint=f"{hint[:1].upper()}{hint[1:]}." if hint else "",
            unsaved=form.text("note") if form else "",
        )  # fmt: skip

    @app.exception_handler(SignInNeededError)
    async def sign_in_needed(request: Request, error: SignInNeededError) -> Response:
        if request.method == "GET":
            path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return go_to(sign_in_address(path))
        wanted = page_of_form(request.url.path)
        return sign_in_page(desk, request, wanted, OVER, error.unsaved, 401)

    @app.exception_handler(RefusalError)
    async def refused(request: Request, error: RefusalError) -> Response:
        return message(request, error.status, error.fact, error.hint)

    @app.exception_handler(SwipestreamError)
    async def not_possible(request: Request, error: SwipestreamError) -> Response:
        is_unknown = isinstance(error, UnknownCaseError | UnknownPaymentError)
        return message(request, 404 if is_unknown else 422, error.fact, error.hint)

    @app.exception_handler(RequestValidationError)
    async def not_valid(request: Request, error: RequestValidationError) -> Response:
        return message(request, 404, "there is no such page", "go to the queue, or search")

    @app.exception_handler(HTTPException)
    async def no_such(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            return message(request, 404, "there is no such page", "go to the queue, or search")
        return message(request, error.status_code, str(error.detail).lower())

    async def away(request: Request, error: Exception) -> Response:
        LOG.error("database away path=%s reason=%s", pattern(request), type(error).__name__)
        return message(
            request, 503, "the database does not answer, so nothing was saved",
            "try again in a moment; an operator finds more with `swipestream doctor`",
        )  # fmt: skip

    for kind in AWAY:
        app.exception_handler(kind)(away)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        # Its text may hold what was sent.
        LOG.error("request failed path=%s reason=%s", pattern(request), type(error).__name__)
        response = message(
            request,
            500,
            "the page cannot be shown",
            "an operator finds more in the log of the desk",
        )
        # Behind the guard, which does not see this answer.
        response.headers.update(HEADERS)
        response.headers["Cache-Control"] = UNKEPT
        metrics.ANSWERS.labels("500").inc()
        return response


def page_of_form(path: str) -> str:
    """The page that has the form which is sent to a path."""
    if path.startswith("/cases/by-payment/") or path == "/password":
        return path
    if path.startswith("/analysts"):
        return "/analysts"
    return path.rpartition("/")[0] or "/queue"


def pattern(request: Request) -> str:
    """The address without the numbers and names in it."""
    return str(getattr(request.scope.get("route"), "path", "none"))


def add_operations(app: FastAPI, desk: Desk) -> None:
    """For operators; without a session, and without anything about cases."""

    @app.get("/healthz")
    async def health() -> Response:
        return JSONResponse({"is_alive": True})

    @app.get("/readyz")
    def ready() -> Response:
        try:
            with desk.database.connection() as connection:
                connection.execute("SELECT 1 FROM cases LIMIT 1")
        except AWAY:
            return JSONResponse({"is_ready": False, "database": False}, 503)
        return JSONResponse({"is_ready": True, "database": True})

    @app.get("/metrics")
    async def counts() -> Response:
        return Response(generate_latest(metrics.REGISTRY), media_type=CONTENT_TYPE_LATEST)
