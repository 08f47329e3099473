"""Moments on the command line: a point in time, or how long ago."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from swipestream.console.durations import PATTERN, SECONDS


class Moment(click.ParamType[datetime]):
    """2030-01-31, 2030-01-31T12:30, or how long ago: 90s, 30m, 2h, 7d. UTC."""

    name = "moment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """:return: with time zone UTC."""
        if isinstance(value, datetime):
            return value
        match = PATTERN.match(value.strip().lower())
        if match:
            return datetime.now(UTC) - timedelta(seconds=float(match[1]) * SECONDS[match[2]])
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            self.fail(
                f"{value!r} is not a time: write 2030-01-31, 2030-01-31T12:30, or 2h for two "
                "hours ago",
                param,
                ctx,
            )
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


MOMENT = Moment()
