"""The system's browser, for tests that look at pages as people do."""

import os
import shutil
from pathlib import Path

import pytest

from swipestream.settings import REPO_ROOT


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Its path; the test is skipped without it or without Playwright."""
    named = os.environ.get("CHROMIUM", "")
    found = named or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("there is no Chromium: install it (apt install chromium) or set CHROMIUM")
    python = REPO_ROOT / ".venv-browser" / "bin" / "python"
    if not python.exists():
        pytest.skip("Playwright is not installed: run `make test-browser`")
    return Path(found)
