"""superset/ holds all that it should, and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from swipestream.dashboards.errors import DashboardError
from swipestream.dashboards.files import FOLDER, MASK, read_files
from swipestream.dashboards.questions import questions

FILES = read_files()
FRAUD = "#C8324A"


def dashboards() -> list[Path]:
    return sorted(path for path in FOLDER.iterdir() if not path.name.startswith("_"))


def test_every_dashboard_is_a_folder() -> None:
    for folder in dashboards():
        assert (folder / "dashboard.yaml").exists(), folder.name
        assert list((folder / "charts").glob("*.yaml")), folder.name


def test_every_chart_is_on_the_dashboard_of_its_folder_and_no_other() -> None:
    for folder in dashboards():
        dashboard = FILES.objects[f"dashboards/{folder.name}.yaml"]
        placed = {
            item["meta"]["uuid"]
            for item in dashboard["position"].values()
            if isinstance(item, dict) and item["type"] == "CHART"
        }
        there = {
            content["uuid"]
            for path, content in FILES.objects.items()
            if FILES.places[path].parent == folder / "charts"
        }
        assert placed == there, folder.name


def test_no_file_holds_a_password() -> None:
    for file in FOLDER.rglob("*.yaml"):
        for password in re.findall(r"://[^:/\s]+:([^@\s]+)@", file.read_text("utf-8")):
            assert password == MASK, file


def test_every_database_reads_only() -> None:
    for database in FILES.of("databases").values():
        for right in ("allow_dml", "allow_ctas", "allow_cvas", "allow_csv_upload"):
            assert database[right] is False


def test_a_colour_means_the_same_on_every_dashboard() -> None:
    colours: dict[str, str] = {}
    for dashboard in FILES.of("dashboards").values():
        for label, colour in dashboard["metadata"]["label_colors"].items():
            assert colours.setdefault(label, colour) == colour, label
    assert colours["fraud"] == colours["block"] == colours["Suspected payments"] == FRAUD


def test_every_chart_has_a_time_range_and_a_known_grain() -> None:
    for question in questions(FILES):
        assert question.time_range
        assert question.sql()


def written(tmp_path: Path, **texts: str) -> Path:
    folder = tmp_path / "some_dashboard" / "charts"
    folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("texts", "fact"),
    [
        ({"a": "uuid: [1"}, "is not YAML"),
        ({"a": "slice_name: x"}, "has no uuid"),
        ({"a": "uuid: same", "b": "uuid: same"}, "has the uuid of"),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path: Path, texts: dict[str, str], fact: str) -> None:
    with pytest.raises(DashboardError, match=fact) as error:
        read_files(written(tmp_path, **texts))
    assert str(tmp_path) in error.value.fact


def test_the_address_of_the_stack_takes_the_place_of_the_files() -> None:
    contents = FILES.contents("postgresql://reader:secret@db.example:6432/cards")
    (database,) = [text for path, text in contents.items() if path.startswith("databases/")]
    assert f"postgresql+psycopg2://reader:{MASK}@db.example:6432/cards" in database
    assert "secret" not in "".join(contents.values())


def texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from texts_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_of(item)
    elif isinstance(value, str):
        yield value


def test_no_file_names_a_server_elsewhere() -> None:
    for path, content in FILES.objects.items():
        for text in texts_of(content):
            assert not re.search(r"https?://", text), path
