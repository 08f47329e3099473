"""Text that breaks readers: every plane of Unicode, broken UTF-8, control and NUL characters."""

import itertools
from collections.abc import Iterator

from tests.pipeline.fuzz.source import Odd, Source

TEXTS = ("transaction_id", "card_id", "customer_id", "merchant_id", "currency", "device_id", "note")
BROKEN = (
    b"\xff",
    b"\xfe\xff",
    b"\x80",
    b"\xc0\x80",
    b"\xc1\xbf",
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xed\xa0\x80\xed\xb0\x80",
    b"\xf0\x80\x80\xaf",
    b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"\xc3",
    b"\xc3\x28",
    b"\xa0\xa1",
)
ESCAPES = (
    b"\\u0000",
    b"\\ud800",
    b"\\udfff",
    b"\\udc00\\ud800",
    b"\\ud83d\\ude00",
    b"\\uFFFF",
    b"\\ufffd",
    b"\\u0008\\f\\r\\n\\t",
    b"\\u2028",
    b"\\u202e",
    b"\\u0301",
    b"\\/",
    b"\\u001b[31m",
    b"\\x41",
    b"\\u{1F600}",
    b"\\",
    b"\\u12",
)
INVISIBLE = "\u200b\u200e\u200f\u202a\u202b\u202d\u202e\u2066\u2067\u2069\ufeff\u00ad\u061c\u180e"


def with_text(source: Source, field: str, text: bytes, is_whole: bool = False) -> bytes:
    """A payment with such a text, alone or after a letter, in a field."""
    literal = b'"' + (b"" if is_whole else b"a") + text + b'"'
    if field == "note":
        return source.good()[:-1] + b',"note":' + literal + b"}"
    return source.raw(field, literal)


def unicode_planes(source: Source) -> Iterator[bytes]:
    """A character of each of the 17 planes, assigned or not, in each text field."""
    for plane, field in itertools.cycle(itertools.product(range(17), TEXTS)):
        point = plane * 0x10000 + source.random.choice((0x80, 0x100, 0xFFFD, 0xFFFE, 0xFFFF))
        yield with_text(source, field, chr(point).encode())
        point = plane * 0x10000 + source.random.randrange(0x80, 0xD800)
        yield with_text(source, field, chr(point).encode(), is_whole=True)


def broken_utf8(source: Source) -> Iterator[bytes]:
    """Bytes that are not UTF-8, overlong forms and encoded surrogates among them."""
    for broken, field in itertools.cycle(itertools.product(BROKEN, TEXTS)):
        yield with_text(source, field, broken)
        value = source.good()
        place = source.random.randrange(len(value))
        yield value[:place] + broken + value[place:]


def escapes(source: Source) -> Iterator[bytes]:
    """Escapes: of NUL, of lone surrogates, wrong ones."""
    for escape, field in itertools.cycle(itertools.product(ESCAPES, TEXTS)):
        yield with_text(source, field, escape)


def control_characters(source: Source) -> Iterator[bytes]:
    """Raw control characters, bidirectional and invisible marks."""
    for number, field in itertools.cycle(itertools.product(range(48), TEXTS)):
        text = chr(number) if number < 32 else INVISIBLE[number % len(INVISIBLE)]
        yield with_text(source, field, text.encode())


def long_texts(source: Source) -> Iterator[bytes]:
    """Texts of a kilobyte to a tenth of a megabyte."""
    for size, field in itertools.cycle(itertools.product((1_000, 10_000, 100_000), TEXTS)):
        yield with_text(
            source, field, source.random.choice((b"x", b" ", b"1", b"}{")) * (size // 2)
        )


def megabytes(source: Source) -> Iterator[bytes]:
    """As long as the broker takes, and longer once unpacked."""
    for field in itertools.cycle(TEXTS):
        yield with_text(source, field, source.random.choice((b"x", b"\\u0000")) * 170_000)
        yield with_text(source, field, b"7" * 1_040_000)
        yield with_text(source, field, b"\xc3\xa4" * 520_000)
        yield with_text(source, field, b"1 " * 2_000_000)


def odd_kafka(source: Source) -> Iterator[Odd]:
    """Keys and headers that are missing, empty, huge, of another card or no text."""
    while True:
        for key in (None, b"", b"\x00", b"\xff\xfe", b"k" * 100_000, b"another-card"):
            yield Odd(source.good(), key)
            yield Odd(source.good()[:-7], key)
            yield Odd(None, key)
        for headers in (
            (("", b""),),
            (("h", None),),
            (("\U0001f600", b"\x00\xff"),),
            (("h", b"x" * 50_000),),
            tuple((f"h{number}", b"") for number in range(500)),
        ):
            yield Odd(source.good(), b"fuzz", headers)
            yield Odd(b"{", b"fuzz", headers)
