"""The text of a file: unpacked, decoded, in lines of a bounded length."""

import codecs
import gzip
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from swipestream.sending.errors import InputFileError

# Kafka's brokers accept messages up to 1 MiB by default; a longer line is not a payment.
LONGEST_LINE = 1_048_576
CHUNK = 1 << 18
GZIP_MARK = b"\x1f\x8b"
# The longer marks first: UTF-32's begins like UTF-16's.
MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
# A byte that is not text in the file's encoding is decoded as one of these, in any encoding:
# Python's own surrogateescape knows bytes from 0x80 only.
STRAY_BYTE = re.compile("[\udc00-\udcff]")
DECODED = re.compile("[^\x00-\x7f\udc00-\udcff]")
STRAY = "swipestream.stray_byte"
# What is taken if a file is not UTF-8: Windows' western code page, as most spreadsheets write.
FALLBACK = "cp1252"


def _stray_bytes(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    strays = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in strays), error.end


codecs.register_error(STRAY, _stray_bytes)


class TextSource:
    """A text file, packed or not; may be read more than once."""

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        """
        :param encoding: a name that Python knows; None to find out, which reads the whole file.
        :raises InputFileError: not readable, damaged, or no text.
        """
        self.path = path
        self._raw: IO[bytes] | None = None
        with path.open("rb") as stream:
            self.is_gzip = stream.read(2) == GZIP_MARK
        # Whether the encoding is a guess.
        self.is_guess = False
        if encoding:
            try:
                "".encode(encoding)
            except LookupError:
                raise InputFileError(
                    f"{encoding} is not an encoding", "name one such as utf-8, cp1252 or shift_jis"
                ) from None
        self.encoding = encoding or self._found_encoding()

    @property
    def bad_text(self) -> str:
        """What is wrong with a row that has a stray byte."""
        return f"is not text in {self.encoding}"

    def head(self, size: int = 4096) -> bytes:
        """The first bytes, unpacked."""
        with self._bytes() as stream:
            return stream.read(size)

    def _bytes(self) -> IO[bytes]:
        self._raw = raw = self.path.open("rb")
        if self.is_gzip:
            stream: Any = gzip.GzipFile(fileobj=raw)
            return io.BufferedReader(stream, CHUNK)
        return raw

    def open(self) -> io.TextIOWrapper:
        """The text from its beginning; line ends stay as they are."""
        return self._decoded(self.encoding)

    def _decoded(self, encoding: str) -> io.TextIOWrapper:
        # A bad byte spoils its row, not the file.
        return io.TextIOWrapper(self._bytes(), encoding=encoding, errors=STRAY, newline="")

    def lines(self) -> Iterator[str | None]:
        """Each line with its end; None for one that is longer than LONGEST_LINE characters."""
        with self.open() as stream:
            while line := stream.readline(LONGEST_LINE + 1):
                if len(line) <= LONGEST_LINE:
                    yield line
                    continue
                while line and line[-1] not in "\r\n":
                    line = stream.readline(LONGEST_LINE)
                yield None

    def progress(self) -> tuple[int, int]:
        """How many bytes of how many have been read."""
        done = self._raw.tell() if self._raw and not self._raw.closed else 0
        return done, self.path.stat().st_size

    def _found_encoding(self) -> str:
        head = self.head()
        for mark, encoding in MARKS:
            if head.startswith(mark):
                return encoding
        if b"\x00" in head:
            # Without a mark, every second byte of text in a European language is zero.
            zeros = (head[0::2].count(0), head[1::2].count(0))
            if max(zeros) > len(head) * 0.3 and min(zeros) < len(head) * 0.05:
                return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
            raise InputFileError(
                f"{self.path} is of no known format", "name a CSV, JSON or Parquet file"
            )
        strays: set[str] = set()
        with self._decoded("utf-8") as stream:
            while chunk := stream.read(CHUNK):
                if chunk.isascii():
                    continue
                if DECODED.search(chunk):
                    return "utf-8"
                strays.update(STRAY_BYTE.findall(chunk))
        if not strays:
            return "utf-8"
        try:
            bytes(ord(stray) - 0xDC00 for stray in strays).decode(FALLBACK)
        except UnicodeDecodeError:
            raise InputFileError(
                f"{self.path} is neither UTF-8 nor {FALLBACK}",
                "name its encoding with --encoding, such as --encoding shift_jis",
            ) from None
        self.is_guess = True
        return FALLBACK
