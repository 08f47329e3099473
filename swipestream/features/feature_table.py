"""The table of features in docs/features.md, written from the SQL files' headers.

Written by `make feature-table`; a test compares the two.
"""

import re
from collections.abc import Iterable

from flink_jobs.feature_registry import FeatureEntry, feature_registry
from flink_jobs.pipelines import PAYMENTS
from swipestream.settings import REPO_ROOT

PAGE = REPO_ROOT / "docs" / "features.md"
_TABLE = re.compile(r"^\| feature \|.*\n(?:\|.*\n)+", re.MULTILINE)


def feature_table(entries: Iterable[FeatureEntry]) -> str:
    """A Markdown table with a line for each feature."""
    lines = ["| feature | what it is | unit | of | window |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{entry.name}` | {entry.meaning} | {entry.unit} | {entry.entity} | {entry.window} |"
        for entry in entries
    ]
    return "\n".join(lines) + "\n"


def with_table(page: str, table: str) -> str:
    """
    A page with another table in place of the one it has.

    :raises ValueError: it has none.
    """
    changed, count = _TABLE.subn(table.replace("\\", r"\\"), page, count=1)
    if not count:
        raise ValueError("the page has no table that begins with `| feature |`")
    return changed


if __name__ == "__main__":
    written = with_table(
        PAGE.read_text("utf-8"), feature_table(feature_registry(PAYMENTS.job).values())
    )
    PAGE.write_text(written, "utf-8")
