"""Pages to look at: a card, a search, a day's work, the audit."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import Depends, FastAPI, Path, Query, Request
from fastapi.responses import Response

from serving.desk.casework import HISTORY_DAYS, MOST_EVENTS, MOST_PAYMENTS
from serving.desk.desk import Desk, go_to
from serving.desk.plot import plot
from serving.desk.words import KINDS
from swipestream.card_numbers import holds_card_number
from swipestream.cases.errors import UnknownPaymentError
from swipestream.cases.rows import fetch_all, fetch_one
from swipestream.cases.sessions import Person
from swipestream.database.queries import query

MOST_FOUND = 50
MOST_VERDICTS = 500
Identifier = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
_IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,64}\Z")


def add_looking(app: FastAPI, desk: Desk) -> None:
    """The pages that change nothing."""

    @app.get("/cards/{card_id}")
    def card(
        request: Request, card_id: Identifier, person: Annotated[Person, Depends(desk.person)]
    ) -> Response:
        with desk.database.connection() as connection:
            history = fetch_all(
                connection, query("card_history"),
                {
                    "card_id": card_id, "until": datetime.now(UTC).replace(tzinfo=None),
                    "days": 400, "most": MOST_PAYMENTS,
                },
            )  # fmt: skip
            if not history:
                raise UnknownPaymentError(
                    f"no payment of the card {card_id} is stored",
                    "search by the last four digits of the card",
                )
            cases = fetch_all(connection, query("cases_of_card"), {"card_id": card_id, "most": 50})
            customer = fetch_one(
                connection, query("customer_of_desk"),
                {"customer_id": history[0]["customer_id"], "is_name_shown": False},
            )  # fmt: skip
        return desk.page(
            request, "card", card_id=card_id, history=history, cases=cases, customer=customer,
            plot=plot(history, None, HISTORY_DAYS), history_days=HISTORY_DAYS,
        )  # fmt: skip

    @app.get("/search")
    def search(
        request: Request,
        person: Annotated[Person, Depends(desk.person)],
        q: Annotated[str, Query(max_length=200)] = "",
    ) -> Response:
        text = q.strip()
        if holds_card_number(text):
            # Not shown again, not even in the address.
            return go_to("/search?q=&refused=card")
        found: list[dict[str, object]] = []
        payments: list[dict[str, object]] = []
        case: dict[str, object] | None = None
        is_known_form = bool(_IDENTIFIER.match(text))
        if is_known_form:
            if text.isdigit():
                case = desk.database.row("one_case", {"case_number": int(text[:15])})
                # Four digits may be those of a card, too.
                if case and len(text) != 4:
                    return go_to(f"/cases/{case['case_number']}")
            found = desk.database.rows("cards_found", {"text": text, "most": MOST_FOUND})
            payments = desk.database.rows("payments_by_number", {"transaction_id": text})
        return desk.page(
            request, "search", q=text, cards=found, payments=payments, case=case, most=MOST_FOUND,
            is_known_form=is_known_form or not text,
            is_refused=request.query_params.get("refused") == "card",
        )  # fmt: skip

    @app.get("/day")
    def my_day(
        request: Request,
        person: Annotated[Person, Depends(desk.person)],
        on: str = "",
        of: str = "me",
    ) -> Response:
        wanted = parsed_day(on)
        is_all = of == "all" and person.role != "analyst"
        verdicts = desk.database.rows(
            "verdicts_of_day",
            {
                "day": wanted, "login": None if is_all else person.login,
                "most": MOST_VERDICTS,
            },
        )  # fmt: skip
        seconds = sorted(float(row["seconds"]) for row in verdicts if row["seconds"] is not None)
        said = [row for row in verdicts if row["others_say"] is not None]
        return desk.page(
            request, "day", verdicts=verdicts, wanted=wanted, is_all=is_all,
            before=wanted - timedelta(days=1), after=wanted + timedelta(days=1),
            is_today=wanted >= datetime.now(UTC).date(),
            frauds=sum(row["verdict"] == "fraud" for row in verdicts),
            median_seconds=seconds[len(seconds) // 2] if seconds else None,
            said=len(said),
            agreed=sum(row["others_say"] == (row["verdict"] == "fraud") for row in said),
            amount_cents=sum(
                row["amount_cents"] or 0 for row in verdicts if row["verdict"] == "fraud"
            ),
        )  # fmt: skip

    @app.get("/audit")
    def audit(
        request: Request,
        person: Annotated[Person, Depends(desk.auditor)],
        actor: Annotated[str, Query(max_length=64)] = "",
        kind: Annotated[str, Query(max_length=30)] = "",
        case: Annotated[int | None, Query(ge=1, le=2**53)] = None,
        before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    ) -> Response:
        values = {
            "actor": actor.replace("\0", "").strip() or None,
            "kind": kind if kind in KINDS else None,
            "case_number": case,
            "before": before,
            "most": MOST_EVENTS,
        }
        events = desk.database.rows("case_history", values)
        older = {}
        if len(events) == MOST_EVENTS:
            older = {"actor": actor, "kind": kind, "before": events[-1]["event_number"]}
            older |= {"case": case} if case else {}
        return desk.page(
            request, "audit", events=events, actor=actor, chosen_kind=kind,
            older=older,
        )  # fmt: skip


def parsed_day(text: str) -> date:
    """A date as browsers send it; today for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return datetime.now(UTC).date()
