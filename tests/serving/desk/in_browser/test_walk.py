"""The desk in a real browser: three clicks, or keys alone, with and without script."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from swipestream.settings import REPO_ROOT
from tests.cases.stored import PASSWORD, Database, label, open_all, payments_of, store
from tests.chromium import chromium
from tests.serving.desk.desk_process import DeskProcess

__all__ = ["chromium"]

WALK = Path(__file__).with_name("desk_walk.py")
# Where the pictures are kept; otherwise they are deleted with the test's folder.
KEPT = os.environ.get("PICTURES", "")


def fill(owner: Database) -> int:
    """:return: the number of a case with a card that has a history."""
    for number in range(30):
        store(
            owner, "c-busy", decision="approve", score=0.01, minutes_ago=600 + 1400 * number,
            amount_cents=900 + 170 * (number % 9), channel=("pos", "online")[number % 2],
        )  # fmt: skip
    for number, minutes in enumerate((9, 7, 4)):
        store(owner, "c-busy", minutes_ago=minutes, amount_cents=21_000 + 9_000 * number)
    label(owner, store(owner, "c-busy", minutes_ago=9_000, decision="approve"), is_fraud=True)
    for number in range(6):
        store(owner, f"c-{number}", amount_cents=4_000 * (number + 1), card_last4=f"100{number}")
    cases = {row["card_id"]: row for row in open_all(owner)}
    return int(cases["c-busy"]["case_number"])


@pytest.mark.parametrize(
    ("width", "height", "has_script"),
    [(1366, 768, True), (1920, 1080, True), (1366, 768, False)],
    ids=["1366", "1920", "without script"],
)
def test_from_an_alert_to_a_verdict_in_three_clicks(
    desk: DeskProcess,
    owner: Database,
    chromium: Path,
    tmp_path: Path,
    width: int,
    height: int,
    has_script: bool,
) -> None:
    number = fill(owner)
    pictures = Path(KEPT).absolute() if KEPT else tmp_path
    pictures.mkdir(parents=True, exist_ok=True)
    plan = {
        "url": f"http://127.0.0.1:{desk.settings.desk_port}",
        "login": "eve",
        "password": PASSWORD,
        "chromium": str(chromium),
        "width": width,
        "height": height,
        "has_script": has_script,
        "timeout_ms": 60_000,
        "pictures": str(pictures),
        "pages": {
            "card": "/cards/c-busy",
            "search": "/search?q=4242",
            "day": "/day?of=all",
            "audit": "/audit",
            "analysts": "/analysts",
            "missing": "/cases/999999",
        },
    }
    result = subprocess.run(
        [REPO_ROOT / ".venv-browser" / "bin" / "python", WALK],
        input=json.dumps(plan), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-2000:]
    seen: dict[str, Any] = json.loads(result.stdout)
    # The page that is missing is one on purpose.
    assert [fault for fault in seen["faults"] if "404" not in fault] == []
    assert seen["by_mouse"]["clicks"] == 3
    assert seen["by_mouse"]["path"] == f"/cases/{number}"
    assert seen["by_mouse"]["verdict_bottom"] <= height, "the verdict is below the first screen"
    assert set(seen["overflow"].values()) == {0}
    assert len(payments_of(owner, number)) == 3
    if has_script:
        keys = seen["by_keys"]
        assert keys["skipped_to"] not in (keys["first"], f"/cases/{number}")
        assert "Genuine: Usual for this card" in keys["said"]
        assert keys["is_in_search"] and keys["stayed"]
