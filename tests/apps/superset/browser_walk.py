"""Looks at dashboards in a real browser, as a person would: python -m ... < plan.json

Runs in .venv-browser, which has Playwright but not the project. The plan names the pages and the
actions on them; what was seen is written to standard output as JSON.
"""

import itertools
import json
import re
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, Request, Response

from apps.browser.visitor import CHARTS, Visitor, browser

# Clicks along a chart, as parts of its width, and how long a click may take to have an effect. If
# that is too short, a second click on the same bar undoes the first.
STEPS, STEP, CLICKED_SECONDS = 9, 0.02, 3.0
# The page tries to count visitors on an external server, which its own rules forbid.
FORBIDDEN_BY_US = "Content Security Policy"
# The page tries to save the colors it has chosen, which an analyst may not do.
REFUSED_TO_ANALYSTS = re.compile(r"/api/v1/dashboard/\d+/colors\b")


class Walk(Visitor):
    """One browser, logged in, and what it has noticed."""

    def __init__(self, page: Page, plan: dict[str, Any]) -> None:
        super().__init__(page, plan["url"], plan["timeout_ms"])
        self.plan = plan
        self.console: list[str] = []
        self.failures: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self.answered_by: set[str] = set()
        self.is_refused = False
        page.on("console", self._note_console)
        page.on("response", self._note_response)
        page.on("request", self._note_request)
        page.on("pageerror", self._note_page_error)

    def _note_console(self, message: Any) -> None:
        is_ours = FORBIDDEN_BY_US in message.text or REFUSED_TO_ANALYSTS.search(
            message.location.get("url", "")
        )
        if message.type == "error" and not is_ours:
            self.console.append(message.text[:300])

    def _note_page_error(self, error: Any) -> None:
        # The page does not handle the refusal.
        if str(error) != "Response" or not self.is_refused:
            self.console.append(f"page error: {error}")

    def _note_response(self, response: Response) -> None:
        self.answered_by.add(urlsplit(response.url).netloc)
        if response.status == 403 and REFUSED_TO_ANALYSTS.search(response.url):
            self.is_refused = True
        elif response.status >= 400:
            sent = (response.request.post_data or "")[:300]
            self.failures.append(f"{response.status} {response.url[:200]} {sent}".strip())

    def _note_request(self, request: Request) -> None:
        if "/api/v1/chart/data" in request.url and request.post_data:
            self.asked.append(json.loads(request.post_data))

    def look_at(self, slug: str) -> dict[str, Any]:
        """Open a dashboard, wait until it is drawn, keep a picture, act on it."""
        page = self.page
        self.console, self.failures, self.asked = [], [], []
        self.draw(slug)
        seen = {
            "slug": slug,
            "charts": page.locator(CHARTS).count(),
            "errors": self.errors(),
            "empty": page.get_by_text("No results were returned").count()
            + page.get_by_text("No data").count(),
            "text": page.locator(".dashboard-content").inner_text(),
            "links": self.links(),
        }
        self.keep_picture(slug)
        for action in self.plan.get("actions", {}).get(slug, []):
            seen.setdefault("actions", []).append(self.act(slug, action))
        if self.is_late:
            self.failures.append("still loading")
        return seen | {
            "console": self.console,
            "failures": self.failures,
            "answered_by": sorted(self.answered_by - {""}),
        }

    def draw(self, slug: str) -> None:
        """Open a dashboard as it is at first, and wait until all of it is drawn."""
        self.open(slug)
        self.scroll_through()
        self.settle()

    def links(self) -> list[str]:
        """Where the dashboard's own links lead."""
        return [
            str(link.get_attribute("href"))
            for link in self.page.locator(".dashboard-content a[href]").all()
        ]

    def errors(self) -> list[str]:
        """What error boxes say."""
        boxes = self.page.locator(".ant-alert-error, [data-test=chart-error-message], .error-alert")
        return [box.inner_text()[:200] for box in boxes.all() if box.is_visible()]

    def act(self, slug: str, action: dict[str, Any]) -> dict[str, Any]:
        """Click into a chart or move a slider; what was asked of the server because of it."""
        if action.get("anew"):
            # What the actions before have filtered by may leave no row to click.
            self.draw(slug)
        # Charts have their own filters, and refresh by themselves every ten seconds.
        usual = set(self.filters())
        self.asked = []
        clicked = ""
        if "cell" in action:
            cell = self.chart(action["title"]).locator(f"tbody tr:first-child {action['cell']}")
            cell.first.scroll_into_view_if_needed()
            clicked = cell.first.inner_text()
            cell.first.click()
        elif "title" in action:
            self.click_along(self.chart(action["title"]).locator("canvas").first, action, usual)
        else:
            # What does not fit in the row of filters is in a list of more.
            self.page.locator("[data-test=dropdown-container-btn]").click()
            slider = self.page.locator(".ant-slider").nth(action["slider"])
            slider.scroll_into_view_if_needed()
            size = slider.bounding_box()
            assert size
            slider.click(position={"x": size["width"] * action["x"], "y": size["height"] / 2})
        if action.get("apply"):
            self.page.locator('[data-test="filter-bar__apply-button"]').click()
        self.page.wait_for_timeout(1_500)
        self.settle()
        self.keep_picture(f"{slug}-{action['name']}")
        return {
            "name": action["name"],
            "url": self.page.url,
            "clicked": clicked,
            "filters": self.filters(),
            "asked": list(self.asked),
            "errors": self.errors(),
            "text": self.page.locator(".dashboard-content").inner_text(),
        }

    def chart(self, title: str) -> Locator:
        """The box of a chart."""
        return self.page.locator(CHARTS).filter(has_text=title)

    def click_along(self, canvas: Locator, action: dict[str, Any], usual: set[str]) -> None:
        """Click until a bar is hit: how wide one is depends on how many there are."""
        canvas.scroll_into_view_if_needed()
        size = canvas.bounding_box()
        assert size
        across = [action["x"] + number * STEP for number in range(STEPS)]
        for y, x in itertools.product(action["y"], across):
            canvas.click(position={"x": size["width"] * x, "y": size["height"] * y})
            if self.is_filtered_soon(usual):
                return

    def is_filtered_soon(self, usual: set[str]) -> bool:
        """
        Whether the page filters because of the last action.

        :param usual: what it filters by without that.
        """
        deadline = time.monotonic() + CLICKED_SECONDS
        while not set(self.filters()) - usual and time.monotonic() < deadline:
            self.page.wait_for_timeout(100)
        return bool(set(self.filters()) - usual)

    def filters(self) -> list[str]:
        """By what the server was asked to filter since the last action, but for the time."""
        return sorted(
            {
                f"{condition['col']} {condition['op']} {condition.get('val')}"
                for body in self.asked
                for query in body["queries"]
                for condition in query.get("filters", [])
                if condition["op"] != "TEMPORAL_RANGE"
            }
        )

    def keep_picture(self, name: str) -> None:
        """The whole page, as a file."""
        file = Path(self.plan["pictures"]) / f"{re.sub(r'[^a-z0-9-]', '-', name)}.png"
        self.picture(file, self.plan["width"], self.plan["height"])


def main() -> None:
    """Do what the plan says."""
    plan = json.load(sys.stdin)
    size = (plan["width"], plan["height"])
    with browser(plan["chromium"], *size, plan["timeout_ms"]) as context:
        walk = Walk(context.pages[0], plan)
        walk.log_in(plan["user"], plan["password"])
        landed = walk.page.url
        seen = [walk.look_at(slug) for slug in plan["dashboards"]]
    sys.stdout.write(json.dumps({"landed": landed, "pages": seen}))


if __name__ == "__main__":
    main()
