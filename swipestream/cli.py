"""The `swipestream` command: each verb is a module in swipestream/commands/, loaded on use."""

import importlib
import sys
from pathlib import Path

import click

from swipestream import __version__
from swipestream.console.error_lines import ErrorLines
from swipestream.errors import SwipestreamError

COMMANDS_DIR = Path(__file__).parent / "commands"


class VerbGroup(ErrorLines):
    """A group whose commands are modules: `submit` is commands/submit.py."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        modules = COMMANDS_DIR.glob("[a-z]*.py")
        return sorted(path.stem.replace("_", "-") for path in modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = cmd_name.replace("-", "_")
        if not (COMMANDS_DIR / f"{name}.py").exists():
            return None
        module = importlib.import_module(f"swipestream.commands.{name}")
        for attribute in vars(module).values():
            if isinstance(attribute, click.Command) and attribute.name == cmd_name:
                return attribute
        raise LookupError(f"swipestream/commands/{name}.py defines no click command {cmd_name!r}")


@click.group(cls=VerbGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Score card payments from Kafka into Postgres with SQL you can read.

    Start with `swipestream demo`, or `swipestream up` and `swipestream doctor`.
    """
    if sys.version_info[:2] != (3, 11):
        raise SwipestreamError(
            f"this is Python {sys.version.split()[0]}, swipestream needs 3.11",
            "run bin/swipestream, which uses the environment that `make setup` builds",
        )


if __name__ == "__main__":
    main()
