"""Messages that are not JSON, nearly JSON, or more than one JSON."""

import itertools
from collections.abc import Iterator

from tests.pipeline.fuzz.source import Source, encoded


def truncated(source: Source) -> Iterator[bytes]:
    """Cut off at every point, from the front and from the back."""
    for cut in itertools.count():
        value = source.good()
        yield value[: cut // 2 % len(value)] if cut % 2 else value[cut // 2 % len(value) :]


def one_byte_wrong(source: Source) -> Iterator[bytes]:
    """A byte changed, taken out or put in somewhere."""
    while True:
        value = bytearray(source.good())
        place = source.random.randrange(len(value))
        match source.random.randrange(3):
            case 0:
                value[place] = source.random.randrange(256)
            case 1:
                del value[place]
            case _:
                value.insert(place, source.random.randrange(256))
        yield bytes(value)


def nearly_json(source: Source) -> Iterator[bytes]:
    """What lenient readers forgive."""
    while True:
        value = source.good()
        yield value.replace(b"{", b"{{").replace(b"}", b"}}")
        yield value[:-1] + b",}"
        yield value[:-1] + b",,}"
        yield b"/* a payment */" + value
        yield value + b"// a payment"
        yield b"# a payment\n" + value
        yield value.replace(b'"', b"'")
        yield value.replace(b'"currency"', b"currency")
        yield value.replace(b":", b"=")
        yield value.replace(b'"EUR"', b"EUR")
        yield value.replace(b"null", b"None").replace(b"null", b"undefined")
        yield value.replace(b'"', b'\\"')
        yield b'"' + value.replace(b'"', b'\\"') + b'"'
        yield value.replace(b'"EUR"', b'"E\tUR"')
        yield value.replace(b'"EUR"', b'"EUR","note":"a\nb"')
        yield value.replace(b'"EUR"', b'"EUR","note":"a\x01b"')
        yield value.replace(b'"EUR"', b'"E\\qUR"')
        yield value.replace(b'"EUR"', b'"\\u00"')


def wrapped(source: Source) -> Iterator[bytes]:
    """Marks of encoding, white space and other wrapping around a good payment."""
    while True:
        value = source.good()
        text = value.decode()
        yield b"\xef\xbb\xbf" + value
        yield text.encode("utf-16")
        yield text.encode("utf-16-le")
        yield text.encode("utf-16-be")
        yield text.encode("utf-32")
        yield b" \t\r\n" + value + b" \r\n\t"
        yield b"\x00" + value
        yield value + b"\x00"
        yield b"\x0b" + value
        yield b"\xc2\xa0" + value
        yield value + b"\xe2\x80\xa8"
        yield b"\x1e" + value + b"\n"
        yield b")]}',\n" + value
        yield b"\x00\x00\x00\x00\x07" + value
        yield b"data: " + value + b"\n\n"
        yield b"payment(" + value + b")"


def several(source: Source) -> Iterator[bytes]:
    """More than one thing in a message."""
    while True:
        one, two = source.good(), source.good()
        for between in (b"", b"\n", b" ", b",", b"\x00", b";", b"null", b"x", b"[", b"\x1e", b"]"):
            yield one + between + two
        yield one + b"[" + two + b"]"
        yield one + b"1"
        yield one + b"}"
        yield one + b"]"
        yield one + b"null"
        yield one + b"garbage"
        yield b"null" + one
        yield b"{}" + one
        yield one + b"{}"
        yield b'{"note":"}{"}'
        yield encoded(source.payment(note="} {"))
        yield encoded(source.payment(note="}, {"))


def lists(source: Source) -> Iterator[bytes]:
    """Lists, with payments and other things in them."""
    while True:
        one, two = source.good(), source.good()
        yield b"[]"
        yield b"[" + one + b"]"
        yield b"[" + one + b"," + two + b"]"
        yield b"[[" + one + b"]]"
        yield b"[null," + one + b',7,"x",true]'
        yield b"[" + one + b",{},[]]"
        yield b"[" + one + b"," + two[: source.random.randrange(len(two))]
        yield b"[" + one + b"]" + two
        yield b"[" + one + b"," + one + b"]"
        yield b"[" + b",".join(source.good() for _ in range(5)) + b"]"


def scalars(source: Source) -> Iterator[bytes | None]:
    """JSON that is not an object, and nothing at all."""
    while True:
        yield None
        yield b""
        yield from (b" ", b"\n", b"null", b"true", b"false", b"0", b"-0", b"1e400", b'""', b'"x"')
        yield from (b"NaN", b"Infinity", b"-Infinity", b"1" * 400, b"{}", b"{}{}", b"\x00", b"\xff")


def nested(source: Source) -> Iterator[bytes]:
    """Deep nesting, in a field nobody reads, in one that is read, and by itself."""
    for depth in itertools.cycle((10, 100, 500, 990, 999, 1000, 1001, 2000, 5000)):
        arrays = b"[" * depth + b"]" * depth
        objects = b'{"a":' * depth + b"1" + b"}" * depth
        yield source.raw("device_id", arrays)
        yield source.raw("amount_cents", objects)
        yield source.raw("latitude", arrays)
        yield source.good()[:-1] + b',"more":' + arrays + b"}"
        yield source.good()[:-1] + b',"more":' + objects + b"}"
        yield b"[" * depth + source.good() + b"]" * depth
        yield objects
        yield objects[:-1]
        yield b'{"payment":' * depth + source.good() + b"}" * depth
