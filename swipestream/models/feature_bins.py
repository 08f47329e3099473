"""How the values of a model's features were spread in training, as its bundle says."""

from collections.abc import Mapping
from typing import Any

# The scores are watched like a feature, under this name; it is their column.
SCORE = "score"


def has_bins(manifest: Mapping[str, Any]) -> bool:
    """Whether a bundle says enough to notice drift; one of an earlier version does not."""
    return bool(manifest.get("feature_bins"))


def bin_rows(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """
    Rows of the table `model_feature_bins` without the model's version.

    :param manifest: bundle.json; one without bins has no rows.
    """
    usual = manifest.get("usual_drift") or {}
    importance = {item["name"]: item.get("importance") for item in manifest.get("features") or ()}
    rows = [
        _row(name, bins, importance.get(name), usual.get(name))
        for name, bins in (manifest.get("feature_bins") or {}).items()
    ]
    if "score_bins" in manifest:
        score = _row(SCORE, manifest["score_bins"], None, usual.get(SCORE))
        rows.append(score | {"kind": SCORE})
    return rows


def _row(
    name: str, bins: Mapping[str, Any], importance: float | None, usual: float | None
) -> dict[str, Any]:
    shares = bins["shares"]
    is_text = isinstance(shares, Mapping)
    categories = list(shares) if is_text else None
    known = list(shares.values()) if is_text else list(shares)
    return {
        "feature": name,
        "kind": "categorical" if is_text else "numeric",
        "importance": importance,
        "edges": None if is_text else [float(edge) for edge in bins["edges"]],
        # Without any text there is one bin that nothing is in.
        "categories": (categories or [""]) if is_text else None,
        "unknown_share": float(bins["unknown"]),
        "shares": [float(share) for share in known] or [0.0],
        "usual_psi": usual,
    }
