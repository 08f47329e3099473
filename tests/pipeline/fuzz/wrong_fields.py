"""JSON objects whose fields are of the wrong type, missing, doubled, or beyond their limits."""

import itertools
import json
from collections.abc import Iterator

from tests.pipeline.fuzz.source import FIELDS, IDENTIFIERS, Source, encoded

LITERALS = (
    "null",
    "true",
    "false",
    "0",
    "17",
    "-1",
    "1.5",
    "1.0",
    "1e3",
    "1E+2",
    "-0.0",
    '""',
    '" "',
    '"x"',
    '"17"',
    '" 17 "',
    '"1.0"',
    '"1e3"',
    "[]",
    "{}",
    "[1]",
    '["x"]',
    '["card_id","c-other"]',
    "[null]",
    '{"a":1}',
    '{"value":17}',
    '{"currency":"USD"}',
    "[[1]]",
    "[{}]",
    '[{"card_id":"c-other"}]',
)
NUMBERS = (
    "1e308",
    "-1e308",
    "1e400",
    "-1e400",
    "1e-400",
    "1e-300",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "2147483648",
    "9007199254740993",
    "99999999.99999999999",
    "0.99999999999999999999",
    "100000000",
    "100000001",
    "100000000.0",
    "1e8",
    "1e9",
    "12.7",
    "0.5",
    "-0.5",
    "-1",
    "-0",
    "00",
    "007",
    "+5",
    ".5",
    "5.",
    "1e",
    "0x10",
    "1_000",
    "1,5",
    "NaN",
    "Infinity",
    "-Infinity",
    '"NaN"',
    '"Infinity"',
    '"-Infinity"',
    '"nan"',
    '"inf"',
    '"1_000"',
    '"0x1p3"',
    '"12d"',
    '"12f"',
    '"12L"',
    '"+5"',
    '"007"',
    '".5"',
    '"5."',
    '"1e2"',
    '"1,000"',
    '"\\u0661\\u0662"',
    '"\\uff11\\uff12"',
    '"\\u00a012"',
    '"\\t12\\n"',
    '"\\u000012"',
    "1" * 400,
    "-" + "1" * 400,
    "0." + "3" * 400,
    "1" * 999,
    "1" * 1001,
    "1e" + "9" * 30,
    '"' + "7" * 400 + '"',
)


def wrong_types(source: Source) -> Iterator[bytes]:
    """Every field with every kind of value."""
    for field, literal in itertools.cycle(itertools.product((*FIELDS, "kind"), LITERALS)):
        if field == "kind":
            yield source.good()[:-1] + f',"kind":{literal}}}'.encode()
        else:
            yield source.raw(field, literal)


def numbers(source: Source) -> Iterator[bytes]:
    """Every number where one belongs, and where none does."""
    fields = ("amount_cents", "latitude", "longitude", "event_ms", "transaction_id", "card_last4")
    for field, literal in itertools.cycle(itertools.product(fields, NUMBERS)):
        yield source.raw(field, literal)


def amounts(source: Source) -> Iterator[bytes]:
    """Amounts around every limit."""
    while True:
        amount = source.random.choice((0, 1, -1, 99_999_999, 100_000_000, 100_000_001, -(2**31)))
        yield source.good(amount_cents=amount)
        yield source.good(amount_cents=amount + source.random.random())
        yield source.good(amount_cents=float(amount))
        yield source.raw("amount_cents", f'"{amount}"')
        yield source.raw("amount_cents", f"{amount}e0")


def places(source: Source) -> Iterator[bytes]:
    """Positions on the edge of the earth and beyond."""
    limits = (0.0, 90.0, -90.0, 90.000001, -90.1, 180.0, -180.0, 180.000001, 1e300, None)
    for latitude, longitude in itertools.cycle(itertools.product(limits, limits)):
        yield source.good(latitude=latitude, longitude=longitude)


def missing_and_more(source: Source) -> Iterator[bytes]:
    """Fields left out, and fields nobody knows."""
    while True:
        payment = source.payment()
        for field in source.random.sample(FIELDS, source.random.randrange(1, 12)):
            del payment[field]
        yield encoded(payment)
        for field in FIELDS:
            payment = source.payment()
            del payment[field]
            yield encoded(payment)
        many = {f"more_{number}": number for number in range(source.random.choice((1, 20, 2000)))}
        yield encoded(source.payment() | many)
        yield encoded(many | source.payment())
        yield encoded({"": 1, "\u0000": 2, "__proto__": {}, "$ref": "#"} | source.payment())


def doubled_keys(source: Source) -> Iterator[bytes]:
    """A key twice or many times; the last one counts."""
    for field in itertools.cycle(FIELDS):
        payment = source.payment()
        value = json.dumps(payment[field]).encode()
        name = f'"{field}":'.encode()
        yield b"{" + name + b"null," + encoded(payment)[1:]
        yield encoded(payment)[:-1] + b"," + name + value + b"}"
        yield encoded(source.payment())[:-1] + b"," + name + b"null}"
        times = source.random.choice((2, 3, 12, 14, 30))
        yield encoded(source.payment())[:-1] + (b"," + name + b'"EUR"') * times + b"}"
        payment = source.payment()
        value = json.dumps(payment[field]).encode()
        yield b"{" + (name + b"null,") * times + name + value + b"," + encoded(payment)[1:]


def other_keys(source: Source) -> Iterator[bytes]:
    """Keys that differ in case, spelling or escaping only."""
    for field in itertools.cycle(FIELDS):
        name = field.encode()
        value = source.good()
        yield value.replace(b'"' + name + b'"', b'"' + name.upper() + b'"')
        yield value.replace(b'"' + name + b'"', b'" ' + name + b'"')
        yield value.replace(b'"' + name + b'"', b'"' + name.replace(b"_", b"\xc2\xad_") + b'"')
        # The same name, escaped: JSON says these are one.
        escaped = b"".join(b"\\u%04x" % byte for byte in name)
        yield source.good().replace(b'"' + name + b'"', b'"' + escaped + b'"')
        yield source.good()[:-1] + b',"' + name.upper() + b'":"x"}'


def inside_out(source: Source) -> Iterator[bytes]:
    """A payment inside a field of something else; only the outermost object counts."""
    for field in itertools.cycle((*FIELDS, "kind", "payload")):
        inner = source.good()
        yield b'{"' + field.encode() + b'":' + inner + b"}"
        yield source.raw(field, inner) if field in FIELDS else inner[:-1] + b',"x":' + inner + b"}"
        yield b'{"' + field.encode() + b'":[' + inner + b"]}"
        yield b'{"before":[' + inner + b"]," + source.good()[1:]
        pairs = json.dumps([part for item in source.payment().items() for part in item])
        yield b'{"' + field.encode() + b'":' + pairs.encode() + b"}"


def identifiers(source: Source) -> Iterator[bytes]:
    """Names around the limits of length and alphabet, and of customers nobody knows."""
    odd = (
        "x" * 64,
        "x" * 65,
        "A-z_0.9:",
        "a b",
        "a/b",
        "a\n",
        "\na",
        "ä",
        "-",
        "a'",
        'a"',
        "a\\",
        "%",
    )
    for field, text in itertools.cycle(itertools.product(IDENTIFIERS, odd)):
        if field == "transaction_id" and len(text) == 64:
            text = f"{source.name}-{source.count}-".ljust(64, "x")
        yield source.good(**{field: text})
        yield source.good(customer_id=f"k-{source.count}", merchant_id=f"m-{source.count}")


def card_numbers(source: Source) -> Iterator[bytes]:
    """Card numbers where a name belongs, and numbers that only look like one."""
    for field in itertools.cycle(IDENTIFIERS):
        number = source.random.choice(("4111111111111111", "5500000000000004", "378282246310005"))
        yield source.good(**{field: number})
        yield source.raw(field, number)
        yield source.good(**{field: f"{source.count}-{number}"})
        yield source.good(**{field: f"{number[:4]}-{number[4:8]}-{number[8:12]}-{number[12:]}"})
        yield source.good(**{field: f"{source.count}-{source.random.randrange(10**15, 10**16)}"})
        yield source.good(card_last4=number)


def known_numbers(source: Source) -> Iterator[bytes]:
    """A number that comes again: with the same content, with another, on another card."""
    while True:
        payment = source.payment()
        yield encoded(payment)
        yield encoded(payment | {"device_id": "d-2", "currency": "USD"})
        yield encoded(payment | {"amount_cents": payment["amount_cents"] + 1})
        yield encoded(payment | {"merchant_id": "m-other"})
        yield encoded(payment | {"event_ms": payment["event_ms"] - 1})
        yield encoded(payment | {"card_id": f"{source.name}-another-card"})
        yield encoded(payment)


def currencies_and_channels(source: Source) -> Iterator[bytes]:
    """Codes that are not quite those of the list."""
    for code in itertools.cycle(
        ("EUR", "USD", "AUD", "eur", "EUR ", "JPY", "XXX", "€", "", "E\0R")
    ):
        yield source.good(currency=code)
        yield source.good(channel={"EUR": "atm", "USD": "POS", "AUD": "online "}.get(code, code))
        yield source.good(card_last4={"EUR": "0000", "USD": "12345", "": None}.get(code, code))


def kinds(source: Source) -> Iterator[bytes]:
    """Ticks, which earlier versions knew, and payments that say what kind of thing they are."""
    while True:
        now = source.clock_ms
        yield b'{"kind":"tick","event_ms":%d}' % now
        yield b'{ "event_ms" : %d, "kind" : "tick" }' % now
        yield b'{"kind":"tick"}'
        yield b'{"kind":"tick","event_ms":null}'
        yield b'{"kind":"tick","event_ms":"soon"}'
        yield b'{"kind":"tick","event_ms":-1}'
        yield b'{"kind":"tick","event_ms":99999999999999999999}'
        yield b'{"kind":"tick","event_ms":%d,"transaction_id":null}' % now
        yield b'{"kind":"ti\\u0063k","event_ms":%d}' % now
        yield b'{"kind":"tick","kind":"tick","event_ms":%d}' % now
        yield b'{"kind":"tick","card_id":"c","event_ms":%d}' % now
        for kind in ('"Tick"', '"tick "', '"tock"', '""', "1", "true", "[]", '{"a":"tick"}'):
            yield b'{"kind":%s,"event_ms":%d}' % (kind.encode(), now)
            yield source.good()[:-1] + b',"kind":' + kind.encode() + b"}"
        yield source.good()[:-1] + b',"kind":"tick"}'
        yield source.good()[:-1] + b',"kind":null}'
        yield b'{"kind":"tick","event_ms":1}{"kind":"tick","event_ms":2}'
        yield b'[{"kind":"tick","event_ms":1}]'
