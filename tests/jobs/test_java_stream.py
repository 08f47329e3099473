"""One string of a serialized Java object is replaced without a JVM."""

import pytest

from swipestream.jobs.java_stream import HEADER, JavaStream, StreamError


def text(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value


def reference(number: int) -> bytes:
    return b"\x71" + (0x7E0000 + number).to_bytes(4, "big")


def holder(name: bytes, note: bytes, other: bytes) -> bytes:
    """A Holder with a long `id` and the strings `name`, `note` and `other`."""
    description = (
        b"\x72" + text(b"Holder") + bytes(8) + b"\x02" + (4).to_bytes(2, "big")
        + b"J" + text(b"id")
        + b"L" + text(b"name") + b"\x74" + text(b"Ljava/lang/String;")
        + b"L" + text(b"note") + reference(1)
        + b"L" + text(b"other") + reference(1)
        + b"\x78\x70"
    )  # fmt: skip
    return HEADER + b"\x73" + description + bytes(7) + b"\x05" + name + note + other


# Numbers in the stream: 0 the class, 1 the field's type, 2 the object, then its strings.
STRING = b"\x74" + text(b"before")
NULL = b"\x70"


def test_a_string_is_replaced_by_a_longer_one() -> None:
    changed = JavaStream(holder(STRING, NULL, reference(3))).with_string(
        "Holder", "name", "after!!"
    )
    assert changed == holder(b"\x74" + text(b"after!!"), NULL, reference(3))


def test_letters_of_any_script_are_written_as_java_writes_them() -> None:
    changed = JavaStream(holder(STRING, NULL, NULL)).with_string("Holder", "name", "ö東😀")
    # The last is beyond 16 bits: Java writes its two halves, of three bytes each.
    written = b"\xc3\xb6" + b"\xe6\x9d\xb1" + b"\xed\xa0\xbd\xed\xb8\x80"
    assert changed == holder(b"\x74" + text(written), NULL, NULL)


def test_a_new_string_moves_the_numbers_after_it() -> None:
    changed = JavaStream(holder(NULL, STRING, reference(3))).with_string("Holder", "name", "new")
    assert changed == holder(b"\x74" + text(b"new"), STRING, reference(4))
    assert JavaStream(changed).places["Holder", "other"].handles == 5


def test_numbers_before_it_stay() -> None:
    changed = JavaStream(holder(STRING, NULL, reference(3))).with_string("Holder", "note", "new")
    assert changed == holder(STRING, b"\x74" + text(b"new"), reference(3))


def test_a_number_is_replaced() -> None:
    changed = JavaStream(holder(NULL, NULL, NULL)).with_bytes("Holder", "id", bytes(7) + b"\x09")
    assert changed == holder(NULL, NULL, NULL).replace(bytes(7) + b"\x05", bytes(7) + b"\x09")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        holder(NULL, NULL, b""),
        holder(NULL, NULL, b"\x00"),
        holder(NULL, NULL, reference(99)),
        holder(NULL, NULL, NULL) + b"\x70",
    ],
)
def test_error_what_cannot_be_followed(data: bytes) -> None:
    with pytest.raises(StreamError):
        JavaStream(data)


def test_error_no_such_field() -> None:
    with pytest.raises(StreamError, match=r"no Holder\.colour"):
        JavaStream(holder(NULL, NULL, NULL)).with_string("Holder", "colour", "red")


def test_error_a_string_too_long_for_the_format() -> None:
    with pytest.raises(StreamError, match="of 65536 bytes"):
        JavaStream(holder(STRING, NULL, NULL)).with_string("Holder", "name", "x" * 65536)


def test_a_string_that_is_mentioned_twice_changes_for_both() -> None:
    changed = JavaStream(holder(STRING, NULL, reference(3))).with_string("Holder", "other", "x")
    assert changed == holder(b"\x74" + text(b"x"), NULL, reference(3))


def test_error_a_mention_of_what_is_no_string() -> None:
    with pytest.raises(StreamError, match="holds no string"):
        JavaStream(holder(STRING, NULL, reference(2))).with_string("Holder", "other", "x")
