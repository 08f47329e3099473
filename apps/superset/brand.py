"""The product's mark, and where a visitor lands: on the overview, not on Superset's own page."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, redirect, request, send_file

OVERVIEW = "/superset/dashboard/fraud-overview/"
MARK_FILE = Path(__file__).with_name("mark.svg")
MARK = "/brand/mark.svg"
# Superset's own first pages. They list what was changed last, and offer to make more of it.
FIRST_PAGES = ("/", "/superset/welcome/")
DAY_SECONDS = 24 * 3600

brand = Blueprint("brand", __name__, url_prefix="/brand")


@brand.route("/mark.svg")  # type: ignore[untyped-decorator]
def mark() -> Response:
    """Name and mark."""
    answer: Response = send_file(MARK_FILE, mimetype="image/svg+xml", max_age=DAY_SECONDS)
    return answer


def to_overview() -> Any:
    """Instead of a first page of Superset, the overview; None leaves a request as it is."""
    return redirect(OVERVIEW) if request.path in FIRST_PAGES else None


def land_on_overview(app: Any) -> None:
    """Superset calls this with itself before it serves anybody."""
    app.before_request(to_overview)
