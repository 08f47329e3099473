"""docs/api.md says what the API does: its tables are made from the code."""

import os
import subprocess

from swipestream.decisions import program
from swipestream.settings import REPO_ROOT


def test_the_tables_are_those_of_the_code() -> None:
    result = subprocess.run(
        [str(program.python()), "-m", "serving.decisions.document"],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPO_ROOT,
        env=os.environ | {"PYTHONPATH": str(REPO_ROOT)},
    )
    assert (REPO_ROOT / "docs/api.md").read_text("utf-8") == result.stdout, (
        "run .venv-serving/bin/python -m serving.decisions.document --write"
    )
