"""The passwords of the embedded services, made at first start."""

import secrets
from typing import TypeVar

from swipestream.settings import HomeSettings, read_env_file
from swipestream.stack import state_folder
from swipestream.stack.files import write_if_changed

NAMES = (
    "POSTGRES_PASSWORD",
    "POSTGRES_ADMIN_PASSWORD",
    "POSTGRES_STREAM_PASSWORD",
    "POSTGRES_API_PASSWORD",
    "POSTGRES_DECISIONS_PASSWORD",
    "POSTGRES_DESK_PASSWORD",
    "POSTGRES_DASHBOARDS_PASSWORD",
    "KAFKA_PASSWORD",
    "KAFKA_KEYSTORE_PASSWORD",
    "FLINK_PASSWORD",
    "CARD_HASH_KEY",
    "SUPERSET_DATABASE_PASSWORD",
    "SUPERSET_SECRET_KEY",
    "SUPERSET_ADMIN_PASSWORD",
    "SUPERSET_ANALYST_PASSWORD",
)
# A person types these.
SHORT = ("FLINK_PASSWORD", "SUPERSET_ADMIN_PASSWORD", "SUPERSET_ANALYST_PASSWORD")
Part = TypeVar("Part", bound=HomeSettings)
HEADER = "# Made at first start and used by this state folder only. Do not commit, do not share.\n"


def ensure_secrets(settings: Part) -> Part:
    """
    Generate what is missing in `secrets.env` (mode 0600).

    :return: the settings with all secrets filled in.
    :raises SwipestreamError: the state folder cannot be used.
    """
    state_folder.make(settings)
    known = read_env_file(settings.secrets_file)
    missing = {
        name: secrets.token_hex(8 if name in SHORT else 24) for name in NAMES if not known.get(name)
    }
    if missing:
        lines = [f"{name}={value}\n" for name, value in (known | missing).items()]
        write_if_changed(settings.secrets_file, HEADER + "".join(lines), mode=0o600)
    return settings.with_secrets()
