"""`swipestream analyst`: who may use the analyst's desk."""

import sys

import click

from swipestream.console.error_lines import ErrorLines
from swipestream.settings import Settings

ROLES = click.Choice(("analyst", "lead", "viewer"))
FROM_STDIN = click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of stdin."
)


@click.group(cls=ErrorLines)
def analyst() -> None:
    """Add, list and close those who use the analyst's desk.

    A viewer reads, an analyst works on cases, a lead also reopens cases and looks after analysts.
    """


@analyst.command()
@click.argument("login")
@click.option("--role", type=ROLES, default="analyst", show_default=True)
@FROM_STDIN
def add(login: str, role: str, password_stdin: bool) -> None:
    """Let somebody use the desk. Without --password-stdin, makes a password and prints it once.

    \b
    Examples:
      swipestream analyst add ann --role lead
      swipestream analyst add bob --password-stdin < password.txt
    """
    from swipestream.cases.analysts import add as make
    from swipestream.database.connection import open_database
    from swipestream.models.bundles import current_user

    password = chosen_password(password_stdin)
    settings = Settings.load()
    with open_database(settings) as connection:
        make(connection, login, role, password, current_user())
    tell(password, password_stdin)
    click.echo(f"{login} ({role}) may sign in at {settings.desk_address}", err=True)


@analyst.command("list")
def list_analysts() -> None:
    """List all analysts, closed ones included."""
    from datetime import UTC, datetime

    from rich.console import Console
    from rich.table import Table

    from swipestream.cases.analysts import analysts
    from swipestream.database.connection import open_database

    with open_database(Settings.load()) as connection:
        found = analysts(connection)
    if not found:
        click.echo("nobody; add somebody: swipestream analyst add LOGIN --role lead", err=True)
        return
    table = Table(box=None, pad_edge=False)
    for title in ("login", "role", "added by", "added", "state"):
        table.add_column(title, no_wrap=True)
    for item in found:
        is_locked = item.locked_until is not None and item.locked_until > datetime.now(UTC)
        state = "closed" if item.closed_at else "locked" if is_locked else ""
        table.add_row(item.login, item.role, item.made_by, f"{item.made_at:%Y-%m-%d %H:%M}", state)
    Console().print(table)


@analyst.command()
@click.argument("login")
@FROM_STDIN
def password(login: str, password_stdin: bool) -> None:
    """Give somebody another password, and end their sessions. Also unlocks.

    \b
    Example:
      swipestream analyst password ann
    """
    from swipestream.cases.analysts import set_password
    from swipestream.database.connection import open_database
    from swipestream.models.bundles import current_user

    chosen = chosen_password(password_stdin)
    with open_database(Settings.load()) as connection:
        set_password(connection, login, chosen, current_user())
    tell(chosen, password_stdin)


@analyst.command()
@click.argument("login")
@click.argument("new_role", metavar="ROLE", type=ROLES)
def role(login: str, new_role: str) -> None:
    """Give somebody another role.

    \b
    Example:
      swipestream analyst role bob lead
    """
    from swipestream.cases.analysts import set_role
    from swipestream.database.connection import open_database
    from swipestream.models.bundles import current_user

    with open_database(Settings.load()) as connection:
        set_role(connection, login, new_role, current_user())
    click.echo(f"{login} is {new_role}", err=True)


@analyst.command()
@click.argument("login")
def close(login: str) -> None:
    """Keep somebody out from now on. What they wrote stays.

    \b
    Example:
      swipestream analyst close bob
    """
    from swipestream.cases.analysts import close as end
    from swipestream.database.connection import open_database
    from swipestream.models.bundles import current_user

    with open_database(Settings.load()) as connection:
        end(connection, login, current_user())
    click.echo(f"{login} is closed", err=True)


def chosen_password(from_stdin: bool) -> str:
    """The first line of standard input, or a new one."""
    from swipestream.cases import passwords

    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return passwords.made()


def tell(password: str, from_stdin: bool) -> None:
    """Print a password that was made here, which is not kept."""
    if not from_stdin:
        click.echo("keep this password now, it is not shown again:", err=True)
        click.echo(password)
