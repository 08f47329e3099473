"""How often the check takes something else for a card number, and how often it misses one."""

from collections.abc import Callable, Iterator, Mapping
from random import Random

from bench.card_numbers.identifiers import Maker, card_number, networks
from swipestream.card_numbers import could_be_card_number, holds_card_number

Check = Callable[[str], bool]

# What the field uses, for comparison: on every row of 13 to 19 digits in one piece.
ALTERNATIVES: Mapping[str, Check] = {
    "any 13 to 19 digits": lambda text: text.isdigit() and 13 <= len(text) <= 19,
    "network and check digit": lambda text: text.isdigit() and could_be_card_number(text),
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


def misses(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """
    Shares of card numbers in one piece that are not found.

    :return: a row for each network.
    """
    for network, issuers in networks().items():
        random = Random(seed)
        made = [card_number(random, random.choice(issuers)) for _ in range(count)]
        missed = sum(not holds_card_number(number) for number in made)
        yield network, f"{missed / count:.4%}"
