"""Answers that the database could not keep, on disk until it can."""

import contextlib
import errno
import os
import threading
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson

Key = tuple[str, str]


class Journal:
    """
    A file of answers, a line of JSON each. An answer is on the disk before it is given.

    It is read at the start and after the database is back, then emptied. A line that a crash left
    unfinished belongs to an answer that was not given.

    `add` and `forget` wait for the disk and may be called in `thread`, which is the journal's own:
    no answer waits behind somebody else's work. Everything else returns at once.
    """

    def __init__(self, path: Path) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        # Of the file and what is known of it; held while the disk is written.
        self._writing = threading.Lock()
        # Of what is in memory only.
        self._lock = threading.Lock()
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
        with self._lock:
            self._rows[key] = row
            self._of_cards[row["card_id"]][key] = None

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Mapping[str, Any]) -> None:
        """
        Keep an answer.

        :param row: of the table decisions.
        :raises OSError: it is not on the disk, which may be full.
        """
        # The line before may be an unfinished one, which must not take this one with it.
        line = b"\n" + orjson.dumps(dict(row)) + b"\n"
        with self._writing:
            if os.write(self._file, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
            os.fdatasync(self._file)
            self._take(dict(row))

    def known(self, key: Key) -> dict[str, Any] | None:
        """The row of a payment, if it is here."""
        return self._rows.get(key)

    def of_card(self, card_id: str) -> list[dict[str, Any]]:
        """The rows of a card, in the order in which they came."""
        with self._lock:
            return [self._rows[key] for key in self._of_cards.get(card_id, ())]

    def rows(self) -> list[dict[str, Any]]:
        """What waits for the database."""
        with self._lock:
            return list(self._rows.values())

    def forget(self, rows: list[dict[str, Any]]) -> None:
        """
        Take out what the database has now.

        :param rows: as `rows` gave them.
        """
        with self._writing:
            with self._lock:
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
        """Let go of the file, after what is being written."""
        self.thread.shutdown()
        os.close(self._file)
