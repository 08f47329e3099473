"""
Look for secrets and card numbers in what the repository holds.

Run by scripts/lint.sh as `python -m scripts.secret_scan`. Prints file, line and kind, never the
secret, and exits with 1 if there is any.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from swipestream.card_numbers import holds_card_number

ROOT = Path(__file__).resolve().parents[1]

SECRETS = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/=]{16}"),
    "an AWS key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60})"),
    "a Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10}"),
}
# Settings files: a template names its secrets and gives them no value.
SETTINGS_FILE = re.compile(r"(?:^|/)(?:[^/]*\.)?env(?:\.[^/]*)?$")
SETTINGS_SECRETS = {
    "a password": re.compile(r"^\s*(?:export\s+)?\w*(?:PASSWORD|SECRET|TOKEN|_KEY)\w*=\S", re.M),
    "a password in a URL": re.compile(r"^\s*(?:export\s+)?\w+=\S*://[^\s:/@]+:[^\s@]+@", re.M),
}
# What looks like a card number there and belongs to nobody, by path or beginning of a path.
CARD_LIKE = {
    # Made up, to be found, masked, hashed or refused.
    "samples/payments.csv",
    "functions/test/",
    "tests/bench/test_card_numbers.py",
    "tests/card_numbers/",
    "tests/cases/",
    "tests/functions/",
    "tests/pipeline/fuzz/",
    "tests/pipeline/poison/card_number_",
    "tests/rules/",
    "tests/sending/",
    "tests/serving/",
    "tests/sql/labels/sources/labels_checked/a_card_number_",
    "tests/sql/payments/intake/payments_checked/a_card_number_",
    "tests/sql/payments/intake/payments_checked/card_last4_is_a_card_number/",
    # Where card numbers begin.
    "functions/src/swipestream/cards/card_numbers.rules",
    # Rows of other numbers.
    "bench/dashboard_rows/fill_model_facts.sql",
    "simulator/habits.toml",
    "simulator/portable_math.py",
    "tests/bench/test_streaming_report.py",
    "tests/dashboards/test_model_views.py",
}


def line_of(text: str, position: int) -> int:
    """The number of the line, from 1."""
    return text.count("\n", 0, position) + 1


def faults(name: str, text: str) -> Iterator[str]:
    """
    What a file holds that it must not.

    :param name: path below the repository.
    :param text: its content.
    :return: a line for each, without the secret.
    """
    patterns = SECRETS | (SETTINGS_SECRETS if SETTINGS_FILE.search(name) else {})
    for kind, pattern in patterns.items():
        for match in pattern.finditer(text):
            yield f"{name}:{line_of(text, match.start())}: {kind}"
    if name.startswith(tuple(CARD_LIKE)):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if holds_card_number(line):
            yield f"{name}:{number}: a card number"


def tracked() -> list[str]:
    """Every file that git knows, also those not yet committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True,
    ).stdout  # fmt: skip
    return [name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def text_of(name: str) -> str:
    """The content of a file, also of one that is not text."""
    return (ROOT / name).read_text("utf-8", errors="replace")


def main() -> int:
    """Print every fault; 1 if there is one."""
    found = [fault for name in tracked() for fault in faults(name, text_of(name))]
    for fault in found:
        sys.stdout.write(f"{fault}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
