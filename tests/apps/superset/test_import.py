"""Importing twice changes nothing; a wrong file changes nothing either, and is reported."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from swipestream.dashboards import set_up
from swipestream.dashboards.errors import DashboardError
from swipestream.dashboards.files import FOLDER, read_files
from swipestream.settings import Settings

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1800)]


def test_a_second_import_changes_nothing(dashboards: Settings) -> None:
    before = set_up.export_objects(dashboards)
    counts = set_up.import_files(dashboards)
    files = read_files()
    kinds = ("databases", "datasets", "charts", "dashboards")
    assert counts == {kind: len(files.of(kind)) for kind in kinds} | {"queries": len(files.queries)}
    after = set_up.export_objects(dashboards)
    assert json.dumps(before, sort_keys=True, default=str) == json.dumps(
        after, sort_keys=True, default=str
    )


def test_a_second_start_has_nothing_to_do(dashboards: Settings) -> None:
    assert not set_up.set_up(dashboards)


def test_a_wrong_file_is_named_and_nothing_is_changed(
    dashboards: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "superset"
    shutil.copytree(FOLDER, copy)
    chart = copy / "fraud_overview" / "charts" / "map.yaml"
    content = yaml.safe_load(chart.read_text())
    content["params"] = "not a mapping"
    content["slice_name"] = "Changed"
    chart.write_text(yaml.safe_dump(content))
    monkeypatch.setattr(set_up, "read_files", lambda: read_files(copy))
    with pytest.raises(DashboardError, match="dashboards were not imported"):
        set_up.import_files(dashboards)
    assert "Changed" not in json.dumps(set_up.export_objects(dashboards), default=str)


def test_check_is_content(dashboards: Settings, swipestream: Path) -> None:
    result = subprocess.run(
        [swipestream, "dashboards", "check"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
