"""Jars: only what the lock says gets into the cache, whole or not at all."""

import hashlib
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from swipestream.commands.jars import jars as command
from swipestream.errors import JarError
from swipestream.settings import HomeSettings
from swipestream.stack import flink, functions_jar, jar_lock, jars
from swipestream.stack.jars import STACK, Jar, ensure_jars, jar_path, jar_paths, read_lock

CONTENT = b"not really a jar"
COORDINATE = "org.example:thing:1.0"


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without logging."""

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[ThreadingHTTPServer]:
    """A Maven repository on loopback with one jar."""
    folder = tmp_path / "mirror" / "org" / "example" / "thing" / "1.0"
    folder.mkdir(parents=True)
    (folder / "thing-1.0.jar").write_bytes(CONTENT)
    handler = partial(QuietHandler, directory=str(tmp_path / "mirror"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def settings_for(tmp_path: Path, mirror: ThreadingHTTPServer) -> HomeSettings:
    environ = {
        "SWIPESTREAM_HOME": str(tmp_path / "home"),
        "SWIPESTREAM_CACHE": str(tmp_path / "a cache"),
        "MAVEN_MIRROR": f"http://127.0.0.1:{mirror.server_port}",
    }
    return HomeSettings.load(environ, tmp_path / "no.env")


def right_jar() -> Jar:
    return Jar(COORDINATE, hashlib.sha256(CONTENT).hexdigest(), ("flink",))


def purposes_of(lock: list[Jar]) -> set[str]:
    return {purpose for jar in lock for purpose in jar.purposes}


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_jar_is_fetched_once(tmp_path: Path, mirror: ThreadingHTTPServer) -> None:
    settings = settings_for(tmp_path, mirror)
    assert ensure_jars(settings, [right_jar()]) == 1
    mirror.shutdown()
    assert ensure_jars(settings, [right_jar()]) == 0
    assert jar_path(settings, right_jar()).read_bytes() == CONTENT


def test_other_content_is_refused_and_not_kept(tmp_path: Path, mirror: ThreadingHTTPServer) -> None:
    settings = settings_for(tmp_path, mirror)
    with pytest.raises(
        JarError, match=r"org\.example:thing:1\.0 has SHA-256 .* says 000"
    ) as caught:
        ensure_jars(settings, [Jar(COORDINATE, "0" * 64, ("flink",))])
    assert "\n" not in caught.value.fact
    assert files_in(settings.cache_dir) == []


def test_a_damaged_jar_is_fetched_again(tmp_path: Path, mirror: ThreadingHTTPServer) -> None:
    settings = settings_for(tmp_path, mirror)
    ensure_jars(settings, [right_jar()])
    jar_path(settings, right_jar()).write_bytes(CONTENT[:5])
    assert ensure_jars(settings, [right_jar()]) == 1
    assert jar_path(settings, right_jar()).read_bytes() == CONTENT


def test_an_unknown_jar_is_one_line(tmp_path: Path, mirror: ThreadingHTTPServer) -> None:
    unknown = Jar("org.example:missing:2.0", "0" * 64, ("flink",))
    with pytest.raises(JarError, match=r"missing:2\.0 could not be fetched: not in the repository"):
        ensure_jars(settings_for(tmp_path, mirror), [unknown])


def test_no_network_is_one_line(tmp_path: Path, mirror: ThreadingHTTPServer) -> None:
    settings = settings_for(tmp_path, mirror)
    mirror.shutdown()
    mirror.server_close()
    with pytest.raises(JarError, match="could not be fetched: ConnectionError") as caught:
        ensure_jars(settings, [right_jar()])
    assert "try again" in caught.value.hint


def test_a_cache_that_cannot_be_written_is_one_line(
    tmp_path: Path, mirror: ThreadingHTTPServer
) -> None:
    settings = settings_for(tmp_path, mirror)
    settings.cache_dir.write_text("a file where a folder should be")
    with pytest.raises(JarError, match="cannot be written") as caught:
        ensure_jars(settings, [right_jar()])
    assert "SWIPESTREAM_CACHE" in caught.value.hint


def test_what_only_a_benchmark_or_a_test_needs_is_left_out(tmp_path: Path) -> None:
    lock = tmp_path / "jars.txt"
    names = (*STACK, "spark", "test")
    lock.write_text("".join(f"g:{name}:1 {'0' * 64} {name}\n" for name in names))
    assert [jar.purposes for jar in read_lock(lock)] == [(name,) for name in STACK]
    assert [jar.purposes for jar in read_lock(lock, ("spark",))] == [("spark",)]


def test_a_jar_may_be_for_several_purposes(tmp_path: Path) -> None:
    lock = tmp_path / "jars.txt"
    lock.write_text(f"g:a:1 {'0' * 64} flink,kafka\n")
    for purposes in (("flink",), ("kafka",), STACK):
        assert [jar.coordinate for jar in read_lock(lock, purposes)] == ["g:a:1"]
    assert read_lock(lock, ("spark",)) == []


@pytest.mark.parametrize(("arguments", "purposes"), [((), STACK), (("--with", "spark"), None)])
def test_the_command_fetches_what_is_asked_for(
    arguments: tuple[str, ...], purposes: tuple[str, ...] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[Jar] = []

    def ensure(_: object, wanted: Iterable[Jar]) -> int:
        fetched.extend(wanted)
        return 0

    monkeypatch.setattr(jars, "ensure_jars", ensure)
    monkeypatch.setattr(functions_jar, "ensure_functions_jar", lambda _: Path("compiled.jar"))
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0
    assert purposes_of(fetched) == set(purposes or (*STACK, "spark"))
    assert result.stderr.startswith(f"{len(fetched)} jars in ")
    assert result.stdout == "compiled.jar\n"


def test_the_lock_names_no_host_and_no_jar_twice() -> None:
    lock = read_lock(purposes=(*STACK, "test", "spark"))
    assert len({jar.coordinate for jar in lock}) == len(lock)
    assert purposes_of(read_lock()) == set(STACK)
    assert not any("/" in jar.coordinate for jar in lock)


def test_spark_gets_its_connector_and_a_client_of_its_own(tmp_path: Path) -> None:
    settings = HomeSettings.load({"SWIPESTREAM_CACHE": str(tmp_path)}, tmp_path / "no.env")
    names = [path.name for path in jar_paths(settings, "spark")]
    assert names[0].startswith("spark-sql-kafka-")
    assert not {*names} & {path.name for path in jar_paths(settings, "kafka")}


def test_newer_jars_take_the_place_of_those_in_flinks_wheel() -> None:
    names = [path.name for path in flink.class_path(HomeSettings())]
    logging = [name for name in names if name.startswith("log4j-")]
    assert len(logging) == 5
    assert len({name.rsplit("-", 1)[1] for name in logging}) == 1, logging
    # Packed inside flink-dist as well: the first on the class path is the one that is loaded.
    assert names.index(one(names, "lz4-java")) < names.index(one(names, "flink-dist"))


def test_flinks_own_jars_are_not_sent_to_a_cluster_of_ones_own() -> None:
    names = [path.name for path in functions_jar.flink_jars(HomeSettings())]
    assert not [name for name in names if name.startswith(("log4j", "lz4"))]


def one(names: list[str], beginning: str) -> str:
    (found,) = (name for name in names if name.startswith(beginning))
    return found


@pytest.mark.parametrize(
    ("coordinate", "wanted"),
    [
        ("org.apache.logging.log4j:log4j-core:2.0", jar_lock.NEWER["org.apache.logging.log4j:"]),
        ("org.apache.logging.log4j:log4j-api", jar_lock.NEWER["org.apache.logging.log4j:"]),
        ("com.fasterxml.jackson.core:jackson-core:2.0", jar_lock.NEWER["com.fasterxml.jackson."]),
        ("org.apache.kafka:kafka-clients:4.1.2", "4.1.2"),
    ],
)
def test_the_lock_takes_newer_versions_where_it_has_to(coordinate: str, wanted: str) -> None:
    assert jar_lock.newer(coordinate) == ":".join([*coordinate.split(":")[:2], wanted])
