"""`make pictures` writes a small picture of a page, and says how long the page took."""

import subprocess
from pathlib import Path

import pytest

from swipestream.settings import REPO_ROOT, Settings

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1800)]

PNG = b"\x89PNG\r\n\x1a\n"
# The palette of 128 colors: without one, a page takes three times as much.
PALETTE = b"PLTE"


def test_a_picture_of_a_page(dashboards: Settings, chromium: Path, tmp_path: Path) -> None:
    python = REPO_ROOT / ".venv" / "bin" / "python"
    result = subprocess.run(
        [python, "-m", "scripts.pictures", "--only", "merchants", "--to", tmp_path],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPO_ROOT,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("merchants        drawn in")
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    assert file.name == "merchants.png" and content.startswith(PNG) and PALETTE in content
    width = int.from_bytes(content[16:20], "big")
    assert width == 1366
