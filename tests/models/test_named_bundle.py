"""A model is found by its role, its version or its folder."""

from pathlib import Path

import pytest

from swipestream.models.errors import UnknownModelError
from swipestream.models.named_bundle import named_bundle
from tests.udfs.tiny_bundle import TINY_FEATURES, publish_tiny_bundle
from udfs.model_bundle import MODEL


def test_role_version_and_folder_name_the_same(tmp_path: Path) -> None:
    version = publish_tiny_bundle(tmp_path)
    for name in ("champion", version, str(tmp_path / version)):
        assert named_bundle(tmp_path, name, TINY_FEATURES).version == version


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("challenger", "has no challenger"),
        ("m-none", "m-none is neither a model in"),
        ("../outside", "is neither a model in"),
    ],
)
def test_what_is_not_there_is_said(name: str, fact: str, tmp_path: Path) -> None:
    publish_tiny_bundle(tmp_path)
    with pytest.raises(UnknownModelError, match=fact):
        named_bundle(tmp_path, name, TINY_FEATURES)


def test_a_broken_bundle_and_one_of_other_features_are_refused(tmp_path: Path) -> None:
    version = publish_tiny_bundle(tmp_path)
    with pytest.raises(UnknownModelError, match="the SQL's is"):
        named_bundle(tmp_path, version, ("amount_cents", "channel", "km_from_home"))
    (tmp_path / version / MODEL).write_bytes(b"broken")
    with pytest.raises(UnknownModelError, match="its hash differs"):
        named_bundle(tmp_path, version, TINY_FEATURES)
