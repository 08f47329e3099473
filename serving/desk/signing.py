"""Signing in and out, and one's own password."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from serving.desk import metrics
from serving.desk.desk import COOKIE, Desk, go_to, local_path
from serving.desk.forms import Form
from swipestream.cases import analysts, passwords, sessions
from swipestream.cases.errors import AnalystError
from swipestream.cases.sessions import Person

REFUSED = "Login or password is wrong, or there were too many tries: then wait 15 minutes."


def add_signing(app: FastAPI, desk: Desk) -> None:
    """The pages that let people in and out."""

    @app.get("/login")
    def login_page(request: Request, next: str = "/queue") -> Response:
        return shown(request, local_path(next))

    @app.post("/login")
    def sign_in(request: Request, form: Annotated[Form, Depends(desk.form)]) -> Response:
        wanted = local_path(form.text("next"))
        login = form.text("login").strip().lower()[:60]
        with desk.database.connection() as connection:
            token = sessions.sign_in(connection, login, form.text("password")[:1000])
        metrics.SIGN_INS.labels("yes" if token else "no").inc()
        if token is None:
            return desk.page(
                request, "login", 401, next=wanted, error=REFUSED, login=login, unsaved=""
            )
        response = go_to(wanted)
        desk.set_cookie(response, token)
        return response

    @app.post("/logout")
    def sign_out(request: Request, form: Annotated[Form, Depends(desk.form)]) -> Response:
        with desk.database.connection() as connection:
            sessions.sign_out(connection, desk.token(request))
        response = go_to("/login")
        response.delete_cookie(COOKIE, path="/")
        return response

    @app.get("/password")
    def password_page(
        request: Request, person: Annotated[Person, Depends(desk.person)], done: bool = False
    ) -> Response:
        return desk.page(request, "password", error="", is_done=done)

    @app.post("/password")
    def change_password(
        request: Request,
        form: Annotated[Form, Depends(desk.form)],
        person: Annotated[Person, Depends(desk.person)],
    ) -> Response:
        error = ""
        if form.text("new") != form.text("again"):
            error = "The two new passwords differ."
        if not error and not is_own(desk, person, form.text("old")):
            error = "The present password is wrong."
        if not error:
            keep = sessions.hash_of(desk.token(request))
            try:
                with desk.database.connection() as connection:
                    analysts.set_password(
                        connection, person.login, form.text("new"), person.login, keep
                    )
            except AnalystError as problem:
                error = f"{problem.fact[:1].upper()}{problem.fact[1:]}: {problem.hint}."
        if error:
            return desk.page(request, "password", 422, error=error, is_done=False)
        return go_to("/password?done=true")

    def shown(request: Request, wanted: str) -> Response:
        """The sign-in, with a token for its form if the browser has none."""
        return sign_in_page(desk, request, wanted)


def is_own(desk: Desk, person: Person, password: str) -> bool:
    """Whether a password is the person's; a wrong one counts as a failed try to sign in."""
    with desk.database.connection() as connection:
        return sessions.is_let_in(connection, person.login, password[: passwords.LONGEST])


def sign_in_page(
    desk: Desk, request: Request, wanted: str, error: str = "", unsaved: str = "", status: int = 200
) -> Response:
    """
    The sign-in.

    :param wanted: the path to go to afterwards.
    :param unsaved: what somebody had written when the session was over.
    """
    token = desk.token(request)
    is_new = not token
    if is_new:
        token = sessions.new_token()
        request.cookies[COOKIE] = token
    response = desk.page(
        request, "login", status, next=wanted, error=error, login="", unsaved=unsaved
    )
    if is_new:
        desk.set_cookie(response, token)
    return response


def sign_in_address(path: str) -> str:
    """Where to sign in to see a path."""
    return f"/login?next={quote(path, safe='/')}"
