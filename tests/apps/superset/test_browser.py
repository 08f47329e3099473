"""The dashboards in a real browser, as an analyst sees them."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from swipestream.dashboards import superset
from swipestream.dashboards.files import FOLDER, read_files
from swipestream.dashboards.rest import Client
from swipestream.dashboards.set_up import ANALYST
from swipestream.settings import REPO_ROOT, Settings

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1800)]

FILES = read_files()
SLUGS = sorted(dashboard["slug"] for dashboard in FILES.of("dashboards").values())
WALK = "tests.apps.superset.browser_walk"
# What a click on a category's bar filters by: the column, or its name on the page.
COLUMN, LABEL = "merchant_category", "Category"
# Where the pictures are kept; otherwise they are deleted with the test's folder.
KEPT = os.environ.get("PICTURES", "")


def title_of(dashboard: str, chart: str) -> str:
    """Superset numbers its boxes as it likes, so a chart is found by its title."""
    return str(FILES.objects[f"charts/{dashboard}_{chart}.yaml"]["slice_name"])


@pytest.fixture(scope="module")
def walk(
    dashboards: Settings, chromium: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What a walk through all dashboards saw: `landed` after the login, `pages`."""
    pictures = Path(KEPT).absolute() if KEPT else tmp_path_factory.mktemp("pictures")
    pictures.mkdir(parents=True, exist_ok=True)
    plan = {
        "url": superset.url(dashboards),
        "user": ANALYST,
        "password": dashboards.superset_analyst_password,
        "chromium": str(chromium),
        "width": 1366,
        "height": 900,
        "timeout_ms": 120_000,
        "pictures": str(pictures),
        "dashboards": SLUGS,
        "actions": {
            "fraud-overview": [
                {
                    "name": "hot spot",
                    "title": title_of("fraud_overview", "by_category"),
                    "x": 0.12,
                    "y": [0.45, 0.35, 0.55],
                },
                {"name": "slider", "slider": 0, "x": 0.6, "apply": True},
                {
                    "name": "card",
                    "anew": True,
                    "title": title_of("fraud_overview", "alerts"),
                    "cell": "td a",
                },
            ],
            "card-time-line": [
                {
                    "name": "payment",
                    "title": title_of("card_time_line", "payments"),
                    "cell": "td:last-child",
                },
            ],
        },
    }
    result = subprocess.run(
        [REPO_ROOT / ".venv-browser" / "bin" / "python", "-m", WALK],
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        check=False,
        timeout=800,
        cwd=REPO_ROOT,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    seen: dict[str, Any] = json.loads(result.stdout)
    return seen


@pytest.fixture(scope="module")
def seen(walk: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Each page by its name in its address."""
    return {page["slug"]: page for page in walk["pages"]}


def action(page: dict[str, Any], name: str) -> dict[str, Any]:
    """What followed from something that was done on a page."""
    (found,) = (one for one in page["actions"] if one["name"] == name)
    return dict(found)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_is_drawn_without_a_fault(seen: dict[str, dict[str, Any]], slug: str) -> None:
    page = seen[slug]
    folder = FOLDER / slug.replace("-", "_") / "charts"
    assert page["charts"] == len(list(folder.glob("*.yaml")))
    assert page["errors"] == []
    assert page["failures"] == []
    assert page["console"] == []
    assert page["empty"] == 0


def test_a_slider_filters_what_is_suspected(seen: dict[str, dict[str, Any]]) -> None:
    overview = seen["fraud-overview"]
    slider = action(overview, "slider")
    assert any(condition.startswith("score_pct >=") for condition in slider["filters"])
    assert slider["text"] != action(overview, "hot spot")["text"], "no number has changed"
    assert slider["errors"] == []


def test_a_click_on_a_hot_spot_filters_the_others(
    seen: dict[str, dict[str, Any]], analyst: Client
) -> None:
    click = action(seen["fraud-overview"], "hot spot")
    assert click["text"] != seen["fraud-overview"]["text"], "no number has changed"
    assert click["errors"] == []
    # The page names the column by its label; every chart must get what the column would give.
    asked = {body["form_data"]["slice_id"]: body for body in click["asked"] if filters_of(body)}
    assert len(asked) >= seen["fraud-overview"]["charts"] - 1, click["filters"]
    differ = 0
    for body in asked.values():
        (condition,) = filters_of(body)
        filtered = answer(analyst, body)
        assert filtered == answer(analyst, with_condition(body, {**condition, "col": COLUMN}))
        differ += filtered != answer(analyst, with_condition(body, None))
    assert differ >= len(asked) - 1


def filters_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The conditions of a question that the click has added."""
    # A table in pages also asks how many rows there are, with the same conditions.
    query = body["queries"][0]
    return [item for item in query["filters"] if item["col"] in (COLUMN, LABEL)]


def with_condition(body: dict[str, Any], condition: dict[str, Any] | None) -> dict[str, Any]:
    """The same question with another condition, or without any."""
    query = body["queries"][0]
    others = [item for item in query["filters"] if item not in filters_of(body)]
    filters = [*others, condition] if condition else others
    return body | {"queries": [query | {"filters": filters}]}


def answer(analyst: Client, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that Superset answers, as an analyst gets them."""
    status, found = analyst.request("POST", "/api/v1/chart/data", body)
    assert status == 200, found
    return list(found["result"][0]["data"])


def test_an_alert_leads_to_its_card_in_one_click(seen: dict[str, dict[str, Any]]) -> None:
    card = action(seen["fraud-overview"], "card")
    assert urlsplit(card["url"]).path == "/superset/dashboard/card-time-line/"
    assert card["errors"] == []
    (chosen,) = {item for item in card["filters"] if item.startswith("card IN")}
    last4 = re.search(r"… \d{4}", chosen)
    assert last4 and last4[0] == card["clicked"]


def test_a_click_on_a_payment_keeps_the_time_line(
    seen: dict[str, dict[str, Any]], analyst: Client
) -> None:
    click = action(seen["card-time-line"], "payment")
    assert click["errors"] == []
    of_a_payment = {
        body["form_data"]["slice_id"]
        for body in click["asked"]
        for item in body["queries"][0]["filters"]
        if item["col"] in ("transaction_id", "Payment")
    }
    numbers = analyst.numbers("chart")
    assert of_a_payment == {
        numbers[FILES.objects[f"charts/card_time_line_{name}.yaml"]["uuid"]]
        for name in ("reasons", "features")
    }


def test_a_login_ends_on_the_overview(walk: dict[str, Any]) -> None:
    assert urlsplit(walk["landed"]).path == "/superset/dashboard/fraud-overview/"


@pytest.mark.parametrize("slug", SLUGS)
def test_nobody_else_is_asked(
    seen: dict[str, dict[str, Any]], slug: str, dashboards: Settings
) -> None:
    assert seen[slug]["answered_by"] == [urlsplit(superset.url(dashboards)).netloc]
