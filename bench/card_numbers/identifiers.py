"""Identifiers as systems make them; if one is a card number, it is by chance."""

import datetime
import string
import uuid
from collections.abc import Callable, Mapping
from random import Random

from swipestream.card_numbers.finding import RULES, is_luhn_valid
from swipestream.card_numbers.rules import Issuer

FROM, TO = datetime.datetime(2023, 1, 1), datetime.datetime(2034, 1, 1)

Maker = Callable[[Random], str]


def moment(random: Random) -> datetime.datetime:
    """Any of the years that the rules know dates of."""
    seconds = random.uniform(0, (TO - FROM).total_seconds())
    return FROM + datetime.timedelta(seconds=seconds)


def digits(random: Random, count: int) -> str:
    """Any digits."""
    return "".join(random.choices(string.digits, k=count))


def dated(form: str, count: int) -> Maker:
    """A reference that begins with a date or a time, followed by random digits."""
    return lambda random: moment(random).strftime(form) + digits(random, count)


def serial(form: str, width: int, most: int = 1_000_000) -> Maker:
    """A reference that begins with a date, followed by a serial number."""
    return lambda random: moment(random).strftime(form) + f"{random.randrange(most):0{width}}"


def hexadecimal(count: int) -> Maker:
    """A hash, or a part of one."""
    return lambda random: f"{random.getrandbits(4 * count):0{count}x}"


def epoch(factor: int) -> Maker:
    """A time since 1970."""
    return lambda random: str(int(moment(random).timestamp() * factor) + random.randrange(factor))


# Identifiers that a rule of first digits, length and check digit hardly ever mistakes.
TELLABLE: Mapping[str, Maker] = {
    "hash of 32 hexadecimal digits": hexadecimal(32),
    "hash of 40": hexadecimal(40),
    "hash of 64": hexadecimal(64),
    "24 hexadecimal digits": hexadecimal(24),
    "16 hexadecimal digits": hexadecimal(16),
    "UUID": lambda random: str(uuid.UUID(int=random.getrandbits(128), version=4)),
    "UUID without dashes": lambda random: uuid.UUID(int=random.getrandbits(128), version=4).hex,
    "yyMMddHHmmss and 4 digits": dated("%y%m%d%H%M%S", 4),
    "yyMMddHHmm and 6 digits": dated("%y%m%d%H%M", 6),
    "yyMMdd and a serial number, 16 digits": serial("%y%m%d", 10),
    "yyMMdd, a dash and 10 digits": dated("%y%m%d-", 10),
    "yyyyMMdd and 8 digits": dated("%Y%m%d", 8),
    "yyyyMMddHHmmss and 3 digits": dated("%Y%m%d%H%M%S", 3),
    "ddMMyyyy and 8 digits": dated("%d%m%Y", 8),
    "ddMMyyyyHHmmss": dated("%d%m%Y%H%M%S", 0),
    "yyyy-MM-dd-HH.mm.ss.ffffff": dated("%Y-%m-%d-%H.%M.%S.%f", 0),
    "ORD-yyyy-MM-dd- and 6 digits": dated("ORD-%Y-%m-%d-", 6),
    "epoch in milliseconds": epoch(1_000),
    "epoch in microseconds": epoch(1_000_000),
    "epoch in nanoseconds": epoch(1_000_000_000),
    "ticks of .NET": lambda random: str(
        621_355_968_000_000_000 + int(moment(random).timestamp() * 10_000_000)
    ),
    "German mobile phone": lambda random: "49151" + digits(random, 8),
    "British mobile phone": lambda random: "+447" + digits(random, 9),
    "American phone": lambda random: "+1-" + "-".join(digits(random, n) for n in (3, 3, 4)),
    "serial number with zeros, 16 digits": lambda random: f"{random.randrange(10**9):016}",
    "serial number with zeros, 32 digits": lambda random: f"{random.randrange(10**12):032}",
    "snowflake": lambda random: str(random.randrange(10**18, 2 * 10**18)),
    "address and port": lambda random: (
        ".".join(str(random.randrange(256)) for _ in range(4)) + f":{random.randrange(1024, 65536)}"
    ),
    "GPS": lambda random: f"[{random.uniform(-90, 90)!r}, {random.uniform(-180, 180)!r}]",
}

# No rule can distinguish these from card numbers.
UNTELLABLE: Mapping[str, Maker] = {
    "yyMMdd and 10 random digits": dated("%y%m%d", 10),
    "16 random digits": lambda random: digits(random, 16),
    "19 random digits": lambda random: digits(random, 19),
    "14 random digits": lambda random: digits(random, 14),
    "device number (IMEI)": lambda random: "35" + digits(random, 13),
}


def card_number(random: Random, issuer: Issuer) -> str:
    """A card number of a network, with any of its first digits and lengths."""
    low, high = issuer.first
    first = str(random.randint(int(low), int(high)))
    body = first + digits(random, random.choice(issuer.lengths) - len(first) - 1)
    return next(body + check for check in string.digits if is_luhn_valid(body + check))


def networks() -> dict[str, list[Issuer]]:
    """Card numbers as each network issues them."""
    found: dict[str, list[Issuer]] = {}
    for issuer in RULES.issuers:
        found.setdefault(issuer.network, []).append(issuer)
    return found
