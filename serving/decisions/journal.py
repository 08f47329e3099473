"""Answers that the database could not keep, on disk until it can."""

import contextlib
import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

Key = tuple[str, str]


class Journal:
    """
    A file of answers, a line of JSON each. An answer is on the disk before it is given.

    It is read at the start and after the database is back, then emptied. A line that a crash left
    unfinished belongs to an answer that was not given.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: dict[Key, dict[str, Any]] = {}
        self._of_cards: defaultdict[str, dict[Key, None]] = defaultdict(dict)
        with contextlib.suppress(FileNotFoundError):
            for line in path.read_bytes().splitlines():
                with contextlib.suppress(orjson.JSONDecodeError):
                    self._take(orjson.loads(line))
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def _take(self, row: dict[str, Any]) -> None:
        key = (row["transaction_id"], row["card_id"])
        self._rows[key] = row
        self._of_cards[row["card_id"]][key] = None

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Mapping[str, Any]) -> None:
        """
        Keep an answer.

        :param row: of the table decisions.
        """
        os.write(self._file, orjson.dumps(dict(row)) + b"\n")
        os.fdatasync(self._file)
        self._take(dict(row))

    def known(self, key: Key) -> dict[str, Any] | None:
        """The row of a payment, if it is here."""
        return self._rows.get(key)

    def of_card(self, card_id: str) -> list[dict[str, Any]]:
        """The rows of a card, in the order in which they came."""
        return [self._rows[key] for key in self._of_cards.get(card_id, ())]

    def rows(self) -> list[dict[str, Any]]:
        """What waits for the database."""
        return list(self._rows.values())

    def forget(self, rows: list[dict[str, Any]]) -> None:
        """
        Take out what the database has now.

        :param rows: as `rows` gave them.
        """
        for row in rows:
            key = (row["transaction_id"], row["card_id"])
            if self._rows.get(key) == row:
                del self._rows[key]
                del self._of_cards[row["card_id"]][key]
                if not self._of_cards[row["card_id"]]:
                    del self._of_cards[row["card_id"]]
        if not self._rows:
            os.ftruncate(self._file, 0)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)
