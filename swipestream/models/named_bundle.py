"""A model as somebody names it: its role, its version, or its folder."""

from collections.abc import Sequence
from pathlib import Path

from swipestream.models.errors import UnknownModelError
from udfs.bundle_errors import BundleError
from udfs.model_bundle import MANIFEST, POINTERS, ModelBundle, read_bundle, read_pointer


def named_bundle(models_dir: Path, name: str, features: Sequence[str]) -> ModelBundle:
    """
    Find a bundle and read what it says.

    :param models_dir: holds bundles and pointers.
    :param name: ``champion``, ``challenger``, a version, or a bundle's folder.
    :param features: the feature list of the SQL.
    :raises UnknownModelError: there is none of that name, it is broken, or it was trained on other
        features.
    """
    try:
        for pointer in POINTERS:
            if name == pointer:
                version = read_pointer(models_dir, pointer)
                if version is None:
                    raise UnknownModelError(
                        f"{models_dir} has no {pointer}",
                        "run `swipestream train`, or name a version or a folder",
                    )
                return read_bundle(models_dir / version, features)
        for folder in (models_dir / name, Path(name)):
            if (folder / MANIFEST).is_file():
                return read_bundle(folder.absolute(), features)
    except BundleError as error:
        raise UnknownModelError(error.fact, error.hint) from None
    raise UnknownModelError(
        f"{name} is neither a model in {models_dir} nor a folder with {MANIFEST}",
        "choose one of `swipestream model list`",
    )
