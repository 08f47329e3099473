"""A decision policy written as a file, to try it before it is in force."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from swipestream.models.decision_policy import CHANNELS, COLUMNS, PolicyError

KEYS = tuple(name for name in COLUMNS if name not in ("channel", "version"))
SCORES = ("review_score", "block_score")
_HELP = "see docs/backtest.md"


def read_policy(path: Path, thresholds: Mapping[str, float] | None) -> list[dict[str, Any]]:
    """
    The policy of each channel: what the file says of it, what it says of all, or the model's.

    :param thresholds: the model's ``review`` and ``block``, for scores that the file leaves out;
        None if there are none.
    :return: rows of `decision_policies`; what is left out of the rules for payments without a score
        is None.
    :raises PolicyError: the file is not a policy; names the line's key.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PolicyError(f"{path} cannot be read: {error.strerror}", _HELP) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path} is not TOML: {error}", _HELP) from None
    channels = {name: data.pop(name) for name in CHANNELS if isinstance(data.get(name), dict)}
    for values in (data, *channels.values()):
        _check(path, values)
    base: dict[str, Any] = {}
    if thresholds is not None:
        base = {"review_score": thresholds["review"], "block_score": thresholds["block"]}
    return [_row(path, channel, base | data | channels.get(channel, {})) for channel in CHANNELS]


def _check(path: Path, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name not in KEYS:
            raise PolicyError(
                f"{path}: {name} is neither a channel nor a column of the policy",
                f"channels are {', '.join(CHANNELS)}; columns {', '.join(KEYS)}",
            )
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise PolicyError(f"{path}: {name} = {value!r} is not a number", _HELP)


def _row(path: Path, channel: str, values: Mapping[str, Any]) -> dict[str, Any]:
    for name in SCORES:
        if name not in values:
            raise PolicyError(
                f"{path} has no {name} for {channel}, and no model says one", "add it to the file"
            )
    if not 0 <= values["review_score"] <= values["block_score"] <= 1:
        raise PolicyError(
            f"{path}: on {channel} the review score {values['review_score']:g} and the block score "
            f"{values['block_score']:g} are not in order within 0 and 1",
            "write a review score that is not above the block score",
        )
    return dict.fromkeys(COLUMNS) | dict(values) | {"channel": channel}
