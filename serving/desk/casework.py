"""The queue, a case, and what people do with it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path, Request
from fastapi.responses import Response

from serving.decisions.refusal import RefusalError
from serving.desk import metrics
from serving.desk.database import Connection
from serving.desk.desk import Desk, go_to
from serving.desk.forms import Form
from serving.desk.plot import plot
from swipestream.cases import working
from swipestream.cases.errors import (
    CaseChangedError,
    CaseTakenError,
    NoteError,
    UnknownCaseError,
    UnknownPaymentError,
    VerdictError,
)
from swipestream.cases.notes import MOST_CHARACTERS
from swipestream.cases.rows import Row, fetch_all, fetch_one
from swipestream.cases.sessions import Person
from swipestream.cases.verdicts import REASONS
from swipestream.cases.working import Seen
from swipestream.database.queries import query

MOST_IN_QUEUE = 200
HISTORY_DAYS, MOST_PAYMENTS, MOST_CARDS, MOST_EVENTS = 30, 200, 20, 100
# Of a card's payments, in the table of a case; the picture has all.
SHOWN_PAYMENTS = 15
LISTS = ("open", "mine", "waiting", "closed")
Number = Annotated[int, Path(ge=1, le=2**53)]
Identifier = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
# What a form does; where to go then, if not back to the case.
Act = Callable[[Connection, Seen, Form, str], str | None]
# What a form can be refused for, with the page that shows it.
REFUSED = (
    *(CaseChangedError, CaseTakenError, NoteError),
    *(UnknownPaymentError, VerdictError),
)


def add_casework(app: FastAPI, desk: Desk) -> None:
    """The pages on which cases are decided."""
    add_queue(app, desk)
    add_case(app, desk)
    add_actions(app, desk)


def add_queue(app: FastAPI, desk: Desk) -> None:
    """What is to be done, and taking the next of it."""

    @app.get("/")
    def begin() -> Response:
        return go_to("/queue")

    @app.get("/queue")
    def queue(
        request: Request,
        person: Annotated[Person, Depends(desk.person)],
        which: str = "open",
        is_empty: bool = False,
    ) -> Response:
        which = which if which in LISTS else "open"
        values = {"login": person.login, "which": which, "most": MOST_IN_QUEUE}
        with desk.database.connection() as connection:
            cases = fetch_all(connection, query("case_queue"), values)
            counts = fetch_one(connection, query("case_counts"), {"login": person.login})
        return desk.page(
            request, "queue", cases=cases, counts=counts, which=which, is_empty=is_empty,
            most=MOST_IN_QUEUE,
        )  # fmt: skip

    @app.post("/next")
    def next_case(
        form: Annotated[Form, Depends(desk.form)],
        person: Annotated[Person, Depends(desk.worker)],
    ) -> Response:
        with desk.database.connection() as connection:
            number = working.claim_next(connection, person.login, form.token)
        return go_to(next_path(number))


def add_case(app: FastAPI, desk: Desk) -> None:
    """One case, by its number or by one of its payments."""

    @app.get("/cases/by-payment/{transaction_id}")
    def by_payment(
        request: Request,
        transaction_id: Identifier,
        person: Annotated[Person, Depends(desk.person)],
    ) -> Response:
        found = desk.database.rows("payments_by_number", {"transaction_id": transaction_id})
        if not found:
            raise UnknownPaymentError(
                f"no stored payment has the transaction id {transaction_id}",
                "search by the last four digits of the card",
            )
        if len(found) == 1 and found[0]["case_number"]:
            return go_to(f"/cases/{found[0]['case_number']}")
        return desk.page(request, "payment", payments=found, transaction_id=transaction_id)

    @app.post("/cases/by-payment/{transaction_id}")
    def request_case(
        transaction_id: Identifier,
        form: Annotated[Form, Depends(desk.form)],
        person: Annotated[Person, Depends(desk.worker)],
    ) -> Response:
        card_id = form.text("card_id")[:64]
        with desk.database.connection() as connection:
            number = working.request_case(connection, transaction_id, card_id, person.login)
        return go_to(f"/cases/{number}")

    @app.get("/cases/{case_number}")
    def case(
        request: Request,
        case_number: Number,
        person: Annotated[Person, Depends(desk.person)],
    ) -> Response:
        return case_page(desk, request, person, case_number)


def add_actions(app: FastAPI, desk: Desk) -> None:
    """The forms of a case's page. Each is answered by another page to load."""

    def add(name: str, do: Act, *, is_for_leads: bool = False) -> None:
        """An address for a form."""

        @app.post(f"/cases/{{case_number}}/{name}", name=name)
        def sent(
            request: Request,
            case_number: Number,
            form: Annotated[Form, Depends(desk.form)],
            person: Annotated[Person, Depends(desk.lead if is_for_leads else desk.worker)],
        ) -> Response:
            # A form with several buttons: saving its note is not the same click as its verdict.
            token = f"{name} {form.token}" if form.token else ""
            seen = Seen(case_number, form.number("version"), token)
            try:
                with desk.database.connection() as connection:
                    then = do(connection, seen, form, person.login)
            except REFUSED as error:
                is_late = isinstance(error, CaseChangedError | CaseTakenError)
                if is_late:
                    metrics.CONFLICTS.inc()
                # The page as it is now, with what was written.
                problem = {"fact": error.fact, "hint": error.hint}
                status = 409 if is_late else 422
                return case_page(desk, request, person, case_number, status, form, problem)
            return go_to(then or f"/cases/{case_number}")

    add("claim", claim)
    add("release", release)
    add("skip", skip)
    add("wait", wait)
    add("note", note)
    add("verdict", verdict)
    add("name", show_name)
    add("reopen", reopen, is_for_leads=True)


def claim(connection: Connection, seen: Seen, form: Form, login: str) -> str | None:
    """Take this case."""
    working.claim(connection, seen, login)
    return None


def release(connection: Connection, seen: Seen, form: Form, login: str) -> str | None:
    """Put it back."""
    working.put_back(connection, seen, login)
    return "/queue"


def skip(connection: Connection, seen: Seen, form: Form, login: str) -> str | None:
    """Put it back and take the next one."""
    return next_path(working.skip(connection, seen, login))


def wait(connection: Connection, seen: Seen, form: Form, login: str) -> str | None:
    """Let it wait for a day."""
    working.wait(connection, seen, login, form.text("note"))
    return "/queue"


def note(connection: Connection, seen: Seen, form: Form, login: str) -> str | None:
    """Write something down."""
    working.add_note(connection, seen, login, form.text("note"))
    return None


def verdict(connection: Connection, seen: Seen, form: Form, login: str) -> str | None:
    """Close it."""
    says = form.text("verdict")
    working.decide(
        connection, seen, login, says, form.text("reason"), form.text("note"), form.all("payment")
    )
    metrics.VERDICTS.labels(says).inc()
    return None


def reopen(connection: Connection, seen: Seen, form: Form, login: str) -> str | None:
    """Take a verdict back."""
    working.reopen(connection, seen, login, form.text("note"))
    return None


def show_name(connection: Connection, seen: Seen, form: Form, login: str) -> str | None:
    """Show the customer's name, which is recorded."""
    working.show_name(connection, seen, login)
    return None


def next_path(case_number: int | None) -> str:
    """Where somebody goes who wanted another case."""
    return f"/cases/{case_number}" if case_number else "/queue?is_empty=true"


def case_page(
    desk: Desk,
    request: Request,
    person: Person,
    number: int,
    status: int = 200,
    form: Form | None = None,
    problem: Mapping[str, str] | None = None,
) -> Response:
    """
    A case as it is now.

    :param form: what was sent and refused, to be shown again.
    :param problem: why it was refused: fact and hint.
    :raises UnknownCaseError: there is no such case.
    """
    with desk.database.connection() as connection:
        case = fetch_one(connection, query("one_case"), {"case_number": number})
        if case is None:
            raise UnknownCaseError(f"there is no case {number}", "look for it in the queue")
        payments = fetch_all(connection, query("case_payments"), {"case_number": number})
        if not payments:
            raise RefusalError(
                f"the payments of case {number} are not stored any more", "ask an operator", "", 410
            )
        values = around(connection, case, payments, person)
    is_mine = case["is_taken"] and case["taken_by"] == person.login
    is_others = case["is_taken"] and not is_mine
    return desk.page(
        request, "case", status,
        case=case, payments=payments, is_mine=is_mine, is_others=is_others,
        may_decide=person.may_work and case["status"] != "closed" and not is_others,
        reasons=REASONS, most_characters=MOST_CHARACTERS, problem=problem,
        sent={
            "reason": form.text("reason") if form else "",
            "note": form.text("note")[:MOST_CHARACTERS * 2] if form else "",
            "payments": form.all("payment") if form and form.text("verdict") else None,
        },
        **values,
    )  # fmt: skip


def around(
    connection: Connection, case: Row, payments: Sequence[Row], person: Person
) -> dict[str, Any]:
    """What a case's page shows besides its payments."""
    first = payments[0]
    history = fetch_all(
        connection, query("card_history"),
        {
            "card_id": case["card_id"], "until": first["event_time"], "days": HISTORY_DAYS,
            "most": MOST_PAYMENTS,
        },
    )  # fmt: skip
    devices = sorted({row["device_id"] for row in payments if row["device_id"]})
    merchants = list(dict.fromkeys(row["merchant_id"] for row in payments))[:3]
    is_name_shown = working.is_name_shown(connection, case["case_number"], person.login)
    return {
        "history": history,
        "plot": plot(history, case["case_number"], HISTORY_DAYS),
        "history_days": HISTORY_DAYS,
        "shown": SHOWN_PAYMENTS,
        "devices": devices,
        "other_cards": fetch_all(
            connection, query("other_cards"),
            {"device_ids": devices, "card_id": case["card_id"], "most": MOST_CARDS},
        )
        if devices
        else [],
        "merchants": [
            fetch_one(connection, query("merchant_record"), {"merchant_id": merchant})
            for merchant in merchants
        ],
        "is_name_shown": is_name_shown,
        "customer": fetch_one(
            connection, query("customer_of_desk"),
            {"customer_id": first["customer_id"], "is_name_shown": is_name_shown},
        ),
        "events": fetch_all(
            connection, query("case_history"),
            {
                "case_number": case["case_number"], "actor": None, "kind": None, "before": None,
                "most": MOST_EVENTS,
            },
        ),
    }  # fmt: skip
