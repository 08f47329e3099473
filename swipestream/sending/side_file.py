"""The side file: rows that could not be sent, each with its number and the reason."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from swipestream.card_numbers import masked
from swipestream.sending.errors import InputFileError

HIDDEN = "****"
LONGEST_VALUE = 200


class SideFile:
    """Made when the first row is refused; holds no card number."""

    def __init__(self, path: Path, card_columns: set[str]) -> None:
        """
        :param path: replaced if it exists.
        :param card_columns: columns whose values are not shown at all.
        """
        self.path = path
        self.card_columns = card_columns
        self.reasons: Counter[str] = Counter()
        # Where each reason was met first.
        self.first_places: dict[str, dict[str, str | int]] = {}
        self._stream: IO[str] | None = None

    @property
    def count(self) -> int:
        """Rows refused so far."""
        return self.reasons.total()

    def add(
        self,
        row: int,
        reason: str,
        values: Mapping[str, Any] | str,
        place: Mapping[str, str | int] | None = None,
    ) -> None:
        """
        Write one row.

        :param row: its number in the file, from 1, the header not counted.
        :param values: by column, or the line as it is.
        :param place: its line, and its file if there are several.
        :raises InputFileError: the side file cannot be written.
        """
        self.reasons[reason] += 1
        place = dict(place or {})
        self.first_places.setdefault(reason, place)
        if isinstance(values, str):
            # Masked first: half a card number would no longer look like one.
            shown: Any = masked(values)[: LONGEST_VALUE * 5]
        else:
            shown = {masked(name): self._shown(name, value) for name, value in values.items()}
        entry = {**place, "row": row, "reason": reason, "values": shown}
        line = json.dumps(entry, ensure_ascii=False)
        try:
            if self._stream is None:
                self._stream = self.path.open("w", encoding="utf-8", errors="replace")
            self._stream.write(line + "\n")
        except OSError as error:
            raise InputFileError(
                f"{self.path} cannot be written: {error.strerror}", "name another with --rejects"
            ) from None

    def _shown(self, name: str, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if name in self.card_columns:
            return HIDDEN
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        return masked(text)[:LONGEST_VALUE]

    def restart(self) -> None:
        """Forget all rows: the file is read again."""
        self.close()
        self._stream = None
        self.reasons.clear()
        self.first_places.clear()

    def close(self) -> None:
        """Finish the file."""
        if self._stream is not None:
            self._stream.close()
