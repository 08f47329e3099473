"""Bundles on disk: complete or refused, and the reason names the difference."""

import json
from pathlib import Path

import pytest

from tests.udfs.tiny_bundle import TINY_FEATURES, publish_tiny_bundle
from udfs.bundle_errors import BundleDamagedError, BundleError, BundleMismatchError
from udfs.model_bundle import (
    CHALLENGER,
    CHAMPION,
    POINTERS,
    Pointer,
    check_features,
    read_bundle,
    read_pointer,
    remove_pointer,
    write_bundle,
    write_pointer,
)


def edit_manifest(folder: Path, **changes: object) -> None:
    path = folder / "bundle.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    version = publish_tiny_bundle(tmp_path)
    bundle = read_bundle(tmp_path / version, TINY_FEATURES)
    assert bundle.version == version
    assert bundle.feature_names == TINY_FEATURES
    assert bundle.categories["channel"]["online"] == 1
    assert bundle.thresholds == {"review": 0.5, "block": 0.9}
    assert read_pointer(tmp_path, CHAMPION) == version


def test_the_version_follows_the_content(tmp_path: Path) -> None:
    first = publish_tiny_bundle(tmp_path)
    assert publish_tiny_bundle(tmp_path) == first
    assert publish_tiny_bundle(tmp_path, shift=0.5) != first


def test_nothing_half_written_is_left_behind(tmp_path: Path) -> None:
    version = publish_tiny_bundle(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["champion", version]
    with pytest.raises(BundleError, match="file name"):
        write_bundle(tmp_path, {}, {"../escape": b""}, "2030-01-01T00:00:00Z")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["champion", version]


@pytest.mark.parametrize(
    ("expected", "fact"),
    [
        (("amount_cents", "km_from_home"), "has channel as feature 3"),
        ((*TINY_FEATURES, "is_night"), "has 3 features and lacks is_night"),
        (("amount_cents", "channel", "km_from_home"), "feature 2 .* is km_from_home.* is channel"),
    ],
)
def test_another_feature_list_is_refused_naming_the_first_difference(
    tmp_path: Path, expected: tuple[str, ...], fact: str
) -> None:
    version = publish_tiny_bundle(tmp_path)
    with pytest.raises(BundleMismatchError, match=fact):
        read_bundle(tmp_path / version, expected)


def test_equal_feature_lists_pass() -> None:
    check_features("m-1", ["a", "b"], ("a", "b"))


def test_a_truncated_model_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / publish_tiny_bundle(tmp_path)
    model = folder / "model.onnx"
    model.write_bytes(model.read_bytes()[:-10])
    with pytest.raises(BundleDamagedError, match="its hash differs"):
        read_bundle(folder)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / publish_tiny_bundle(tmp_path)
    (folder / "model.onnx").unlink()
    with pytest.raises(BundleDamagedError, match=r"model\.onnx cannot be read"):
        read_bundle(folder)


def test_an_edited_manifest_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / publish_tiny_bundle(tmp_path)
    edit_manifest(folder, thresholds={"review": 0.1, "block": 0.2})
    with pytest.raises(BundleDamagedError, match="was changed after it was written"):
        read_bundle(folder)


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({"format": 2}, "has format 2, this code reads 1"),
        ({"features": [{"name": "a", "unit": "cents"}]}, "lacks 'kind'"),
        ({"features": []}, "has no features"),
        ({"categories": {}}, "has no dictionary for channel"),
        ({"thresholds": {"review": 0.9, "block": 0.5}}, "not 0 <= review <= block <= 1"),
        ({"self_test": [{"features": [1], "score": 0.5}]}, "of another length"),
        ({"unknown_code": "none"}, "is malformed"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(
    tmp_path: Path, changes: dict[str, object], fact: str
) -> None:
    folder = tmp_path / publish_tiny_bundle(tmp_path)
    edit_manifest(folder, **changes)
    with pytest.raises(BundleError, match=fact):
        read_bundle(folder)


@pytest.mark.parametrize("text", ["[]", "{", ""])
def test_a_manifest_that_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    folder = tmp_path / publish_tiny_bundle(tmp_path)
    (folder / "bundle.json").write_text(text)
    with pytest.raises(BundleDamagedError, match=r"bundle\.json"):
        read_bundle(folder)


def test_a_renamed_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / publish_tiny_bundle(tmp_path)
    with pytest.raises(BundleDamagedError, match="the folder m-other holds version"):
        read_bundle(folder.rename(tmp_path / "m-other"))


@pytest.mark.parametrize("name", POINTERS)
def test_a_pointer_must_name_a_bundle(tmp_path: Path, name: Pointer) -> None:
    with pytest.raises(BundleError, match="has no model m-none"):
        write_pointer(tmp_path, name, "m-none")
    with pytest.raises(BundleError, match="is no version"):
        write_pointer(tmp_path, name, "../elsewhere")
    assert read_pointer(tmp_path, name) is None


@pytest.mark.parametrize("text", ["../../etc\n", "", "\n", "m-1\nm-2\n"])
def test_a_pointer_that_holds_no_version_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / CHAMPION).write_text(text)
    with pytest.raises(BundleError, match="is no version"):
        read_pointer(tmp_path, CHAMPION)


def test_a_pointer_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / CHAMPION).write_bytes(b"\xff\xfe")
    with pytest.raises(BundleError, match="champion cannot be read"):
        read_pointer(tmp_path, CHAMPION)


def test_the_challenger_comes_and_goes_beside_the_champion(tmp_path: Path) -> None:
    champion = publish_tiny_bundle(tmp_path)
    challenger = publish_tiny_bundle(tmp_path, shift=0.5, promote=False)
    write_pointer(tmp_path, CHALLENGER, challenger)
    assert read_pointer(tmp_path, CHALLENGER) == challenger
    remove_pointer(tmp_path, CHALLENGER)
    remove_pointer(tmp_path, CHALLENGER)
    assert read_pointer(tmp_path, CHALLENGER) is None
    assert read_pointer(tmp_path, CHAMPION) == champion
