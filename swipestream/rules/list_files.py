"""Files of list entries: a value a line, and if it expires, when."""

import csv
from datetime import UTC, datetime
from pathlib import Path

from swipestream.rules.changing import check_entry
from udfs.rule_set import RuleError

HEADER = ("value", "expires")


def read_entries(path: Path, expires_ms: int | None = None) -> dict[str, int | None]:
    """
    The entries of a file.

    :param path: CSV in UTF-8: a value, and after a comma optionally a moment such as 2030-01-31 or
        2030-01-31T12:30, UTC. A first line `value,expires` is a header; empty lines do not count.
    :param expires_ms: of entries that do not say it themselves; None: never.
    :raises RuleError: it cannot be read, or a line has no usable entry; names the line.
    """
    found: dict[str, int | None] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for number, row in enumerate(csv.reader(lines), start=1):
                parts = [part.strip() for part in row]
                if not any(parts) or (number == 1 and tuple(parts) in (HEADER, HEADER[:1])):
                    continue
                try:
                    value, expires = _entry(parts, expires_ms)
                except RuleError as error:
                    raise RuleError(f"{path}, line {number}: {error.fact}", error.hint) from None
                found[value] = expires
    except OSError as error:
        raise RuleError(f"{path} cannot be read: {error.strerror}", "name a text file") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise RuleError(f"{path} is not text in UTF-8: {error}", "save it as CSV, UTF-8") from None
    if not found:
        raise RuleError(f"{path} has no entry", "write a value a line")
    return found


def _entry(parts: list[str], expires_ms: int | None) -> tuple[str, int | None]:
    if len(parts) > len(HEADER):
        raise RuleError(f"{len(parts)} columns", "write `value` or `value,expires`")
    check_entry(parts[0])
    if len(parts) == 1 or not parts[1]:
        return parts[0], expires_ms
    try:
        moment = datetime.fromisoformat(parts[1])
    except ValueError:
        raise RuleError(
            f"{parts[1]!r:.40} is not a moment", "write 2030-01-31 or 2030-01-31T12:30, UTC"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return parts[0], round(moment.timestamp() * 1000)
