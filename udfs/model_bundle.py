"""Model bundles on disk: one folder per version, every file hashed, nothing pickled."""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from udfs.bundle_errors import BundleDamagedError, BundleError, BundleMismatchError

FORMAT = 1
MANIFEST = "bundle.json"
MODEL = "model.onnx"
# The same trees as LightGBM wrote them; what explains scores reads this one.
LIGHTGBM_MODEL = "model.lgb.txt"
CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"
KINDS = ("numeric", "categorical")

Pointer = Literal["champion", "challenger"]
POINTERS: tuple[Pointer, ...] = (CHAMPION, CHALLENGER)

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_TRAIN_AGAIN = "train it again with `swipestream train`"
# Not part of what a version's hash covers: the version itself, and when it was written.
_UNHASHED = ("version", "created_at")


@dataclass(frozen=True)
class Feature:
    """
    One column of the model's input.

    :param name: the column of the view ``payment_features``.
    :param unit: what its numbers mean, for example ``cents`` or ``hours``.
    :param kind: ``numeric``, or ``categorical`` for text that the bundle's dictionary encodes.
    """

    name: str
    unit: str
    kind: str


@dataclass(frozen=True)
class SelfTestRow:
    """
    One payment with the score that the model must give it.

    :param features: values as the SQL delivers them: numbers, text, None for unknown.
    :param score: in [0, 1].
    """

    features: tuple[float | str | None, ...]
    score: float


@dataclass(frozen=True)
class ModelBundle:
    """
    A bundle that was read and found to be complete.

    :param categories: per categorical feature the code of each known text.
    :param unknown_code: the code of a text that is in no dictionary.
    :param thresholds: ``review`` and ``block``, scores in [0, 1].
    :param manifest: everything in ``bundle.json``.
    """

    folder: Path
    version: str
    features: tuple[Feature, ...]
    categories: Mapping[str, Mapping[str, float]]
    unknown_code: float
    thresholds: Mapping[str, float]
    self_test: tuple[SelfTestRow, ...]
    manifest: Mapping[str, Any]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The model's input columns in order."""
        return tuple(feature.name for feature in self.features)

    def file(self, name: str) -> bytes:
        """
        The content of one of the bundle's files, checked against its hash.

        :raises BundleDamagedError: it is missing or was changed.
        """
        return _checked_bytes(self.folder, name, self.manifest["files"].get(name))


def read_bundle(folder: Path, expected_features: Sequence[str] | None = None) -> ModelBundle:
    """
    Read and check a bundle; takes milliseconds and starts no model.

    :param folder: ``<models>/<version>``.
    :param expected_features: the SQL's feature list; None accepts any.
    :raises BundleMismatchError: the features are not the expected ones, in that order.
    :raises BundleDamagedError: a file is missing or is not the one that was written.
    :raises BundleError: ``bundle.json`` is not what this code understands.
    """
    manifest = _read_manifest(folder)
    if manifest.get("format") != FORMAT:
        raise BundleError(
            f"{folder / MANIFEST} has format {manifest.get('format')}, this code reads {FORMAT}",
            _TRAIN_AGAIN,
        )
    bundle = _parse(folder, manifest)
    if expected_features is not None:
        check_features(folder.name, bundle.feature_names, expected_features)
    if bundle.version != folder.name:
        raise BundleDamagedError(
            f"the folder {folder.name} holds version {bundle.version}",
            "a bundle's folder is named after its version: rename it back",
        )
    if MODEL not in manifest["files"]:
        raise BundleDamagedError(f"{folder / MANIFEST} lists no {MODEL}", _TRAIN_AGAIN)
    for name, digest in manifest["files"].items():
        _checked_bytes(folder, name, digest)
    if not bundle.version.endswith(f"-{content_hash(manifest)}"):
        raise BundleDamagedError(
            f"{folder / MANIFEST} was changed after it was written",
            f"restore it, or {_TRAIN_AGAIN}",
        )
    return bundle


def check_features(version: str, actual: Sequence[str], expected: Sequence[str]) -> None:
    """
    Compare a bundle's feature list with the SQL's, in order.

    :raises BundleMismatchError: names the first difference.
    """
    if tuple(actual) == tuple(expected):
        return
    position, found, wanted = next(
        (index, *pair)
        for index, pair in enumerate(_zip_longest(actual, expected), start=1)
        if pair[0] != pair[1]
    )
    if found is None:
        fact = f"model {version} has {len(actual)} features and lacks {wanted}"
    elif wanted is None:
        fact = f"model {version} has {found} as feature {position}, which the SQL does not compute"
    else:
        fact = f"feature {position} of model {version} is {found}, the SQL's is {wanted}"
    raise BundleMismatchError(fact, "train a model on the SQL of today: `swipestream train`")


def write_bundle(
    models_dir: Path,
    manifest: Mapping[str, Any],
    files: Mapping[str, bytes],
    created_at: str,
    readme: Mapping[str, str] | None = None,
) -> Path:
    """
    Publish a bundle in one step: it appears complete or not at all.

    :param manifest: ``bundle.json`` without format, version, created_at and files.
    :param files: content by plain file name; each is hashed into the version.
    :param created_at: UTC, ``YYYY-MM-DDTHH:MM:SSZ``; with the content's hash it makes the version.
    :param readme: text files about the bundle, not hashed; ``{version}`` is filled in.
    :return: the bundle's folder.
    """
    for name in (*files, *(readme or {})):
        _check_plain_name(name, "file name")
    complete = {
        "format": FORMAT,
        "created_at": created_at,
        **manifest,
        "files": {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)},
    }
    version = f"m-{re.sub(r'[^0-9]', '', created_at)}-{content_hash(complete)}"
    complete = {"format": FORMAT, "version": version, **complete}
    target = models_dir / version
    models_dir.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=models_dir))
    try:
        for name, content in files.items():
            (draft / name).write_bytes(content)
        for name, text in (readme or {}).items():
            (draft / name).write_text(text.replace("{version}", version), encoding="utf-8")
        text = json.dumps(complete, indent=2, ensure_ascii=False, allow_nan=False)
        (draft / MANIFEST).write_text(text + "\n", encoding="utf-8")
        # mkdtemp's folder is for its owner only; the stream may run as another user.
        draft.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def content_hash(manifest: Mapping[str, Any]) -> str:
    """What tells two bundles apart: 10 hex digits over ``bundle.json`` and the files' hashes."""
    hashed = {key: value for key, value in manifest.items() if key not in _UNHASHED}
    text = json.dumps(hashed, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def read_pointer(models_dir: Path, name: Pointer) -> str | None:
    """
    The version that a pointer file names, or None if there is no such file.

    :param name: `CHAMPION`, the model in force, or `CHALLENGER`, the one that scores in its shadow.
    :raises BundleError: the pointer file holds no version.
    """
    path = models_dir / name
    try:
        version = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BundleError(
            f"{path} cannot be read: {error}", "make it a text file with a version, or remove it"
        ) from None
    _check_plain_name(version, f"version in {path}")
    return version


def write_pointer(models_dir: Path, name: Pointer, version: str) -> None:
    """
    Let a pointer file name a version; scorers notice within seconds.

    :raises BundleError: there is no such bundle.
    """
    _check_plain_name(version, "version")
    if not (models_dir / version / MANIFEST).is_file():
        raise BundleError(f"{models_dir} has no model {version}", f"choose one of {models_dir}")
    write_atomically(models_dir / name, f"{version}\n")


def remove_pointer(models_dir: Path, name: Pointer) -> None:
    """Let a pointer name nothing; a scorer keeps a champion that it has, and drops a challenger."""
    (models_dir / name).unlink(missing_ok=True)


def write_atomically(path: Path, text: str) -> None:
    """Replace a small text file so that a reader sees the old or the new one, never a part."""
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise BundleDamagedError(f"{path} does not exist", _TRAIN_AGAIN) from None
    except (ValueError, OSError) as error:
        raise BundleDamagedError(f"{path} cannot be read: {error}", _TRAIN_AGAIN) from None
    if not isinstance(manifest, dict):
        raise BundleDamagedError(f"{path} is not a JSON object", _TRAIN_AGAIN)
    return manifest


def _parse(folder: Path, manifest: dict[str, Any]) -> ModelBundle:
    try:
        bundle = ModelBundle(
            folder=folder,
            version=str(manifest["version"]),
            features=tuple(
                Feature(str(item["name"]), str(item["unit"]), str(item["kind"]))
                for item in manifest["features"]
            ),
            categories={
                name: {str(text): float(code) for text, code in codes.items()}
                for name, codes in manifest["categories"].items()
            },
            unknown_code=float(manifest["unknown_code"]),
            thresholds={name: float(manifest["thresholds"][name]) for name in ("review", "block")},
            self_test=tuple(
                SelfTestRow(tuple(row["features"]), float(row["score"]))
                for row in manifest["self_test"]
            ),
            manifest=manifest,
        )
        dict(manifest["files"])
    except KeyError as error:
        raise BundleError(f"{folder / MANIFEST} lacks {error}", _TRAIN_AGAIN) from None
    except (TypeError, ValueError, AttributeError) as error:
        raise BundleError(f"{folder / MANIFEST} is malformed: {error}", _TRAIN_AGAIN) from None
    _check_consistent(bundle)
    return bundle


def _check_consistent(bundle: ModelBundle) -> None:
    names = bundle.feature_names
    path = bundle.folder / MANIFEST
    problems = [f"has no {what}" for what in ("features", "self_test") if not getattr(bundle, what)]
    problems += [f"names {name} twice" for name in names if names.count(name) > 1][:1]
    problems += [
        f"has {item.name} of kind {item.kind}" for item in bundle.features if item.kind not in KINDS
    ]
    problems += [
        f"has no dictionary for {item.name}"
        for item in bundle.features
        if item.kind == "categorical" and item.name not in bundle.categories
    ]
    if any(len(row.features) != len(names) for row in bundle.self_test):
        problems.append("has a self_test row of another length than its features")
    if not 0 <= bundle.thresholds["review"] <= bundle.thresholds["block"] <= 1:
        problems.append("has thresholds that are not 0 <= review <= block <= 1")
    if problems:
        raise BundleError(f"{path} {problems[0]}", _TRAIN_AGAIN)


def _checked_bytes(folder: Path, name: str, digest: str | None) -> bytes:
    _check_plain_name(name, f"file name in {folder / MANIFEST}")
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BundleDamagedError(
            f"{path} cannot be read: {error.strerror}", f"restore it, or {_TRAIN_AGAIN}"
        ) from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise BundleDamagedError(
            f"{path} is not the file that was written: its hash differs",
            f"restore it, or {_TRAIN_AGAIN}",
        )
    return content


def _check_plain_name(name: str, what: str) -> None:
    if not _PLAIN_NAME.fullmatch(name):
        raise BundleError(f"{name[:80]!r} is no {what}", "use letters, digits, '.', '_' and '-'")


def _zip_longest(actual: Sequence[str], expected: Sequence[str]) -> list[tuple[Any, Any]]:
    length = max(len(actual), len(expected))
    pad = [None] * length
    return list(zip([*actual, *pad][:length], [*expected, *pad][:length], strict=True))
