"""The list of commands shows each summary whole."""

from collections.abc import Iterator

import click
import pytest

from swipestream.cli import main


def groups(group: click.Group, name: str = "swipestream") -> Iterator[tuple[str, click.Group]]:
    """A group and those below it, with the words that lead to them."""
    yield name, group
    context = click.Context(group)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        if isinstance(command, click.Group):
            yield from groups(command, f"{name} {word}")


@pytest.mark.parametrize(("name", "group"), groups(main))
def test_no_summary_is_cut_off(name: str, group: click.Group) -> None:
    text = group.get_help(click.Context(group, info_name=name, terminal_width=80))
    commands = text.split("Commands:\n")[1]
    assert not [line for line in commands.splitlines() if line.endswith("...")]
