"""A command group that shows an error as two lines: the fact, and what to do next."""

from typing import Any

import click


class ErrorLines(click.Group):
    """A group that shows errors with a fact and a hint without a stack trace."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            # Packages that do not know SwipestreamError raise errors with the same two parts.
            fact, hint = getattr(error, "fact", ""), getattr(error, "hint", "")
            if not fact:
                raise
            click.echo(f"error: {fact}", err=True)
            if hint:
                click.echo(f"hint: {hint}", err=True)
            ctx.exit(1)
