"""The dashboards in a real browser, as an analyst sees them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from swipestream.dashboards import superset
from swipestream.dashboards.files import FOLDER, read_files
from swipestream.dashboards.rest import Client
from swipestream.dashboards.set_up import ANALYST
from swipestream.settings import REPO_ROOT, Settings

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1800)]

FILES = read_files()
SLUGS = sorted(dashboard["slug"] for dashboard in FILES.of("dashboards").values())
WALK = Path(__file__).with_name("browser_walk.py")
# What a click on a category's bar filters by: the column, or its name on the page.
COLUMN, LABEL = "merchant_category", "Category"
# Where the pictures are kept; otherwise they are deleted with the test's folder.
KEPT = os.environ.get("PICTURES", "")


def title_of(dashboard: str, chart: str) -> str:
    """Superset numbers its boxes as it likes, so a chart is found by its title."""
    return str(FILES.objects[f"charts/{dashboard}_{chart}.yaml"]["slice_name"])


@pytest.fixture(scope="module")
def seen(
    dashboards: Settings, chromium: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """What a walk through all dashboards saw, by the dashboard's name in its address."""
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
            ]
        },
    }
    result = subprocess.run(
        [REPO_ROOT / ".venv-browser" / "bin" / "python", WALK],
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        check=False,
        timeout=800,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return {page["slug"]: page for page in json.loads(result.stdout)}


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
    click, slider = seen["fraud-overview"]["actions"]
    assert any(condition.startswith("score_pct >=") for condition in slider["filters"])
    assert slider["text"] != click["text"], "no number has changed"
    assert slider["errors"] == []


def test_a_click_on_a_hot_spot_filters_the_others(
    seen: dict[str, dict[str, Any]], analyst: Client
) -> None:
    click, _ = seen["fraud-overview"]["actions"]
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
