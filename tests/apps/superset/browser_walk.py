"""Looks at dashboards in a real browser, as a person would: python browser_walk.py < plan.json

Runs in .venv-browser, which has Playwright but not the project. The plan names the pages and the
actions on them; what was seen is written to standard output as JSON.
"""

import contextlib
import itertools
import json
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Request, Response, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Charts that show neither a picture nor a message yet.
LOADING = """
[...document.querySelectorAll('.dashboard-component-chart-holder')].some(chart =>
    !chart.querySelector('canvas, table, .ant-alert, .ant-empty')
    && !(chart.querySelector('.slice_container')?.innerText || '').trim()
) || document.querySelectorAll('[data-test=loading-indicator], .loading').length > 0
"""
NETWORK_IDLE_MS = 20_000
# A page draws after its data has come.
SETTLE_MS = 4_000
# Clicks along a chart, as parts of its width, and how long a click may take to have an effect. If
# that is too short, a second click on the same bar undoes the first.
STEPS, STEP, CLICKED_SECONDS = 9, 0.02, 3.0
# The page tries to count visitors on an external server, which its own rules forbid.
FORBIDDEN_BY_US = "Content Security Policy"
# The page tries to save the colors it has chosen, which an analyst may not do.
REFUSED_TO_ANALYSTS = re.compile(r"/api/v1/dashboard/\d+/colors\b")


class Walk:
    """One browser, logged in, and what it has noticed."""

    def __init__(self, page: Page, plan: dict[str, Any]) -> None:
        self.page, self.plan = page, plan
        self.console: list[str] = []
        self.failures: list[str] = []
        self.asked: list[dict[str, Any]] = []
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
        if response.status == 403 and REFUSED_TO_ANALYSTS.search(response.url):
            self.is_refused = True
        elif response.status >= 400:
            sent = (response.request.post_data or "")[:300]
            self.failures.append(f"{response.status} {response.url[:200]} {sent}".strip())

    def _note_request(self, request: Request) -> None:
        if "/api/v1/chart/data" in request.url and request.post_data:
            self.asked.append(json.loads(request.post_data))

    def log_in(self) -> None:
        """As the plan's user."""
        self.page.goto(f"{self.plan['url']}/login/")
        self.page.fill("#username", self.plan["user"])
        self.page.fill("#password", self.plan["password"])
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def open(self, slug: str) -> dict[str, Any]:
        """Open a dashboard, wait until it is drawn, keep a picture."""
        page = self.page
        self.console, self.failures, self.asked = [], [], []
        page.goto(f"{self.plan['url']}/superset/dashboard/{slug}/")
        page.wait_for_selector(".dashboard-component-chart-holder", timeout=self.plan["timeout_ms"])
        self.scroll_through()
        self.settle()
        seen = {
            "slug": slug,
            "charts": page.locator(".dashboard-component-chart-holder").count(),
            "errors": self.errors(),
            "empty": page.get_by_text("No results were returned").count()
            + page.get_by_text("No data").count(),
            "text": page.locator(".dashboard-content").inner_text(),
        }
        self.picture(slug)
        for action in self.plan.get("actions", {}).get(slug, []):
            seen.setdefault("actions", []).append(self.act(slug, action))
        return seen | {"console": self.console, "failures": self.failures}

    def scroll_through(self) -> None:
        """Charts that were never in view do not ask for data."""
        height = self.page.evaluate("document.documentElement.scrollHeight")
        for top in range(0, height + 1, 400):
            self.page.evaluate(f"window.scrollTo(0, {top})")
            self.page.wait_for_timeout(250)
        self.page.evaluate("window.scrollTo(0, 0)")

    def settle(self) -> None:
        """Wait until nothing loads any more."""
        deadline = time.monotonic() + self.plan["timeout_ms"] / 1000
        # Not wait_for_function: the page forbids the eval that it uses.
        while self.page.evaluate(LOADING):
            if time.monotonic() > deadline:
                self.failures.append("still loading")
                break
            self.page.wait_for_timeout(200)
        with contextlib.suppress(PlaywrightTimeoutError):
            # The map's tiles; a page that refreshes may never be idle.
            self.page.wait_for_load_state("networkidle", timeout=NETWORK_IDLE_MS)
        self.page.wait_for_timeout(SETTLE_MS)

    def errors(self) -> list[str]:
        """What error boxes say."""
        boxes = self.page.locator(".ant-alert-error, [data-test=chart-error-message], .error-alert")
        return [box.inner_text()[:200] for box in boxes.all() if box.is_visible()]

    def act(self, slug: str, action: dict[str, Any]) -> dict[str, Any]:
        """Click into a chart or move a slider; what was asked of the server because of it."""
        # Charts have their own filters, and refresh by themselves every ten seconds.
        usual = set(self.filters())
        self.asked = []
        if "title" in action:
            holder = self.page.locator(".dashboard-component-chart-holder").filter(
                has_text=action["title"]
            )
            box = holder.locator("canvas").first
            box.scroll_into_view_if_needed()
            size = box.bounding_box()
            assert size
            # The size of a bar depends on how many there are: click on until one is hit.
            across = [action["x"] + number * STEP for number in range(STEPS)]
            for y, x in itertools.product(action["y"], across):
                box.click(position={"x": size["width"] * x, "y": size["height"] * y})
                if self.is_filtered_soon(usual):
                    break
        else:
            slider = self.page.locator(".ant-slider").nth(action["slider"])
            size = slider.bounding_box()
            assert size
            slider.click(position={"x": size["width"] * action["x"], "y": size["height"] / 2})
        if action.get("apply"):
            self.page.locator('[data-test="filter-bar__apply-button"]').click()
        self.page.wait_for_timeout(1_500)
        self.settle()
        self.picture(f"{slug}-{action['name']}")
        return {
            "name": action["name"],
            "filters": self.filters(),
            "asked": list(self.asked),
            "errors": self.errors(),
            "text": self.page.locator(".dashboard-content").inner_text(),
        }

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

    def picture(self, name: str) -> None:
        """The whole page, as a file."""
        folder = Path(self.plan["pictures"])
        height = self.page.evaluate(
            "Math.max(...[...document.querySelectorAll('*')].map(e => e.scrollHeight))"
        )
        self.page.set_viewport_size({"width": self.plan["width"], "height": min(height, 6_000)})
        self.settle()
        self.page.screenshot(path=folder / f"{re.sub(r'[^a-z0-9-]', '-', name)}.png")
        self.page.set_viewport_size({"width": self.plan["width"], "height": self.plan["height"]})


def main() -> None:
    """Do what the plan says."""
    plan = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=plan["chromium"],
            headless=True,
            args=ARGUMENTS,
            viewport={"width": plan["width"], "height": plan["height"]},
            timezone_id=plan.get("timezone", "UTC"),
        )
        context.set_default_timeout(plan["timeout_ms"])
        walk = Walk(context.pages[0], plan)
        walk.log_in()
        seen = [walk.open(slug) for slug in plan["dashboards"]]
        context.close()
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
