"""Rows of a CSV file (RFC 4180), each made of its own lines and of no other row's."""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator

from swipestream.sending.errors import InputFileError
from swipestream.sending.rows import BrokenRow, LineAccount, Row
from swipestream.sending.text_source import LONGEST_LINE, STRAY_BYTE, TextSource

DELIMITERS = (",", ";", "\t", "|")
# The delimiter is detected from the header and this many lines.
LINES_LOOKED_AT = 50
# A quoted text of more lines is taken for a quote that nobody closed.
MOST_LINES = 1_000
# First line of some spreadsheets' files.
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*\Z', re.IGNORECASE)

UNCLOSED = "a quote opens that is not closed"
TOO_LONG = f"the line is longer than {LONGEST_LINE:,} characters"


class _LineTooLongError(Exception):
    """A line that is not kept."""


class _TooManyLinesError(Exception):
    """A row that does not end."""


class _Feed:
    """Lines for the csv module; those that a broken row took can be given back."""

    def __init__(self, lines: Iterator[str | None]) -> None:
        self._lines = lines
        self._again: deque[str | None] = deque()
        # Lines of the row being read, and the number of the first.
        self.taken: list[str] = []
        self.first = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        if line is None:
            if self.taken:
                self._again.appendleft(None)
                raise _TooManyLinesError
            raise _LineTooLongError
        self.taken.append(line)
        if len(self.taken) > MOST_LINES:
            raise _TooManyLinesError
        return line

    def finish(self, lines: int) -> None:
        """Go on behind that many lines of the row; the others are given back."""
        self._again.extendleft(reversed(self.taken[lines:]))
        self.taken.clear()
        self.first += lines


class CsvRows:
    """A CSV file with a header."""

    def __init__(self, source: TextSource, delimiter: str | None = None) -> None:
        """
        :param delimiter: between values; None to tell it from the first lines.
        :raises InputFileError: there is no header, or its quotes do not close.
        """
        self.source = source
        self.account = LineAccount()
        first = next((line for line in source.lines() if line is None or line.strip()), "")
        named = SEPARATOR_LINE.match(first or "")
        self._has_separator_line = named is not None
        self.delimiter = delimiter or (named[1] if named else _found_delimiter(source))
        self.columns = self._header(_Feed(source.lines()))

    def all_columns(self) -> list[str]:
        """Those of the header."""
        return self.columns

    def _header(self, feed: _Feed) -> list[str]:
        self.account = LineAccount()
        has_separator_line = self._has_separator_line
        try:
            for values in csv.reader(feed, delimiter=self.delimiter, strict=True):
                if not "".join(values).strip():
                    self.account.blank += len(feed.taken)
                else:
                    self.account.header += len(feed.taken)
                    if not has_separator_line:
                        feed.finish(len(feed.taken))
                        self.account.lines = self.account.header + self.account.blank
                        return [name.strip() for name in values]
                    has_separator_line = False
                feed.finish(len(feed.taken))
        except (csv.Error, _TooManyLinesError):
            raise InputFileError(
                f"{self.source.path}, line {feed.first}: {UNCLOSED}", "fix the header"
            ) from None
        except _LineTooLongError:
            raise InputFileError(
                f"{self.source.path}, line {feed.first}: {TOO_LONG}", "is it a CSV file?"
            ) from None
        return []

    def rows(self) -> Iterator[Row | BrokenRow]:
        """Each row; afterwards `account` says what became of each line."""
        feed = _Feed(self.source.lines())
        self._header(feed)
        account, columns, width = self.account, self.columns, len(self.columns)
        reader = csv.reader(feed, delimiter=self.delimiter, strict=True)
        while True:
            line = feed.first
            try:
                values = next(reader)
            except StopIteration:
                return
            except _LineTooLongError:
                feed.first += 1
                account.lines += 1
                account.rows += 1
                yield BrokenRow(TOO_LONG, "", line)
                continue
            except (csv.Error, _TooManyLinesError) as error:
                # Only the line in which it begins is spoiled: the next ones are separate rows.
                text = feed.taken[0].rstrip("\r\n")
                reason = _reason(error, len(feed.taken))
                feed.finish(1)
                account.lines += 1
                account.rows += 1
                yield BrokenRow(reason, text, line)
                continue
            taken = len(feed.taken)
            account.lines += taken
            if taken > 1:
                if self._holds_rows(values, feed.taken):
                    # A quote too many in one row and another further down look like one text with
                    # line breaks, and like one row made of two payments.
                    lines = feed.taken[:]
                    feed.finish(taken)
                    account.rows += taken
                    last = line + taken - 1
                    reason = f"a quote opens in line {line} and closes in line {last}, over rows"
                    for number, text in enumerate(lines):
                        yield BrokenRow(reason, text.rstrip("\r\n"), line + number)
                    continue
                account.continued += taken - 1
                account.first_continued = account.first_continued or line
            if not any(values) or (len(values) == 1 and not values[0].strip()):
                account.blank += 1
                feed.finish(taken)
                continue
            account.rows += 1
            text = "".join(feed.taken)
            feed.finish(taken)
            if not text.isascii() and STRAY_BYTE.search(text):
                yield BrokenRow(self.source.bad_text, text.rstrip("\r\n"), line)
            elif len(values) != width:
                yield BrokenRow(
                    f"has {len(values)} values for {width} columns", text.rstrip("\r\n"), line
                )
            else:
                yield Row(dict(zip(columns, values, strict=True)), line)

    def _holds_rows(self, values: list[str], lines: list[str]) -> bool:
        """
        Whether a row of several lines could be several rows: one of its lines, quotes or not, has
        as many values as the header.

        :param values: of the row.
        :param lines: of the row.
        """
        begin, end = 0, len(lines)
        if len(values) == len(self.columns):
            broken = [number for number, value in enumerate(values) if re.search("[\r\n]", value)]
            # These two have that many however short the text is.
            begin += bool(broken) and broken[0] == len(values) - 1
            end -= bool(broken) and broken[-1] == 0
        fewest = len(self.columns) - 1
        return any(line.count(self.delimiter) >= fewest for line in lines[begin:end])


def _reason(error: Exception, lines: int) -> str:
    if "field limit" in str(error) and lines == 1:
        return f"a value is longer than {csv.field_size_limit():,} characters"
    if isinstance(error, _TooManyLinesError) or lines > 1 or "end of data" in str(error):
        return UNCLOSED
    return "a quote closes in the middle of a value"


def _found_delimiter(source: TextSource) -> str:
    """The one that divides the first lines most alike, and into most values."""
    lines: list[str] = []
    for line in source.lines():
        if line and line.strip():
            lines.append(line)
        if len(lines) > LINES_LOOKED_AT:
            break
    best, best_score = DELIMITERS[0], (0, 1)
    for delimiter in DELIMITERS:
        try:
            widths = [
                len(values)
                for values in csv.reader(io.StringIO("".join(lines)), delimiter=delimiter)
            ]
        except csv.Error:
            continue
        if widths and widths[0] > 1:
            score = (sum(width == widths[0] for width in widths), widths[0])
            if score > best_score:
                best, best_score = delimiter, score
    return best
