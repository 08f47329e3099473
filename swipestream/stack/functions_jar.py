"""functions/src compiled into one jar: by the Eclipse compiler, on the Java of the wheel."""

import hashlib
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from swipestream.errors import CompileError, JarError
from swipestream.settings import REPO_ROOT, HomeSettings
from swipestream.stack.installed_flink import packaged_jars, python_jar
from swipestream.stack.jars import cache_folder, ensure_jars, jar_path, jar_paths, read_lock
from swipestream.stack.java import java_environment, java_home

SOURCES = REPO_ROOT / "functions" / "src"
JAR_NAME = "swipestream-functions.jar"
# For clusters that run on Java 17. Lines and variables are kept for stack traces; a problem is one
# line, `file:line: error: ...`.
OPTIONS = (
    *("-source", "17", "-target", "17", "-encoding", "UTF-8"),
    *("-proc:none", "-g", "-nowarn", "-Xemacs"),
)
# It runs for seconds only.
JVM_OPTIONS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
TIMEOUT_SECONDS = 300
PROBLEMS_SHOWN = 10
MANIFEST = "META-INF/MANIFEST.MF"
# The same for each entry, so that the same sources give the same bytes: the oldest a zip can say.
ENTRY_TIME = (1980, 1, 1, 0, 0, 0)


def flink_jars(settings: HomeSettings) -> list[Path]:
    """
    What has to be added to a Flink: the connectors, and what is compiled from functions/.

    :return: their files; `ensure_flink_jars` puts them there.
    """
    return [*jar_paths(settings, "flink"), functions_jar(settings)]


def ensure_flink_jars(settings: HomeSettings) -> None:
    """
    Fetch and compile what is missing of what the stack runs on.

    :raises JarError: a jar cannot be had.
    :raises CompileError: a source is wrong.
    """
    ensure_jars(settings)
    ensure_functions_jar(settings)


def functions_jar(settings: HomeSettings, sources: Path = SOURCES) -> Path:
    """Where the compiled sources are; a hash of all they depend on is part of the path."""
    digest = hashlib.sha256(repr(OPTIONS).encode())
    for jar in read_lock(purposes=("build", "flink")):
        digest.update(f"{jar.coordinate} {jar.sha256}\n".encode())
    for path in (*packaged_jars(), *python_jar()):
        digest.update(f"{path.name}\n".encode())
    for path in files_in(sources):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(sources).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return settings.cache_dir / "functions" / digest.hexdigest()[:12] / JAR_NAME


def ensure_functions_jar(settings: HomeSettings, sources: Path = SOURCES) -> Path:
    """
    Compile the sources unless that was done; a second process finds a complete jar.

    :return: the jar.
    :raises CompileError: a source is wrong.
    :raises JarError: the cache cannot be written, or the compiler is not in it.
    """
    target = functions_jar(settings, sources)
    if target.is_file():
        return target
    folder = cache_folder(settings, "functions")
    with tempfile.TemporaryDirectory(prefix=".compile-", dir=folder) as scratch:
        classes = Path(scratch) / "classes"
        class_path = [*packaged_jars(), *python_jar(), *jar_paths(settings, "flink")]
        compile_java(settings, sources, class_path, classes)
        jar = Path(scratch) / JAR_NAME
        write_jar(jar, sources, classes)
        # A source that was saved meanwhile must not be kept under the hash of what it was before.
        if functions_jar(settings, sources) == target:
            target.parent.mkdir(exist_ok=True)
            jar.replace(target)
    return ensure_functions_jar(settings, sources)


def compile_java(
    settings: HomeSettings, sources: Path, class_path: Iterable[Path], classes: Path
) -> None:
    """
    Compile every Java file of a folder.

    :param sources: the folder, with a folder for each package.
    :param class_path: jars that they may use.
    :param classes: where the class files go; made if need be.
    :raises CompileError: a source is wrong; lists the first of what the compiler says.
    :raises JarError: the compiler is not in the cache.
    """
    (compiler,) = read_lock(purposes=("build",))
    if not jar_path(settings, compiler).is_file():
        raise JarError(f"{compiler.coordinate} is missing", "run `swipestream jars`")
    classes.mkdir(parents=True, exist_ok=True)
    java_files = [path for path in files_in(sources) if path.suffix == ".java"]
    if not java_files:
        return
    result = subprocess.run(
        [
            java_home() / "bin" / "java",
            *JVM_OPTIONS,
            "-jar",
            jar_path(settings, compiler),
            *OPTIONS,
            "-cp",
            ":".join(map(str, class_path)),
            "-d",
            classes,
            *(path.relative_to(sources) for path in java_files),
        ],
        cwd=sources,
        env=java_environment(),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if result.returncode:
        raise compile_error(sources, result.stdout + result.stderr)


def compile_error(sources: Path, output: str) -> CompileError:
    """What the compiler says of each problem, with paths from the root of the repository."""
    problems = re.findall(r"^(.+?\.java):(\d+): error: (.+)$", output, re.MULTILINE)
    if not problems:
        last = (output.strip() or "the compiler said nothing").splitlines()[-1]
        return CompileError(
            f"{shown(sources)} does not compile: {last}", "run `swipestream doctor`"
        )
    lines = [
        f"{shown(Path(file))}:{line}: {message}"
        for file, line, message in problems[:PROBLEMS_SHOWN]
    ]
    if len(problems) > PROBLEMS_SHOWN:
        lines.append(f"and {len(problems) - PROBLEMS_SHOWN} more")
    return CompileError("\n".join(lines), "correct the source, then run `swipestream jars`")


def shown(path: Path) -> Path:
    """A path as it is said to people."""
    return path.relative_to(REPO_ROOT) if path.is_relative_to(REPO_ROOT) else path


def write_jar(jar: Path, sources: Path, classes: Path) -> None:
    """Put class files, and what else is beside the sources, into a jar, always the same way."""
    entries = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for root in (sources, classes)
        for path in files_in(root)
        if path.suffix != ".java"
    }
    entries[MANIFEST] = b"Manifest-Version: 1.0\r\n\r\n"
    with zipfile.ZipFile(jar, "w") as archive:
        # Readers of jars expect the manifest first.
        for name in sorted(entries, key=lambda name: (name != MANIFEST, name)):
            info = zipfile.ZipInfo(name, ENTRY_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, entries[name])


def files_in(folder: Path) -> list[Path]:
    """All files below a folder, in a fixed order; without those that begin with a dot."""
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")
    )
