"""The record in MLflow itself: a run and a version a bundle, aliases, and what may go wrong."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("mlflow")

from apps.mlflow.__main__ import main
from apps.mlflow.errors import StoreError
from apps.mlflow.recording import MODEL, record, set_aliases, version_numbers
from apps.mlflow.store import DATABASE, opened
from tests.apps.mlflow.conftest import write_bundle


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new store; making one takes seconds."""
    store = tmp_path_factory.mktemp("empty")
    with opened(store):
        pass
    return store


@pytest.fixture
def store(empty: Path, tmp_path: Path) -> Iterator[Path]:
    """A store of the test's own, with its own files."""
    folder = tmp_path / "mlflow"
    folder.mkdir()
    content = (empty / DATABASE).read_bytes()
    (folder / DATABASE).write_bytes(content)
    with sqlite3.connect(folder / DATABASE) as database:
        database.execute(
            "UPDATE experiments SET artifact_location = ? WHERE name = 'swipestream'",
            ((folder / "artifacts").as_uri(),),
        )
    yield folder


def test_a_bundle_is_a_finished_run_with_its_files_and_a_version(store: Path, models: Path) -> None:
    with opened(store) as (client, experiment):
        number = record(client, experiment, models / "m-1")
        version = client.get_model_version(MODEL, number)
        run = client.get_run(version.run_id)
        assert run.info.run_name == "m-1"
        assert run.info.status == "FINISHED"
        assert run.data.metrics["average_precision.value"] == 0.71
        assert run.data.params["model.parameters.num_leaves"] == "31"
        assert run.data.tags["swipestream.version"] == "m-1"
        assert "mlflow.user" not in run.data.tags
        files = {item.path for item in client.list_artifacts(version.run_id, "bundle")}
        assert files == {f"bundle/{path.name}" for path in (models / "m-1").iterdir()}
        assert str(store) in version.source


def test_recording_twice_is_the_same_as_once(store: Path, models: Path) -> None:
    with opened(store) as (client, experiment):
        numbers = [record(client, experiment, models / "m-1") for _ in range(3)]
        assert len(set(numbers)) == 1
        assert len(client.search_runs([experiment])) == 1
        assert version_numbers(client) == {"m-1": numbers[0]}


def test_an_interrupted_recording_is_done_again(store: Path, models: Path) -> None:
    with opened(store) as (client, experiment):
        half = client.create_run(experiment, tags={"swipestream.version": "m-1"})
        record(client, experiment, models / "m-1")
        (run,) = client.search_runs([experiment])
        assert run.info.run_id != half.info.run_id
        assert run.info.status == "FINISHED"


def test_a_verdict_that_comes_later_is_added(store: Path, models: Path) -> None:
    with opened(store) as (client, experiment):
        record(client, experiment, models / "m-1")
        (models / "m-1" / "gate.json").write_text('{"verdict": "passed"}')
        record(client, experiment, models / "m-1")
        (run,) = client.search_runs([experiment])
        assert run.data.tags["gate"] == "passed"


def test_aliases_follow(store: Path, models: Path) -> None:
    with opened(store) as (client, experiment):
        numbers = [record(client, experiment, models / name) for name in ("m-1", "m-2")]

        def named(alias: str) -> str | None:
            aliases = client.get_registered_model(MODEL).aliases
            return str(aliases[alias]) if alias in aliases else None

        set_aliases(client, {"champion": "m-1", "challenger": "m-2"})
        assert (named("champion"), named("challenger")) == (numbers[0], numbers[1])
        set_aliases(client, {"champion": "m-2", "challenger": None})
        assert (named("champion"), named("challenger")) == (numbers[1], None)
        set_aliases(client, {"champion": "m-unrecorded", "challenger": None})
        assert named("champion") is None


def call(store: Path, models: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    command = ["registry", "--store", str(store), "--models", str(models), *arguments]
    monkeypatch.setattr("sys.argv", command)
    return main()


def test_the_program_records_what_the_pointers_name_too(
    store: Path,
    models: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_bundle(models, "m-3")
    arguments = ("--champion", "m-1", "--challenger", "m-gone", "m-2")
    assert call(store, models, *arguments, monkeypatch=monkeypatch) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["m-2", "m-1"]
    with opened(store) as (client, _):
        assert set(client.get_registered_model(MODEL).aliases) == {"champion"}


@pytest.mark.parametrize(
    ("harm", "fact"),
    [
        (lambda path: path.write_bytes(b"no database at all" * 1000), "is damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "is damaged"),
    ],
    ids=["overwritten", "truncated"],
)
def test_a_damaged_store_is_one_line(
    store: Path,
    models: Path,
    harm: object,
    fact: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert callable(harm)
    harm(store / DATABASE)
    assert call(store, models, "m-1", monkeypatch=monkeypatch) == 1
    error, hint = capsys.readouterr().err.splitlines()[-2:]
    assert error == f"error: {store / DATABASE} {fact}"
    assert hint.startswith("hint: ")


def test_a_store_in_use_is_said(store: Path) -> None:
    with (
        opened(store),
        pytest.raises(StoreError, match="has been in use for 0 s"),
        opened(store, patience_seconds=0.2),
    ):
        pass


def test_a_locked_database_is_said(store: Path, models: Path) -> None:
    with sqlite3.connect(store / DATABASE) as other:
        other.execute("BEGIN EXCLUSIVE")
        with (
            pytest.raises(StoreError, match="is locked by another process"),
            opened(store) as (client, experiment),
        ):
            record(client, experiment, models / "m-1")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"), opened(tmp_path / "file" / "mlflow"):
        pass
