"""The dashboards in a real browser, as an analyst sees them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from swipestream.dashboards import superset
from swipestream.dashboards.files import FOLDER, read_files
from swipestream.dashboards.set_up import ANALYST
from swipestream.settings import REPO_ROOT, Settings

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1800)]

FILES = read_files()
SLUGS = sorted(dashboard["slug"] for dashboard in FILES.of("dashboards").values())
WALK = Path(__file__).with_name("browser_walk.py")
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


def test_a_click_on_a_hot_spot_filters_the_others(seen: dict[str, dict[str, Any]]) -> None:
    click, _ = seen["fraud-overview"]["actions"]
    # The page names the column or its label; the server knows both.
    named = ("merchant_category IN", "Category IN")
    assert any(item.startswith(named) for item in click["filters"]), click["filters"]
    assert click["text"] != seen["fraud-overview"]["text"], "no number has changed"
    assert click["errors"] == []
