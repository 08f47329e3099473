"""Just enough of Java's serialization format to give one string field of an object another value.

The format has no lengths and no checksums around objects, but it counts them, and a later mention
of an object is its number. So a string put where there was none moves all numbers after it. The
grammar is that of the Java Object Serialization Specification, chapter 6.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

NULL, REFERENCE, CLASS_DESCRIPTION, OBJECT, STRING, ARRAY, CLASS = range(0x70, 0x77)
BLOCK_DATA, END_BLOCK_DATA, RESET, LONG_BLOCK_DATA = 0x77, 0x78, 0x79, 0x7A
LONG_STRING, PROXY_DESCRIPTION, ENUM = 0x7C, 0x7D, 0x7E
HEADER = b"\xac\xed\x00\x05"
FIRST_HANDLE = 0x7E0000
HAS_WRITE_METHOD, IS_SERIALIZABLE, IS_EXTERNALIZABLE, HAS_BLOCK_DATA = 1, 2, 4, 8
WIDTHS = {"B": 1, "C": 2, "D": 8, "F": 4, "I": 4, "J": 8, "S": 2, "Z": 1}


class StreamError(Exception):
    """The bytes are not a serialized object that can be followed to its end."""


@dataclass
class Description:
    """A class as the stream describes it."""

    name: str
    flags: int = 0
    fields: list[tuple[str, str]] = field(default_factory=list)  # type code, name
    parent: "Description | None" = None


@dataclass(frozen=True)
class Place:
    """Where a field's value is."""

    begin: int
    end: int
    # Objects numbered before it.
    handles: int


class JavaStream:
    """
    One serialized object.

    :param data: the whole stream.
    :raises StreamError: it does not follow the grammar to its last byte.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        # (class, field) -> its value in the first object of that class
        self.places: dict[tuple[str, str], Place] = {}
        self._references: list[int] = []
        # By number, the strings.
        self._strings: dict[int, Place] = {}
        self._handles: list[Description | None] = []
        self._at = len(HEADER)
        if not data.startswith(HEADER):
            raise StreamError("not a Java stream")
        try:
            self._content()
        except (struct.error, IndexError, KeyError, UnicodeDecodeError, RecursionError) as error:
            raise StreamError(f"not followed beyond byte {self._at}: {error!r}") from None
        if self._at != len(data):
            raise StreamError(f"ends at byte {self._at} of {len(data)}")

    def with_string(self, class_name: str, field_name: str, text: str) -> bytes:
        """
        The same object with another string, or its first one, in a field.

        A string that other fields mention too changes for them as well: it is one object.

        :raises StreamError: no such field, or it holds no string.
        """
        place = self._place(class_name, field_name)
        if self.data[place.begin] == REFERENCE:
            (number,) = struct.unpack_from(">I", self.data, place.begin + 1)
            place = self._strings.get(number - FIRST_HANDLE, place)
        kind = self.data[place.begin]
        if kind not in (NULL, STRING):
            raise StreamError(f"{class_name}.{field_name} holds no string")
        new = modified_utf8(text)
        if len(new) > 0xFFFF:
            raise StreamError(f"a string of {len(new)} bytes is too long")
        changed = bytearray(self.data)
        if kind == NULL:
            for at in self._references:
                (handle,) = struct.unpack_from(">I", self.data, at)
                if handle - FIRST_HANDLE >= place.handles:
                    struct.pack_into(">I", changed, at, handle + 1)
        changed[place.begin : place.end] = bytes([STRING]) + struct.pack(">H", len(new)) + new
        return bytes(changed)

    def with_bytes(self, class_name: str, field_name: str, value: bytes) -> bytes:
        """
        The same object with another number in a field.

        :param value: as many bytes as the number has, big end first.
        :raises StreamError: no such field, or of another width.
        """
        place = self._place(class_name, field_name)
        if place.end - place.begin != len(value):
            raise StreamError(f"{class_name}.{field_name} has {place.end - place.begin} bytes")
        return self.data[: place.begin] + value + self.data[place.end :]

    def _place(self, class_name: str, field_name: str) -> Place:
        place = self.places.get((class_name, field_name))
        if place is None:
            raise StreamError(f"there is no {class_name}.{field_name}")
        return place

    def _take(self, layout: str) -> int:
        (value,) = struct.unpack_from(">" + layout, self.data, self._at)
        self._at += struct.calcsize(">" + layout)
        return int(value)

    def _skip(self, count: int) -> bytes:
        if count < 0 or self._at + count > len(self.data):
            raise StreamError(f"cut off at byte {self._at}")
        self._at += count
        return self.data[self._at - count : self._at]

    def _text(self) -> str:
        return self._skip(self._take("H")).decode()

    def _number(self, description: Description | None = None) -> None:
        self._handles.append(description)

    def _content(self) -> Description | None:
        """:return: the class, if the content is a description of one."""
        kind = self._take("B")
        if kind == REFERENCE:
            self._references.append(self._at)
            return self._handles[self._take("I") - FIRST_HANDLE]
        if kind == CLASS_DESCRIPTION:
            return self._description()
        if kind == PROXY_DESCRIPTION:
            return self._proxy()
        readers: dict[int, Callable[[], None]] = {
            NULL: lambda: None,
            OBJECT: self._object,
            STRING: lambda: self._string("H"),
            LONG_STRING: lambda: self._string("Q"),
            ARRAY: self._array,
            CLASS: self._class,
            ENUM: self._enum,
            BLOCK_DATA: lambda: void(self._skip(self._take("B"))),
            LONG_BLOCK_DATA: lambda: void(self._skip(self._take("I"))),
            RESET: self._reset,
        }
        if kind not in readers:
            raise StreamError(f"byte {self._at - 1} is {kind:#x}")
        readers[kind]()
        return None

    def _description(self) -> Description:
        description = Description(self._text())
        self._skip(8)
        self._number(description)
        description.flags = self._take("B")
        for _ in range(self._take("H")):
            code, name = chr(self._take("B")), self._text()
            if code in "[L":
                self._content()
            description.fields.append((code, name))
        self._annotations()
        description.parent = self._content()
        return description

    def _proxy(self) -> Description:
        description = Description("", IS_SERIALIZABLE)
        self._number(description)
        for _ in range(self._take("I")):
            self._text()
        self._annotations()
        description.parent = self._content()
        return description

    def _annotations(self) -> None:
        while self.data[self._at] != END_BLOCK_DATA:
            self._content()
        self._at += 1

    def _known(self) -> Description:
        description = self._content()
        if description is None:
            raise StreamError(f"no class before byte {self._at}")
        return description

    def _object(self) -> None:
        description: Description | None = self._known()
        self._number()
        lineage: list[Description] = []
        while description is not None:
            lineage.insert(0, description)
            description = description.parent
        for level in lineage:
            if level.flags & IS_EXTERNALIZABLE:
                if not level.flags & HAS_BLOCK_DATA:
                    raise StreamError(f"{level.name} has a form of its own")
                self._annotations()
                continue
            for code, name in level.fields:
                begin, handles = self._at, len(self._handles)
                self._value(code)
                place = Place(begin, self._at, handles)
                self.places.setdefault((level.name, name), place)
            if level.flags & HAS_WRITE_METHOD:
                self._annotations()

    def _value(self, code: str) -> None:
        if code in "[L":
            self._content()
        else:
            self._skip(WIDTHS[code])

    def _string(self, length: str) -> None:
        number, begin = len(self._handles), self._at - 1
        self._number()
        self._skip(self._take(length))
        self._strings[number] = Place(begin, self._at, number)

    def _reset(self) -> None:
        self._handles.clear()
        self._strings.clear()

    def _array(self) -> None:
        code = self._known().name[1]
        self._number()
        count = self._take("I")
        if code in WIDTHS:
            self._skip(count * WIDTHS[code])
            return
        for _ in range(count):
            self._content()

    def _class(self) -> None:
        self._content()
        self._number()

    def _enum(self) -> None:
        self._content()
        self._number()
        self._content()


def modified_utf8(text: str) -> bytes:
    """As Java serializes it: a character beyond 16 bits is two of 3 bytes each."""
    units = memoryview(text.encode("utf-16-le")).cast("H")
    encoded = "".join(map(chr, units)).encode("utf-8", "surrogatepass")
    return encoded.replace(b"\0", b"\xc0\x80")


def void(_: object) -> None:
    """Ignore an object."""
