"""The rule by which a number is a card number, as the stream's function has it."""

import re
from dataclasses import dataclass
from pathlib import Path

from swipestream.settings import REPO_ROOT

RULES_FILE = REPO_ROOT / "functions" / "src" / "swipestream" / "cards" / "card_numbers.rules"
# So many first digits tell the network.
FIRST_DIGITS = 4


@dataclass(frozen=True)
class Issuer:
    """
    Numbers that a network gives out.

    :param first: the lowest and the highest first digits, equally many.
    :param lengths: how many digits there may be.
    """

    network: str
    first: tuple[str, str]
    lengths: tuple[int, ...]


@dataclass(frozen=True)
class Rules:
    """
    What `RULES_FILE` says.

    :param lengths: of the numbers that begin with four digits, by these.
    :param gap: the most characters between two digits.
    :param dated: what the digits of a number begin with that is a date.
    :param dated_group: the same of its text.
    """

    issuers: tuple[Issuer, ...]
    lengths: dict[str, tuple[int, ...]]
    gap: int
    skip: tuple[re.Pattern[str], ...]
    track2: tuple[re.Pattern[str], ...]
    exponent: tuple[re.Pattern[str], ...]
    dated: tuple[re.Pattern[str], ...]
    dated_group: tuple[re.Pattern[str], ...]


def read_rules(text: str) -> Rules:
    """:param text: lines of a word and what belongs to it."""
    issuers: list[Issuer] = []
    others: dict[str, list[str]] = {}
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "issuer":
            network, first, *lengths = rest.split()
            low, _, high = first.partition("-")
            issuers.append(Issuer(network, (low, high or low), tuple(map(int, lengths))))
        elif word == "skip":
            others.setdefault(word, []).append(rest.partition(" ")[2])
        elif word and word != "#":
            others.setdefault(word, []).append(rest)

    def patterns(word: str) -> tuple[re.Pattern[str], ...]:
        return tuple(map(re.compile, others[word]))

    return Rules(
        tuple(issuers),
        lengths_by_first_digits(issuers),
        int(others["gap"][0]),
        patterns("skip"),
        patterns("track2"),
        patterns("exponent"),
        patterns("dated"),
        patterns("dated_group"),
    )


def lengths_by_first_digits(issuers: list[Issuer]) -> dict[str, tuple[int, ...]]:
    """Which lengths a number may have, by its first four digits."""
    found: dict[str, set[int]] = {}
    for issuer in issuers:
        low, high = issuer.first
        for first in range(
            int(low.ljust(FIRST_DIGITS, "0")), int(high.ljust(FIRST_DIGITS, "9")) + 1
        ):
            found.setdefault(f"{first:0{FIRST_DIGITS}}", set()).update(issuer.lengths)
    return {first: tuple(sorted(lengths)) for first, lengths in found.items()}


def known_rules(file: Path = RULES_FILE) -> Rules:
    """The rules of this version."""
    return read_rules(file.read_text("utf-8"))
