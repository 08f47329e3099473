"""Takes pictures of pages: python -m apps.browser.pictures < plan.json

The plan has `url`, `user`, `password`, `chromium`, `width`, `height` of the window, `folder`, and
`pages`: for each its `name`, `slug` and `tallest`. Says on standard output, a JSON object per line,
how long each page took to draw what is in the window, and how many requests that were.
"""

import json
import sys
from pathlib import Path
from typing import Any

from apps.browser.visitor import Visitor, browser

TIMEOUT_MS = 120_000


def main() -> None:
    """Do what the plan says."""
    plan: dict[str, Any] = json.load(sys.stdin)
    size = (plan["width"], plan["height"])
    with browser(plan["chromium"], *size, TIMEOUT_MS) as context:
        page = context.pages[0]
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        visitor = Visitor(page, plan["url"], TIMEOUT_MS)
        visitor.log_in(plan["user"], plan["password"])
        for wanted in plan["pages"]:
            requests.clear()
            seconds = visitor.open(wanted["slug"])
            count = len(requests)
            visitor.scroll_through()
            visitor.settle()
            file = Path(plan["folder"]) / f"{wanted['name']}.png"
            visitor.picture(file, *size, wanted["tallest"])
            facts = {"name": wanted["name"], "seconds": seconds, "requests": count}
            sys.stdout.write(json.dumps(facts | {"is_late": visitor.is_late}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
