"""The jars in locks/jars.txt: fetched by coordinates, verified, kept in the cache."""

import hashlib
import shutil
import tempfile
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from swipestream.console.terminal import stderr
from swipestream.errors import JarError
from swipestream.settings import REPO_ROOT, HomeSettings

LOCK_FILE = REPO_ROOT / "locks" / "jars.txt"
# What the stack itself runs on; what is for another purpose is fetched when asked for.
STACK = ("flink", "flink-lib", "kafka", "build")
PARALLEL_DOWNLOADS = 6
ATTEMPTS = 3
TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Jar:
    """One line of the lock."""

    coordinate: str  # group:artifact:version or group:artifact:version:classifier
    sha256: str
    # "flink": on the cluster's class path, "flink-lib": there before Flink's own, "kafka": on the
    # broker's, "build": compiles functions/, "test": runs the tests of functions/, "spark": a
    # benchmark's.
    purposes: tuple[str, ...]

    @property
    def file_name(self) -> str:
        """As Maven names it: artifact-version[-classifier].jar."""
        return "-".join(self.coordinate.split(":")[1:]) + ".jar"

    @property
    def artifact(self) -> str:
        """The second part of its coordinate."""
        return self.coordinate.split(":")[1]


def read_lock(path: Path = LOCK_FILE, purposes: Collection[str] = STACK) -> list[Jar]:
    """
    :param path: lines `coordinate sha256 purpose[,purpose]`; `#` starts a comment.
    :param purposes: jars for none of these are left out.
    :raises JarError: a line of another shape.
    """
    jars = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) != 3 or len(words[1]) != 64:
            raise JarError(f"{path}:{number} is not `coordinate sha256 purpose`", "run `make lock`")
        coordinate, digest, listed = words
        jars.append(Jar(coordinate, digest, tuple(listed.split(","))))
    return [jar for jar in jars if not set(purposes).isdisjoint(jar.purposes)]


def jar_path(settings: HomeSettings, jar: Jar) -> Path:
    """Where the jar is in the cache; its hash is part of the path, so locks can change."""
    return settings.cache_dir / "jars" / jar.sha256[:12] / jar.file_name


def jar_paths(settings: HomeSettings, purpose: str) -> list[Path]:
    """
    :param purpose: such as "flink" for the connectors or "kafka" for the broker.
    :return: the jars' files in the order of the lock; `ensure_jars` puts them there.
    """
    return [jar_path(settings, jar) for jar in read_lock(purposes=(purpose,))]


def is_intact(settings: HomeSettings, jar: Jar) -> bool:
    """Whether the cached file is the one in the lock, by content."""
    path = jar_path(settings, jar)
    return path.is_file() and sha256(path) == jar.sha256


def ensure_jars(settings: HomeSettings, jars: list[Jar] | None = None) -> int:
    """
    Fetch what is missing or damaged; an interrupted run leaves nothing half-written.

    :param jars: instead of those that the stack runs on.
    :return: how many were fetched.
    :raises JarError: no network, unknown coordinates, or the wrong content.
    """
    wanted = read_lock() if jars is None else jars
    missing = [jar for jar in wanted if not is_intact(settings, jar)]
    if not missing:
        return 0
    folder = cache_folder(settings, "jars")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with (
        tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch,
        Progress(*columns, TransferSpeedColumn(), console=stderr) as progress,
        ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool,
    ):
        task = progress.add_task(f"fetching {len(missing)} jars", total=None)
        downloads = [
            pool.submit(fetch, settings, jar, Path(scratch), progress, task) for jar in missing
        ]
        try:
            for download in downloads:
                download.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return len(missing)


def cache_folder(settings: HomeSettings, name: str) -> Path:
    """
    A folder of the cache, made if it is not there.

    :raises JarError: it cannot be made.
    """
    folder = settings.cache_dir / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JarError(
            f"{folder} cannot be written: {error.strerror}",
            "set SWIPESTREAM_CACHE to your own folder",
        ) from None
    return folder


def fetch(
    settings: HomeSettings, jar: Jar, scratch: Path, progress: Progress, task: int = 0
) -> None:
    """Download one jar beside its place, verify it, and only then move it there."""
    content = download(settings, jar.coordinate, scratch)
    found = sha256(content)
    if found != jar.sha256:
        raise JarError(
            f"{jar.coordinate} has SHA-256 {found[:12]}..., locks/jars.txt says "
            f"{jar.sha256[:12]}...",
            "do not use it; check the network or MAVEN_MIRROR, then try again",
        )
    target = jar_path(settings, jar)
    target.parent.mkdir(parents=True, exist_ok=True)
    size = content.stat().st_size
    content.replace(target)
    progress.advance(task, size)  # type: ignore[arg-type]


def download(settings: HomeSettings, coordinate: str, scratch: Path) -> Path:
    """
    :param coordinate: group:artifact:version[:classifier].
    :param scratch: a folder on the file system of the cache.
    :return: the downloaded file, unverified.
    :raises JarError: it cannot be had.
    """
    import requests

    context = maven_context(settings, scratch / hashlib.sha256(coordinate.encode()).hexdigest())
    group, name, version, *classifier = coordinate.split(":")
    component = context.project(group, name).at_version(version)
    reason = ""
    for _ in range(ATTEMPTS):
        shutil.rmtree(context.repo_cache, ignore_errors=True)
        try:
            path = component.artifact(*classifier).resolve()
        except (requests.RequestException, OSError) as error:
            reason = f"{type(error).__name__}"
        except RuntimeError:
            reason = "not in the repository"
            break
        else:
            return Path(path)
    raise JarError(
        f"{coordinate} could not be fetched: {reason}",
        "check the network; what was fetched is kept, so just try again",
    )


def maven_context(settings: HomeSettings, repo_cache: Path):  # type: ignore[no-untyped-def]
    """A Maven repository seen through jgo, with a separate folder for its downloads."""
    from jgo.maven import MavenContext

    mirror = {"mirror": settings.maven_mirror.rstrip("/")} if settings.maven_mirror else None
    return MavenContext(repo_cache=repo_cache, remote_repos=mirror, timeout=TIMEOUT_SECONDS)


def sha256(path: Path) -> str:
    """SHA-256 of a file's content, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
