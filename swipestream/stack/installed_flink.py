"""The Flink inside the installed pyflink package."""

import importlib.util
from pathlib import Path

from swipestream.stack.program import NotReadyError


def pyflink_dir() -> Path:
    """The installed pyflink package, which holds a whole Flink."""
    spec = importlib.util.find_spec("pyflink")
    if spec is None or spec.origin is None:
        raise NotReadyError("pyflink is not installed")
    return Path(spec.origin).parent


def packaged_jars() -> list[Path]:
    """What Flink itself is made of."""
    return sorted((pyflink_dir() / "lib").glob("*.jar"))


def python_jar() -> list[Path]:
    """PyFlink's own jar."""
    return sorted((pyflink_dir() / "opt").glob("flink-python-*.jar"))
