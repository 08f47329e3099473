"""The page on which leads look after analysts."""

from typing import Annotated

from fastapi import Depends, FastAPI, Path, Request
from fastapi.responses import Response

from serving.desk.desk import Desk, go_to
from serving.desk.forms import Form
from swipestream.cases import analysts, passwords
from swipestream.cases.errors import AnalystError
from swipestream.cases.sessions import Person

Login = Annotated[str, Path(pattern=analysts.LOGIN.pattern.replace(r"\Z", "$"))]


def add_people(app: FastAPI, desk: Desk) -> None:
    """Analysts: added, given a role or a password, unlocked, closed."""

    def shown(
        request: Request,
        status: int = 200,
        error: str = "",
        made: tuple[str, str] | None = None,
    ) -> Response:
        """:param made: a login and its new password, shown this once."""
        with desk.database.connection() as connection:
            everybody = analysts.analysts(connection)
        return desk.page(
            request, "analysts", status, everybody=everybody, error=error, made=made,
            roles=analysts.ROLES,
        )  # fmt: skip

    def said(error: AnalystError) -> str:
        return f"{error.fact[:1].upper()}{error.fact[1:]}: {error.hint}."

    @app.get("/analysts")
    def everybody(request: Request, person: Annotated[Person, Depends(desk.lead)]) -> Response:
        return shown(request)

    @app.post("/analysts")
    def add(
        request: Request,
        form: Annotated[Form, Depends(desk.form)],
        person: Annotated[Person, Depends(desk.lead)],
    ) -> Response:
        login, password = form.text("login").strip(), passwords.made()
        try:
            with desk.database.connection() as connection:
                analysts.add(connection, login, form.text("role"), password, person.login)
        except AnalystError as error:
            return shown(request, 422, said(error))
        # Not by another page to load: the password is in this answer and nowhere else.
        return shown(request, made=(login, password))

    @app.post("/analysts/{login}/password")
    def new_password(
        request: Request,
        login: Login,
        form: Annotated[Form, Depends(desk.form)],
        person: Annotated[Person, Depends(desk.lead)],
    ) -> Response:
        password = passwords.made()
        try:
            with desk.database.connection() as connection:
                analysts.set_password(connection, login, password, person.login)
        except AnalystError as error:
            return shown(request, 422, said(error))
        return shown(request, made=(login, password))

    @app.post("/analysts/{login}")
    def change(
        request: Request,
        login: Login,
        form: Annotated[Form, Depends(desk.form)],
        person: Annotated[Person, Depends(desk.lead)],
    ) -> Response:
        try:
            with desk.database.connection() as connection:
                match form.text("do"):
                    case "role":
                        analysts.set_role(connection, login, form.text("role"), person.login)
                    case "unlock":
                        analysts.unlock(connection, login, person.login)
                    case "close":
                        analysts.close(connection, login, person.login)
                    case _:
                        raise AnalystError("nothing was chosen", "press one of the buttons")
        except AnalystError as error:
            return shown(request, 422, said(error))
        return go_to("/analysts")
