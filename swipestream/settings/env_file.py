"""Files of lines NAME=value: `.env` and `secrets.env`."""

from pathlib import Path

from swipestream.errors import SettingError


def read_env_file(path: Path) -> dict[str, str]:
    """
    Read lines NAME=value; `#` starts a comment line, quotes around a value are dropped.

    :raises SettingError: a line without `=`, or a file that cannot be read.
    """
    try:
        lines = path.read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SettingError(
            f"{path} cannot be read: {error.strerror}", "give it to the user who runs swipestream"
        ) from None
    values = {}
    for number, raw in enumerate(lines, start=1):
        line = raw.strip().removeprefix("export ")
        if not line or line.startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator:
            raise SettingError(f"{path}:{number} is not NAME=value", "see .env.example")
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        values[name.strip()] = value
    return values
