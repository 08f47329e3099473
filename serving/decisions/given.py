"""The newest answers of this process, so that a repeated request needs no database for its own."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

# About 3 kB each.
MOST = 20_000

Key = tuple[str, str]


@dataclass(frozen=True)
class Given:
    """
    An answer.

    :param request_hash: of the request that got it.
    """

    request_hash: str
    content: bytes

    @property
    def answer(self) -> dict[str, Any]:
        """As it was given."""
        found: dict[str, Any] = orjson.loads(self.content)
        return found


class GivenAnswers:
    """The answers that were given or asked for last; the others are forgotten."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._answers: OrderedDict[Key, Given] = OrderedDict()

    def __len__(self) -> int:
        return len(self._answers)

    def note(self, key: Key, request_hash: str, answer: Mapping[str, Any]) -> None:
        """
        Keep an answer that is given now.

        :param key: transaction_id and card_id.
        """
        self._answers[key] = Given(request_hash, orjson.dumps(dict(answer)))
        self._answers.move_to_end(key)
        if len(self._answers) > self._most:
            self._answers.popitem(last=False)

    def known(self, key: Key) -> Given | None:
        """The answer of a payment, if it is here."""
        found = self._answers.get(key)
        if found is not None:
            self._answers.move_to_end(key)
        return found
