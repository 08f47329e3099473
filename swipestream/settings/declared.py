"""How a setting is declared, read and checked; the parts declare theirs with this."""

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from swipestream.errors import SettingError
from swipestream.settings.env_file import read_env_file

REPO_ROOT = Path(__file__).resolve().parents[2]
ENV_FILE = REPO_ROOT / ".env"
LOOPBACK = "127.0.0.1"


def setting(
    name: str,
    default: Any,
    comment: str,
    *,
    is_secret: bool = False,
    least: int = 1,
    choices: tuple[str, ...] = (),
) -> Any:
    """
    Declare one setting.

    :param name: the environment variable.
    :param default: its value when unset or empty; the type of the default is the setting's type.
    :param comment: what it means, shown in `.env.example`.
    :param is_secret: kept out of `repr` and of error messages.
    :param least: the smallest number that works.
    :param choices: the only values that work; empty for any.
    """
    metadata = {"env": name, "comment": comment, "least": least, "choices": choices}
    return field(default=default, metadata=metadata, repr=not is_secret)


def generated(name: str) -> Any:
    """
    Declare a password that no one sets: the first start writes it to `secrets.env`.

    :param name: its line there.
    """
    return field(default="", metadata={"secret": name}, repr=False)


@dataclass(frozen=True)
class Declared:
    """Settings from the environment, then `.env`, then the defaults of a subclass."""

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, env_file: Path = ENV_FILE) -> Self:
        """
        Read the environment, then `.env`, then the defaults.

        :param environ: replaces the process's environment.
        :param env_file: lines NAME=value; need not exist.
        :raises SettingError: a value that cannot work.
        """
        values = read_env_file(env_file) | dict(os.environ if environ is None else environ)
        given: dict[str, Any] = {
            item.name: parse(item, values[item.metadata["env"]])
            for item in declared(cls)
            if values.get(item.metadata["env"], "").strip()
        }
        settings = cls(**given)
        settings.check()
        return settings

    def check(self) -> None:
        """:raises SettingError: a value that cannot work."""
        for item in declared(type(self)):
            check_value(item, getattr(self, item.name))


def declared(kind: type[Declared]) -> list["dataclasses.Field[Any]"]:
    """
    :param kind: a part of the settings.
    :return: what may be set, in the order it is declared.
    """
    return [item for item in dataclasses.fields(kind) if "env" in item.metadata]


def check_value(item: "dataclasses.Field[Any]", value: str | int) -> None:
    """
    :param item: one of `declared()`.
    :raises SettingError: not a port, too small, or not one of the values allowed.
    """
    name, least, choices = (item.metadata[key] for key in ("env", "least", "choices"))
    if isinstance(value, int):
        if item.name.endswith("_port") and not 0 < value < 65536:
            raise SettingError(f"{name}={value} is not a port", "use a number from 1 to 65535")
        if value < least:
            raise SettingError(f"{name}={value} is below {least}", f"use at least {least}")
    elif choices and value not in choices:
        raise SettingError(f"{name}={value} is not known", f"use {', '.join(choices)}")


def parse(item: "dataclasses.Field[Any]", text: str) -> str | int:
    """
    :param item: one of `declared()`.
    :param text: its value as written.
    :raises SettingError: not a whole number where one is needed.
    """
    if not isinstance(item.default, int):
        return text.strip()
    try:
        return int(text)
    except ValueError:
        name = item.metadata["env"]
        raise SettingError(
            f"{name}={text} is not a whole number", f"write for example {name}={item.default}"
        ) from None
