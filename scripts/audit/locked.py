"""What the locks install: Python packages, jars, and what is packed inside jars."""

import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from swipestream.stack.jars import Jar

PYTHON, MAVEN = "PyPI", "Maven"
JAR_LOCK = "jars.txt"
# A line of a lock as uv writes it: name==version, perhaps a condition, and hashes on lines below.
PYTHON_LINE = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
# A line of a jar's notice about its content: - group:artifact:version, perhaps with a platform.
NOTICE_FILE = "META-INF/NOTICE"
NOTICE_LINE = re.compile(r"^\s*-\s+([\w.-]+):([\w.-]+):([\w.:-]+)", re.MULTILINE)
PLATFORM = re.compile(r"(linux|osx|windows)-\w+")


@dataclass(frozen=True, order=True)
class Component:
    """
    One version of one package.

    :param ecosystem: `PYTHON` or `MAVEN`, as advisories call it.
    :param name: of a jar, group:artifact.
    :param inside: file name of the jar it is packed in; "" if a lock names it.
    """

    ecosystem: str
    name: str
    version: str
    inside: str = ""

    def __str__(self) -> str:
        text = f"{self.name} {self.version}"
        return f"{text} inside {self.inside}" if self.inside else text


def in_python_locks(folder: Path) -> list[Component]:
    """
    :param folder: with the locks; all but that of the jars are of Python.
    :return: every package once, sorted, whatever the platform.
    """
    found = set()
    for path in folder.glob("*.txt"):
        if path.name != JAR_LOCK:
            for line in path.read_text().splitlines():
                if match := PYTHON_LINE.match(line):
                    found.add(Component(PYTHON, canonical(match[1]), match[2]))
    return sorted(found)


def canonical(name: str) -> str:
    """A Python package's name as everybody compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def in_jar_lock(jars: Iterable[Jar]) -> list[Component]:
    """:return: the jars of the lock, sorted."""
    return sorted({Component(MAVEN, *named(jar.coordinate)) for jar in jars})


def named(coordinate: str) -> tuple[str, str]:
    """:return: group:artifact, and the version."""
    group, artifact, version, *_ = coordinate.split(":")
    return f"{group}:{artifact}", version


def inside_jars(paths: Iterable[Path]) -> list[Component]:
    """
    What is packed inside jars, according to their notices.

    :return: sorted; nothing for a jar without a notice.
    """
    found = set()
    for path in paths:
        with zipfile.ZipFile(path) as jar:
            notices = [name for name in jar.namelist() if name.startswith(NOTICE_FILE)]
            text = "\n".join(jar.read(name).decode(errors="replace") for name in notices)
        for group, artifact, rest in NOTICE_LINE.findall(text):
            # The platform comes before or after the version.
            versions = [part for part in rest.split(":") if not PLATFORM.fullmatch(part)]
            if versions:
                found.add(Component(MAVEN, f"{group}:{artifact}", versions[-1], path.name))
    return sorted(found)
