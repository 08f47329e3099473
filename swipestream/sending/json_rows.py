"""Rows of JSON: one object a line, a list of objects, or objects one after the other."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from swipestream.sending.errors import InputFileError
from swipestream.sending.rows import BrokenRow, LineAccount, Row
from swipestream.sending.text_source import CHUNK, LONGEST_LINE, STRAY_BYTE, TextSource

# Keys to tell the mapping by are looked for in this many lines; rows have theirs wherever they are.
LINES_FOR_KEYS = 100
NOT_SPACE = re.compile(r"[^ \t\r\n]")
TOO_LONG = f"is longer than {LONGEST_LINE:,} characters"


class JsonLines:
    """A file with one object in each line."""

    def __init__(self, source: TextSource) -> None:
        """:raises InputFileError: not readable, or damaged."""
        self.source = source
        self.account = LineAccount()
        self.columns = self._keys(LINES_FOR_KEYS)

    def all_columns(self) -> list[str]:
        """Keys of the whole file."""
        return self._keys(None)

    def _keys(self, most: int | None) -> list[str]:
        keys: dict[str, None] = {}
        for number, row in enumerate(self.rows()):
            if number == most:
                break
            if isinstance(row, Row):
                keys.update(dict.fromkeys(key for key, _ in dotted(row.values)))
        return list(keys)

    def rows(self) -> Iterator[Row | BrokenRow]:
        """Each row; afterwards `account` says what became of each line."""
        self.account = account = LineAccount()
        for number, line in enumerate(self.source.lines(), start=1):
            account.lines += 1
            if line is not None and not line.strip():
                account.blank += 1
                continue
            account.rows += 1
            if line is None:
                yield BrokenRow(f"the line {TOO_LONG}", "", number)
                continue
            text = line.rstrip("\r\n")
            if not text.isascii() and STRAY_BYTE.search(text):
                yield BrokenRow(self.source.bad_text, text, number)
                continue
            try:
                row = json.loads(text)
            except (ValueError, RecursionError):
                yield BrokenRow("not JSON", text, number)
                continue
            if isinstance(row, dict):
                yield Row(row, number)
            else:
                yield BrokenRow("not a JSON object", text, number)


class JsonValues:
    """A file with a list of objects, or with objects that go over several lines."""

    def __init__(self, source: TextSource) -> None:
        """
        Read it to its end: what is wrong with its form is known before a row is used.

        :raises InputFileError: not JSON from some line on.
        """
        self.source = source
        self.account = LineAccount()
        keys: dict[str, None] = {}
        for row in self.rows():
            if isinstance(row, Row):
                keys.update(dict.fromkeys(key for key, _ in dotted(row.values)))
        self.columns = list(keys)

    def all_columns(self) -> list[str]:
        """Keys of the whole file."""
        return self.columns

    def rows(self) -> Iterator[Row | BrokenRow]:
        """
        Each row.

        :raises InputFileError: not JSON from some line on.
        """
        with self.source.open() as stream:
            window = _Window(self.source, stream)
            is_list = window.next_character() == "["
            if is_list:
                window.take(1)
            is_first = True
            while True:
                character = window.next_character()
                if is_list and character == "]":
                    window.take(1)
                    if window.next_character():
                        raise window.error("the file has more text after its list")
                    return
                if not character:
                    if is_list:
                        raise window.error("the list does not end")
                    return
                if is_list and not is_first:
                    if character != ",":
                        raise window.error("not JSON: a comma is missing")
                    window.take(1)
                    window.next_character()
                is_first = False
                line = window.line
                value, text = window.value()
                if not text.isascii() and STRAY_BYTE.search(text):
                    yield BrokenRow(self.source.bad_text, text, line)
                elif isinstance(value, dict):
                    yield Row(value, line)
                else:
                    yield BrokenRow("not a JSON object", text, line)


class _Window:
    """The part of a text that is being looked at."""

    def __init__(self, source: TextSource, stream: Any) -> None:
        self._source, self._stream = source, stream
        self._text, self._at, self._is_end = "", 0, False
        self._decoder = json.JSONDecoder()
        self.line = 1

    def error(self, fact: str) -> InputFileError:
        """With file and line."""
        return InputFileError(
            f"{self._source.path}, line {self.line}: {fact}",
            "write a list of objects, or one object a line",
        )

    def _more(self) -> bool:
        chunk = "" if self._is_end else self._stream.read(CHUNK)
        self._is_end = not chunk
        self._text, self._at = self._text[self._at :] + chunk, 0
        return bool(chunk)

    def take(self, characters: int) -> None:
        """Go on."""
        end = self._at + characters
        self.line += self._text.count("\n", self._at, end)
        self._at = end

    def next_character(self) -> str:
        """The next character that is not a space, where the window then begins; "" at the end."""
        while True:
            found = NOT_SPACE.search(self._text, self._at)
            self.take((found.start() if found else len(self._text)) - self._at)
            if found:
                return found[0]
            if not self._more():
                return ""

    def value(self) -> tuple[Any, str]:
        """The value here, and its text."""
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except RecursionError:
                raise self.error("not JSON: nested too deeply") from None
            except ValueError as error:
                if len(self._text) - self._at > LONGEST_LINE:
                    raise self.error(f"not JSON, or an object that {TOO_LONG}") from None
                if not self._more():
                    reason = getattr(error, "msg", "a number is too long")
                    raise self.error(f"not JSON: {reason.lower()}") from None
                continue
            # A number may go on behind the window.
            if end == len(self._text) and not isinstance(value, dict | list | str) and self._more():
                continue
            text = self._text[self._at : end]
            self.take(end - self._at)
            return value, text


def dotted(row: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Keys and values of an object, those of objects inside as `outer.inner`."""
    for key, value in row.items():
        if isinstance(value, dict) and value:
            yield from dotted(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def is_json_lines(source: TextSource) -> bool:
    """Whether each line is one object, among the first ones."""
    lines = itertools.islice(source.lines(), LINES_FOR_KEYS)
    for line in lines:
        if line is None:
            return True
        try:
            # An object of a list, written over several lines, is indented.
            if line.startswith("{") and isinstance(json.loads(line), dict):
                return True
        except (ValueError, RecursionError):
            continue
    return False
