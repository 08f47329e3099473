"""A visitor of Superset's pages: logs in, opens them, and waits until they are drawn."""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, sync_playwright
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
# A text has the same box as a chart.
BOX = ".dashboard-component-chart-holder"
CHARTS = f"{BOX}:not(.dashboard-markdown {BOX}):not(.dashboard-markdown)"
# Charts that show neither a picture nor a message yet; of those in the window, or of all.
UNDRAWN = """
([charts, inWindow]) => [...document.querySelectorAll(charts)].some(chart => {
    const box = chart.getBoundingClientRect();
    if (inWindow && (box.top >= window.innerHeight || box.bottom <= 0)) return false;
    return chart.querySelector('[data-test=loading-indicator], .loading')
        || (!chart.querySelector('canvas, table, .ant-alert, .ant-empty')
            && !(chart.querySelector('.slice_container')?.innerText || '').trim());
}) || (!inWindow && document.querySelectorAll('[data-test=loading-indicator], .loading').length > 0)
"""
HEIGHT = "Math.max(...[...document.querySelectorAll('*')].map(e => e.scrollHeight))"
TALLEST = 6_000
NETWORK_IDLE_MS = 20_000
# A page draws after its data has come.
SETTLE_MS = 4_000
LOOK_MS = 50


@contextlib.contextmanager
def browser(
    chromium: str, width: int, height: int, timeout_ms: int, timezone: str = "UTC"
) -> Iterator[BrowserContext]:
    """
    A browser that nobody has used before, gone in the end.

    :param chromium: path of the program.
    :param width: of its window in pixels, like the height.
    """
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=chromium,
            headless=True,
            args=ARGUMENTS,
            viewport={"width": width, "height": height},
            timezone_id=timezone,
        )
        context.set_default_timeout(timeout_ms)
        yield context
        context.close()


class Visitor:
    """
    Somebody at a browser's page.

    :param url: of Superset.
    """

    def __init__(self, page: Page, url: str, timeout_ms: int) -> None:
        self.page, self.url, self.timeout_ms = page, url, timeout_ms
        self.is_late = False

    def log_in(self, user: str, password: str) -> None:
        """As a user of Superset."""
        self.page.goto(f"{self.url}/login/")
        self.page.fill("#username", user)
        self.page.fill("#password", password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def open(self, slug: str) -> float:
        """
        Open a dashboard.

        :return: seconds until the charts in the window were drawn.
        """
        begin = time.monotonic()
        self.page.goto(f"{self.url}/superset/dashboard/{slug}/", wait_until="commit")
        self.page.wait_for_selector(CHARTS)
        self.wait_while_undrawn(in_window=True)
        return time.monotonic() - begin

    def wait_while_undrawn(self, in_window: bool) -> None:
        """Until each chart shows something; `is_late` is set if that takes too long."""
        deadline = time.monotonic() + self.timeout_ms / 1000
        # Not wait_for_function: the page forbids the eval that it uses.
        while self.page.evaluate(UNDRAWN, [CHARTS, in_window]):
            if time.monotonic() > deadline:
                self.is_late = True
                return
            self.page.wait_for_timeout(LOOK_MS)

    def scroll_through(self) -> None:
        """Charts that were never in view do not ask for data."""
        height = self.page.evaluate("document.documentElement.scrollHeight")
        for top in range(0, height + 1, 400):
            self.page.evaluate(f"window.scrollTo(0, {top})")
            self.page.wait_for_timeout(250)
        self.page.evaluate("window.scrollTo(0, 0)")

    def settle(self) -> None:
        """Wait until nothing loads any more."""
        self.wait_while_undrawn(in_window=False)
        with contextlib.suppress(PlaywrightTimeoutError):
            # The map's tiles; a page that refreshes may never be idle.
            self.page.wait_for_load_state("networkidle", timeout=NETWORK_IDLE_MS)
        self.page.wait_for_timeout(SETTLE_MS)

    def picture(self, file: Path, width: int, height: int, tallest: int = TALLEST) -> None:
        """
        The page as a file, from its top.

        :param width: of the window before and after; so is the height.
        :param tallest: more of the page is left out.
        """
        whole = min(self.page.evaluate(HEIGHT), tallest)
        self.page.set_viewport_size({"width": width, "height": whole})
        self.settle()
        self.page.screenshot(path=file)
        self.page.set_viewport_size({"width": width, "height": height})
