"""The jars that Spark needs beside its own to read from Kafka."""

from pathlib import Path

from swipestream.settings import HomeSettings
from swipestream.stack.jars import ensure_jars, jar_paths, read_lock

PURPOSE = "spark"


def spark_jars(settings: HomeSettings) -> list[Path]:
    """
    Where they are; those that are missing are fetched.

    :raises JarError: one cannot be had.
    """
    ensure_jars(settings, read_lock(purposes=(PURPOSE,)))
    return jar_paths(settings, PURPOSE)
