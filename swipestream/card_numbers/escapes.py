"""Text with escapes, of JSON, of addresses and of HTML, and what it stands for."""

import re
from dataclasses import dataclass

_ESCAPE = re.compile(
    r"\\+(?:"
    r"u[dD](?P<high>[89abAB][0-9a-fA-F]{2})\\+u[dD](?P<low>[c-fC-F][0-9a-fA-F]{2})"
    r"|u(?P<unit>[0-9a-fA-F]{4})|x(?P<byte>[0-9a-fA-F]{2})|[nrtbfv/\"'])"
    r"|%(?P<percent>[0-9a-fA-F]{2})"
    r"|&(?:\#(?P<decimal>[0-9]{1,7})|\#[xX](?P<hex>[0-9a-fA-F]{1,6})|[A-Za-z]{2,8});"
)
_OTHER = " "


@dataclass(frozen=True)
class Unescaped:
    """
    What a text stands for.

    :param places: where each of its characters is written: the first character and the one behind.
    """

    text: str
    places: list[tuple[int, int]]


def has_escapes(text: str) -> bool:
    """Whether there is anything that begins one."""
    return "\\" in text or "%" in text or "&" in text


def unescaped(text: str) -> Unescaped | None:
    """
    A text with its escapes undone, whatever made them; None if it has none.

    Escapes of escapes, as in JSON that is a text in JSON, count as one. What is not an
    ASCII character in an address, and what has a name, becomes a space.
    """
    if not has_escapes(text):
        return None
    letters: list[str] = []
    places: list[tuple[int, int]] = []
    at = 0
    for match in _ESCAPE.finditer(text):
        letters.append(text[at : match.start()])
        places.extend((place, place + 1) for place in range(at, match.start()))
        letters.append(_letter(match))
        places.append(match.span())
        at = match.end()
    if not at:
        return None
    letters.append(text[at:])
    places.extend((place, place + 1) for place in range(at, len(text)))
    return Unescaped("".join(letters), places)


def _letter(match: re.Match[str]) -> str:
    if match["high"]:
        return chr(
            0x10000 + ((int(match["high"], 16) - 0x800) << 10) + int(match["low"], 16) - 0xC00
        )
    if match["percent"]:
        point = int(match["percent"], 16)
        return chr(point) if point < 128 else _OTHER
    digits = match["unit"] or match["byte"] or match["hex"]
    if digits or match["decimal"]:
        point = int(digits, 16) if digits else int(match["decimal"])
        return chr(point) if point <= 0x10FFFF else _OTHER
    return _OTHER
