"""Find card numbers in text; CardNumbers.java in functions/ does the same for the stream."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from swipestream.card_numbers.escapes import has_escapes, unescaped
from swipestream.card_numbers.rules import FIRST_DIGITS, known_rules

RULES = known_rules()
SHORTEST, USUAL, LONGEST = 13, 16, 19
# A row of digits with gaps that has more characters is taken for one number.
MOST_LOOKED_AT = 20_000

# Where a digit of a number is in the text: its first character and the one behind it.
Place = tuple[int, int]

_ROW = rf"[0-9](?:[^0-9A-Za-z]{{0,{RULES.gap}}}[0-9])"
# What every row has; quicker to look for, and nearly no identifier has it.
_NO_LETTERS = re.compile(f"[^A-Za-z]{{{SHORTEST}}}")
_HAS_ROW = re.compile(f"{_ROW}{{{SHORTEST - 1}}}")
_ROWS = re.compile(f"{_ROW}{{{SHORTEST - 1},}}")
_GROUP = re.compile("[0-9]+")
_DOUBLED = str.maketrans("0123456789", "0246813579")


class _Folded(dict[int, str]):
    """Each character as the rules have it; those seen before are kept."""

    def __missing__(self, point: int) -> str:
        letter = chr(point)
        digit = unicodedata.decimal(letter, None)
        if digit is not None:
            kept = str(digit)
        elif point < 128:
            kept = letter
        else:
            kept = "x" if unicodedata.category(letter)[0] in "LN" else " "
        self[point] = kept
        return kept


_FOLDED = _Folded()


def is_luhn_valid(digits: str) -> bool:
    """Whether the digits pass the check that every card number passes (ISO/IEC 7812-1, annex B)."""
    return sum(map(int, digits[-2::-2].translate(_DOUBLED) + digits[::-2])) % 10 == 0


def could_be_card_number(digits: str) -> bool:
    """Whether these could be the digits of a card number: first digits, length and check."""
    return len(digits) in RULES.lengths.get(digits[:FIRST_DIGITS], ()) and is_luhn_valid(digits)


def holds_card_number(text: str) -> bool:
    """
    Whether a text holds anything that could be a card number, however it is written.

    :param text: any; what a format has escaped is read both ways.
    """
    if not _NO_LETTERS.search(text) and not has_escapes(text):
        return False
    return any(True for _ in card_numbers(text))


def card_numbers(text: str) -> Iterator[Sequence[Place]]:
    """
    Everything that could be a card number, however it is written.

    It begins and ends where a row of digits does, so it is found beside an expiry date, and not
    inside a longer number.

    :param text: any; what a format has escaped is read both ways.
    :return: the places of the digits of each; the same digit may be in several.
    """
    for found in unescaped_card_numbers(text):
        yield [(place, place + 1) for place in found]
    decoded = unescaped(text)
    if decoded is not None:
        for found in unescaped_card_numbers(decoded.text):
            yield [decoded.places[place] for place in found]


def unescaped_card_numbers(text: str) -> Iterator[Sequence[int]]:
    """
    What could be a card number in a text whose characters are what they are.

    :return: where the digits of each are.
    """
    plain = text if text.isascii() else text.translate(_FOLDED)
    if not _HAS_ROW.search(plain):
        return
    # Nothing but digits: no pattern below has no more.
    if plain.isdigit():
        yield from _in_row(plain, 0, len(plain))
        return
    for pattern in RULES.track2:
        for match in pattern.finditer(plain):
            for length in range(SHORTEST, min(LONGEST, len(match[1])) + 1):
                if could_be_card_number(match[1][-length:]):
                    yield range(match.end(1) - length, match.end(1))
    for pattern in RULES.exponent:
        for match in pattern.finditer(plain):
            length = int(match[3]) + 1
            digits = (match[1] + match[2]).ljust(length, "0")
            if len(digits) == length and could_be_card_number(digits):
                yield [match.start(1), *range(*match.span(2))]
    for pattern in RULES.skip:
        plain = pattern.sub(lambda match: "x" * len(match[0]), plain)
    for row in _ROWS.finditer(plain):
        yield from _in_row(plain, *row.span())


def _in_row(plain: str, start: int, end: int) -> Iterator[Sequence[int]]:
    """Those that begin and end with a group of digits; zeros before them do not count."""
    spans = [match.span() for match in _GROUP.finditer(plain, start, end)]
    places = [place for span in spans for place in range(*span)]
    if end - start > MOST_LOOKED_AT:
        yield places
        return
    digits = "".join(plain[from_:to] for from_, to in spans)
    ends: list[int] = []
    for from_, to in spans:
        ends.append((ends[-1] if ends else 0) + to - from_)
    known_ends = set(ends)
    for group_start, group_end in zip([0, *ends], ends, strict=False):
        first = group_start
        while first < group_end and digits[first] == "0":
            first += 1
        if first == group_end:
            continue
        for length in RULES.lengths.get(digits[first : first + FIRST_DIGITS], ()):
            last = first + length
            if last not in known_ends or not is_luhn_valid(digits[first:last]):
                continue
            # A day may begin with a zero.
            written = places[group_start], places[last - 1] + 1
            if any(pattern.match(digits, group_start, last) for pattern in RULES.dated) or any(
                pattern.match(plain, *written) for pattern in RULES.dated_group
            ):
                continue
            yield places[first:last]
        if group_end - first > LONGEST:
            yield from (places[a:b] for a, b in _side_by_side(digits, first, group_end))


def _side_by_side(digits: str, start: int, end: int) -> Sequence[tuple[int, int]]:
    """
    The numbers that a longer one is made of, and nothing but zeros between and behind them.

    :return: where each begins and ends; none if something is left over.
    """
    ways: list[tuple[int, tuple[tuple[int, int], ...]]] = [(start, ())]
    seen = set()
    while ways:
        at, found = ways.pop()
        while at < end and digits[at] == "0":
            at += 1
        if at == end:
            return found
        if at in seen:
            continue
        seen.add(at)
        lengths = RULES.lengths.get(digits[at : at + FIRST_DIGITS], ())
        # The last one is tried first.
        for length in sorted(lengths, key=lambda length: length == USUAL):
            if at + length <= end and is_luhn_valid(digits[at : at + length]):
                ways.append((at + length, (*found, (at, at + length))))
    return ()
