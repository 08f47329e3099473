"""Walks through the desk in a real browser, as an analyst would: python desk_walk.py < plan.json

Runs in .venv-browser, which has Playwright but not the project. What was seen is written to
standard output as JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Walk:
    """One browser window, and what went wrong in it."""

    def __init__(self, page: Page, plan: dict[str, Any]) -> None:
        self.page, self.plan = page, plan
        self.faults: list[str] = []
        self.clicks = 0
        page.on("console", lambda message: self._note(message.type == "error", message.text))
        page.on("pageerror", lambda error: self._note(True, str(error)))
        page.on("requestfailed", lambda request: self._note(True, f"failed: {request.url}"))

    def _note(self, is_fault: bool, text: str) -> None:
        if is_fault:
            self.faults.append(text[:300])

    def go(self, path: str) -> None:
        """Open a page by its address."""
        self.page.goto(self.plan["url"] + path)

    def click(self, selector: str) -> None:
        """Click, and count it."""
        self.clicks += 1
        self.page.click(selector)

    def sign_in(self, login: str, path: str = "/queue") -> None:
        """As one of the plan's people."""
        self.go(path)
        self.page.fill("#login", login)
        self.page.fill("#password", self.plan["password"])
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("nav[aria-label=Pages]")

    def picture(self, name: str) -> None:
        """The page as it is, as a file."""
        folder = Path(self.plan["pictures"])
        self.page.screenshot(path=folder / f"{name}-{self.plan['width']}.png", full_page=True)

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(
            self.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )


def verdict_in_three_clicks(walk: Walk) -> dict[str, Any]:
    """From the queue to a verdict."""
    walk.go("/queue")
    walk.picture("queue")
    walk.clicks = 0
    walk.click("#cases tbody tr:first-child .case-link")
    walk.page.wait_for_selector("#verdict-form")
    walk.picture("case")
    box = walk.page.locator("#fraud-button").bounding_box()
    assert box is not None
    bottom = box["y"] + box["height"]
    walk.click("input[name=reason][value=stolen_card]")
    walk.click("#fraud-button")
    walk.page.wait_for_selector(".verdict-said.fraud")
    walk.picture("closed")
    return {"clicks": walk.clicks, "verdict_bottom": bottom, "path": path_of(walk)}


def verdict_by_keys(walk: Walk) -> dict[str, Any]:
    """The same without a mouse: next, genuine, the second reason, Enter."""
    page = walk.page
    page.keyboard.press("n")
    page.wait_for_selector("#verdict-form")
    first = path_of(walk)
    page.keyboard.press("s")
    page.wait_for_url(lambda url: first not in url)
    page.wait_for_selector("#verdict-form")
    skipped_to = path_of(walk)
    page.keyboard.press("g")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".verdict-said.genuine")
    said = page.inner_text(".verdict-said")
    page.keyboard.press("/")
    is_in_search = page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("n")
    return {
        "first": first,
        "skipped_to": skipped_to,
        "said": said,
        "is_in_search": is_in_search,
        "stayed": path_of(walk) == skipped_to,
    }


def path_of(walk: Walk) -> str:
    """Where the window is."""
    return walk.page.url.removeprefix(walk.plan["url"]).partition("#")[0]


def looked_at(walk: Walk) -> dict[str, int]:
    """Every page, with by how much it is too wide."""
    found = {}
    for name, path in walk.plan["pages"].items():
        walk.go(path)
        walk.page.wait_for_selector("main")
        walk.picture(name)
        found[name] = walk.overflow()
    return found


def main() -> None:
    """Do what the plan says."""
    plan = json.load(sys.stdin)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=plan["chromium"], headless=True, args=ARGUMENTS
        )
        context = browser.new_context(
            viewport={"width": plan["width"], "height": plan["height"]},
            java_script_enabled=plan["has_script"],
            timezone_id="UTC",
        )
        context.set_default_timeout(plan["timeout_ms"])
        walk = Walk(context.new_page(), plan)
        walk.go("/login")
        walk.picture("login")
        walk.sign_in(plan["login"])
        seen: dict[str, Any] = {"by_mouse": verdict_in_three_clicks(walk)}
        if plan["has_script"]:
            seen["by_keys"] = verdict_by_keys(walk)
        seen["overflow"] = looked_at(walk)
        seen["faults"] = walk.faults
        browser.close()
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
