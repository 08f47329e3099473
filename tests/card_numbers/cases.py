"""The cases that every implementation of the card number check reads: cases.jsonl."""

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "cases.jsonl"


@dataclass(frozen=True)
class Case:
    """
    One text.

    :param claim: what it shows.
    :param masked: the text with every number masked but for its last four digits; unchanged if it
        holds none.
    :param escaped: the kind of escapes in the text; empty if it has none.
    """

    claim: str
    text: str
    is_card_number: bool
    masked: str
    escaped: str

    def __str__(self) -> str:
        """The name of its test."""
        return f"{self.claim}: {self.text[:40]!a}"


def read_cases() -> list[Case]:
    """Every line of the file."""
    rows = map(json.loads, FILE.read_text("utf-8").splitlines())
    return [
        Case(
            row["claim"],
            row["text"],
            row["is_card_number"],
            row.get("masked", row["text"]),
            row.get("escaped", ""),
        )
        for row in rows
    ]


CASES = read_cases()
