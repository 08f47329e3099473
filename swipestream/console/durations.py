"""Durations on the command line."""

import re
from typing import Any

import click

SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
PATTERN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|)\Z")


class Duration(click.ParamType[float]):
    """60s, 5m, 2h, 1.5d, 300ms, or a number of seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """:return: seconds, above 0."""
        if isinstance(value, int | float):
            return float(value)
        match = PATTERN.match(value.strip().lower())
        seconds = float(match[1]) * SECONDS[match[2]] if match else 0.0
        if seconds <= 0:
            self.fail(f"{value!r} is not a duration: write for example 60s, 5m or 2h", param, ctx)
        return seconds


DURATION = Duration()
