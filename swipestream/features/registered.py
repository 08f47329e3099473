"""The features of the SQL in force, with what the champion makes of them."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from flink_jobs.feature_registry import FeatureEntry, feature_registry, shown
from swipestream.errors import SwipestreamError
from swipestream.features.definition import definition
from swipestream.models.bundles import job_in_force, named
from swipestream.settings import HomeSettings, ModelSettings
from udfs.bundle_errors import BundleError
from udfs.model_bundle import CHAMPION, read_bundle


@dataclass(frozen=True)
class ChampionsView:
    """
    What the champion's bundle says about features.

    :param version: of the champion; empty without one.
    :param problem: why there is nothing to say; empty if there is something.
    :param importance: by feature, its share of what all splits gained.
    :param bins: by feature, how its values were spread in training.
    """

    version: str
    problem: str
    importance: Mapping[str, float]
    bins: Mapping[str, Any]


def registered(settings: HomeSettings) -> Mapping[str, FeatureEntry]:
    """
    The model's features by name, in the order of its input.

    :raises JobFilesError: the headers of the SQL files are not complete.
    """
    return feature_registry(job_in_force(settings))


def entry_of(settings: HomeSettings, name: str) -> FeatureEntry:
    """
    One of them.

    :raises SwipestreamError: the model has no feature of that name.
    """
    entries = registered(settings)
    if name in entries:
        return entries[name]
    near = difflib.get_close_matches(name, entries, n=1)
    raise SwipestreamError(
        f"there is no feature {name}",
        f"did you mean {near[0]}?" if near else "`swipestream features list` names them",
    )


def champions_view(settings: ModelSettings) -> ChampionsView:
    """What the champion's bundle says; its ``problem`` if it says nothing."""
    version = named(settings.models_dir, CHAMPION)
    if version is None:
        return ChampionsView("", "there is no champion", {}, {})
    try:
        manifest = read_bundle(settings.models_dir / version).manifest
    except BundleError as error:
        return ChampionsView(version, error.fact, {}, {})
    importance = {
        str(item["name"]): float(item["importance"])
        for item in manifest["features"]
        if "importance" in item
    }
    if not importance:
        return ChampionsView(version, f"{version} was trained before bundles said it", {}, {})
    return ChampionsView(version, "", importance, manifest.get("feature_bins", {}))


def as_object(entry: FeatureEntry, view: ChampionsView, settings: HomeSettings) -> dict[str, Any]:
    """One feature for scripts."""
    path = shown(job_in_force(settings), entry.file)
    facts = asdict(entry) | {"file": path, "window": entry.window or None}
    return facts | {"champion": view.version or None, "importance": view.importance.get(entry.name)}


def details(
    entry: FeatureEntry, view: ChampionsView, settings: HomeSettings
) -> list[tuple[str, str]]:
    """One feature for people: a name and a text a line."""
    job = job_in_force(settings)
    position = job.model_features.index(entry.name) + 1
    lines = [
        ("feature", entry.name),
        ("meaning", entry.meaning),
        ("unit", entry.unit),
        ("of", entry.entity),
        ("window", entry.window or "none"),
        ("reason group", entry.reason_group),
        ("input", f"{position} of {len(job.model_features)}"),
        ("owner", entry.owner),
        ("file", shown(job, entry.file)),
    ]
    if entry.source:
        lines.append(("source", entry.source))
    lines.append(("champion", view.version or "none"))
    share = view.importance.get(entry.name)
    if share is None:
        return [
            *lines,
            ("importance", f"unknown: {view.problem or 'the champion does not use it'}"),
        ]
    rank = 1 + sum(other > share for other in view.importance.values())
    lines.append(
        (
            "importance",
            f"{share:.1%} of the gain of all splits, rank {rank} of {len(view.importance)}",
        )
    )
    return lines


def sql_of(entry: FeatureEntry, settings: HomeSettings) -> str:
    """The piece of SQL that computes a feature."""
    job = job_in_force(settings)
    text = job.path(entry.file).read_text("utf-8")
    return definition(text, entry.name, shown(job, entry.file))


def spread(bins: Mapping[str, Any]) -> list[tuple[str, float]]:
    """
    How a feature's values were spread in training, in the order of the values.

    :param bins: of one feature, as the bundle has them.
    :return: a range or a text, and its share of the payments.
    """
    edges: Sequence[float] = bins.get("edges", ())
    shares = bins["shares"]
    found: list[tuple[str, float]] = []
    if isinstance(shares, Mapping):
        found = sorted(shares.items(), key=lambda item: -item[1])
    elif not edges:
        found = [("any value", shares[0])]
    else:
        names = [*(f"up to {edge:,.6g}" for edge in edges), f"above {edges[-1]:,.6g}"]
        found = list(zip(names, shares, strict=True))
    return [*found, ("unknown", bins["unknown"])]
