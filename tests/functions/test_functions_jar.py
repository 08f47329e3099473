"""functions/src becomes one jar: once, whole, and always the same bytes."""

import dataclasses
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from swipestream.errors import CompileError, JarError, JobError
from swipestream.jobs.client import check_functions
from swipestream.settings import Settings
from swipestream.stack import flink
from swipestream.stack import functions_jar as module
from swipestream.stack.functions_jar import (
    SOURCES,
    compile_java,
    ensure_functions_jar,
    flink_jars,
    functions_jar,
    write_jar,
)
from swipestream.stack.jars import ensure_jars, jar_paths, read_lock
from swipestream.stack.java import argument_text

GOOD = "package p;\n\npublic class A {\n    int number = 1;\n}\n"
SERVICE = "META-INF/services/p.Service"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A separate cache, with the jars of the usual one."""
    usual = Settings.load()
    ensure_jars(usual, read_lock(purposes=("build", "flink")))
    cache = tmp_path / "a cache"
    cache.mkdir()
    (cache / "jars").symlink_to(usual.cache_dir / "jars")
    return Settings.load({"SWIPESTREAM_CACHE": str(cache)}, tmp_path / "no.env")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """One class and one file beside it."""
    return make_sources(tmp_path / "some sources", GOOD)


def make_sources(folder: Path, text: str) -> Path:
    for name, content in {"p/A.java": text, SERVICE: "p.A\n"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def jars_in(settings: Settings) -> list[Path]:
    return [path for path in (settings.cache_dir / "functions").rglob("*") if path.is_file()]


def test_the_jar_has_the_classes_and_what_is_beside_the_sources(
    settings: Settings, sources: Path
) -> None:
    jar = ensure_functions_jar(settings, sources)
    with zipfile.ZipFile(jar) as archive:
        assert archive.namelist() == ["META-INF/MANIFEST.MF", SERVICE, "p/A.class"]
        assert archive.read(SERVICE) == b"p.A\n"
        # Runs on Java 17 and later.
        assert archive.read("p/A.class")[:8] == bytes.fromhex("cafebabe0000003d")


def test_the_same_sources_give_the_same_bytes(settings: Settings, tmp_path: Path) -> None:
    written = []
    for name in ("one", "another"):
        folder = tmp_path / name
        sources = make_sources(folder / "src", GOOD)
        compile_java(settings, sources, [], folder / "classes")
        write_jar(folder / "a.jar", sources, folder / "classes")
        written.append((folder / "a.jar").read_bytes())
    assert written[0] == written[1]


def test_sources_are_compiled_once_and_again_when_one_changes(
    settings: Settings, sources: Path
) -> None:
    first = ensure_functions_jar(settings, sources)
    written = first.stat().st_mtime_ns
    assert ensure_functions_jar(settings, sources) == first
    assert first.stat().st_mtime_ns == written
    (sources / SERVICE).write_text("p.B\n")
    second = ensure_functions_jar(settings, sources)
    assert second != first
    # Processes with the older jar keep running.
    assert first.exists()


def test_a_source_saved_while_it_is_compiled_is_compiled_again(
    settings: Settings, sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = functions_jar(settings, sources)
    compiled = []

    def save_meanwhile(*arguments: Any) -> None:
        compile_java(*arguments)
        compiled.append(arguments)
        (sources / "p" / "A.java").write_text(GOOD.replace("1", "2"))

    monkeypatch.setattr(module, "compile_java", save_meanwhile)
    jar = ensure_functions_jar(settings, sources)
    assert jar != before
    assert jars_in(settings) == [jar]
    assert len(compiled) == 2


def test_editors_files_are_left_out(settings: Settings, sources: Path) -> None:
    before = functions_jar(settings, sources)
    (sources / "p" / ".A.java.swp").write_bytes(b"\x00")
    assert functions_jar(settings, sources) == before


def test_two_at_a_time_find_the_same_whole_jar(settings: Settings, sources: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        found = set(pool.map(lambda _: ensure_functions_jar(settings, sources), range(2)))
    assert jars_in(settings) == list(found)
    with zipfile.ZipFile(found.pop()) as archive:
        assert archive.testzip() is None


def test_a_wrong_source_is_reported_with_file_and_line(settings: Settings, tmp_path: Path) -> None:
    sources = make_sources(tmp_path / "src", GOOD.replace("= 1", "= one"))
    with pytest.raises(CompileError) as caught:
        ensure_functions_jar(settings, sources)
    assert caught.value.fact == f"{sources}/p/A.java:4: one cannot be resolved to a variable"
    assert "swipestream jars" in caught.value.hint
    assert jars_in(settings) == []


def test_the_first_of_many_problems_are_shown(settings: Settings, tmp_path: Path) -> None:
    wrong = "".join(f"    int number{number} = one;\n" for number in range(12))
    sources = make_sources(tmp_path / "src", f"package p;\n\npublic class A {{\n{wrong}}}\n")
    with pytest.raises(CompileError) as caught:
        ensure_functions_jar(settings, sources)
    lines = caught.value.fact.splitlines()
    assert [line.split(":")[1] for line in lines[:-1]] == [str(line) for line in range(4, 14)]
    assert lines[-1] == "and 2 more"


def test_without_the_compiler_the_next_step_is_named(tmp_path: Path, sources: Path) -> None:
    empty = Settings.load({"SWIPESTREAM_CACHE": str(tmp_path / "empty")}, tmp_path / "no.env")
    with pytest.raises(JarError, match=r"ecj.* is missing") as caught:
        ensure_functions_jar(empty, sources)
    assert caught.value.hint == "run `swipestream jars`"


def test_a_cache_that_cannot_be_written_is_one_line(settings: Settings, sources: Path) -> None:
    (settings.cache_dir / "functions").write_text("a file where a folder should be")
    with pytest.raises(JarError, match="functions cannot be written") as caught:
        ensure_functions_jar(settings, sources)
    assert "SWIPESTREAM_CACHE" in caught.value.hint


def test_a_cluster_with_other_functions_gets_no_job(tmp_path: Path) -> None:
    settings = Settings.load({"SWIPESTREAM_HOME": str(tmp_path)}, tmp_path / "no.env")
    arguments = flink.folder(settings) / "taskmanager.args"
    arguments.parent.mkdir(parents=True)
    arguments.write_text(argument_text(flink.jvm_options(settings, "taskmanager")))
    check_functions(settings)
    arguments.write_text(arguments.read_text().replace(functions_jar(settings).parent.name, "0"))
    with pytest.raises(JobError, match="has changed") as caught:
        check_functions(settings)
    assert "swipestream up" in caught.value.hint
    check_functions(dataclasses.replace(settings, flink_rest="flink:8081"))


def test_flink_gets_the_connectors_the_codec_and_the_functions(settings: Settings) -> None:
    *connectors, functions = flink_jars(settings)
    assert functions == functions_jar(settings, SOURCES)
    codec = [path for path in connectors if path.name.startswith("zstd-jni-")]
    assert codec == [path for path in jar_paths(settings, "kafka") if path in codec] != []
