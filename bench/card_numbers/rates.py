"""How often the check takes something else for a card number, and how often it misses one."""

import re
from collections.abc import Callable, Iterator, Mapping
from random import Random

from bench.card_numbers.identifiers import Maker, card_number, networks
from swipestream.card_numbers import could_be_card_number, holds_card_number

Check = Callable[[str], bool]

DAY = re.compile("(?:2[0-9]|3[0-3])(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
# For comparison, on digits in one piece.
ALTERNATIVES: Mapping[str, Check] = {
    "any 13 to 19 digits": lambda text: text.isdigit() and 13 <= len(text) <= 19,
    "network and check digit": lambda text: text.isdigit() and could_be_card_number(text),
    "the same, not if it begins with yyMMdd": lambda text: (
        text.isdigit() and could_be_card_number(text) and not DAY.match(text)
    ),
    "the rule": holds_card_number,
}


def false_alarms(makers: Mapping[str, Maker], count: int, seed: int) -> Iterator[tuple[str, ...]]:
    """
    Shares of identifiers that are taken for card numbers.

    :return: a row for each kind: its name, and the share with each check.
    """
    for name, maker in makers.items():
        random = Random(seed)
        made = [maker(random) for _ in range(count)]
        yield (name, *(f"{sum(map(check, made)) / count:.4%}" for check in ALTERNATIVES.values()))


def misses(count: int, seed: int) -> Iterator[tuple[str, ...]]:
    """
    Shares of card numbers in one piece that are not found.

    :return: a row for each network: its name, and the share with each check.
    """
    for network, issuers in networks().items():
        random = Random(seed)
        made = [card_number(random, random.choice(issuers)) for _ in range(count)]
        found = [sum(map(check, made)) for check in ALTERNATIVES.values()]
        yield (network, *(f"{1 - number / count:.4%}" for number in found))
