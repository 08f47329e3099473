"""Whether an answer of the API and the stream's row of the same payment say the same."""

from collections.abc import Mapping
from typing import Any

from swipestream.verify.parity.columns import RECOMPUTED, TAKEN
from swipestream.verify.parity.comparison import SCORE_TOLERANCE

# What the stream stores of a payment beyond what was sent, in the order of the table.
HISTORY_FEATURES = tuple(RECOMPUTED)
LOOKED_UP = tuple(TAKEN)
FEATURES = (*LOOKED_UP, *HISTORY_FEATURES)
# The last digits of a distance depend on who computes it.
RELATIVE = 1e-9


def differing(answer: Mapping[str, Any], stored: Mapping[str, Any]) -> list[str]:
    """
    Where the two differ.

    :param answer: of the API, with its features.
    :param stored: the row of scored_payments.
    :return: names of features, `score`, `decision`.
    """
    features = answer["features"]
    names = [name for name in FEATURES if not is_same(features.get(name), stored[name], RELATIVE)]
    if not is_same(answer["score"], stored["score"], 0.0, SCORE_TOLERANCE):
        names.append("score")
    if answer["decision"] != stored["decision"]:
        names.append("decision")
    return names


def is_same(one: Any, other: Any, relative: float, absolute: float = 0.0) -> bool:
    """Whether two values are equal, or two numbers nearly so; NULL is equal to NULL only."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= max(absolute, relative * max(abs(one), abs(other)))
    return bool(one == other)
