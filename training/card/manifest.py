"""What `bundle.json` says about a model, before it is published."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from flink_jobs.feature_registry import TEXT, feature_registry
from flink_jobs.pipelines import PAYMENTS
from training.card.feature_facts import SCORE, feature_bins, importance, score_bins, usual_drift
from training.data.category_codes import UNKNOWN_CODE
from training.data.prepare import Prepared
from training.data.training_set import LABEL_DELAY_DAYS, WARM_UP_DAYS
from training.decide.decision_costs import DecisionCosts
from training.learn.fit import Fitted
from training.learn.train_model import PARAMETERS

SELF_TEST_ROWS = 12


def manifest(
    fitted: Fitted, costs: DecisionCosts, measured: Mapping[str, Any], seed: int
) -> dict[str, Any]:
    """
    Everything in ``bundle.json`` but version, time and hashes of files.

    :param measured: the metrics.
    """
    prepared, found = fitted.prepared, fitted.found
    entries = feature_registry(PAYMENTS.job)
    training_set = prepared.training_set
    parameters = found.parameters if found else PARAMETERS
    bins = feature_bins(training_set.frame.iloc[prepared.split.train], training_set.features)
    return {
        "features": [
            {
                "name": entry.name,
                "unit": entry.unit,
                "kind": "categorical" if entry.unit == TEXT else "numeric",
                "meaning": entry.meaning,
                "importance": float(share),
            }
            for entry, share in zip(
                map(entries.__getitem__, training_set.features),
                importance(fitted.booster),
                strict=True,
            )
        ],
        "feature_bins": bins,
        "score_bins": score_bins(fitted.test_scores),
        "usual_drift": _usual_drift(fitted, bins),
        "categories": prepared.codes,
        "unknown_code": UNKNOWN_CODE,
        "thresholds": {"review": fitted.thresholds.review, "block": fitted.thresholds.block},
        "costs": costs.to_json(),
        "curve": fitted.curve.to_json(),
        "calibration": {
            **fitted.calibration.calibration.to_json(),
            "log_loss": fitted.calibration.log_loss,
        },
        "model": {
            "kind": "lightgbm",
            "trees": fitted.booster.num_trees(),
            "leaves": parameters["num_leaves"],
            "parameters": parameters,
            "search": found.to_json() if found else None,
        },
        "training": _training(prepared, seed),
        "data": {
            "content": training_set.content_hash,
            "source": training_set.source,
            "labels": training_set.labels.to_json(),
        },
        "code": {"sql": PAYMENTS.version, "training": code_hash()},
        "metrics": measured,
        "self_test": _self_test(fitted),
    }


def _usual_drift(fitted: Fitted, bins: Mapping[str, Any]) -> dict[str, float | None]:
    """Of the features on the days that the trees have not learned from, and of the scores."""
    split, frame = fitted.prepared.split, fitted.prepared.training_set.frame
    later = frame.iloc[np.concatenate([split.validation, split.test])]
    scored = frame.iloc[fitted.test].assign(**{SCORE: fitted.test_scores})
    return {
        **usual_drift(bins, later),
        **usual_drift({SCORE: score_bins(fitted.test_scores)}, scored),
    }


def code_hash() -> str:
    """What identifies the training code: a hash of its files."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return f"py-{digest.hexdigest()[:12]}"


def _training(prepared: Prepared, seed: int) -> dict[str, Any]:
    training_set, split, label = prepared.training_set, prepared.split, prepared.label
    rows = {"train": split.train, "validation": split.validation, "test": split.test}
    return {
        "from": _utc(training_set.from_ms),
        "to": _utc(training_set.to_ms),
        "rows": len(training_set.frame),
        "frauds": int(label.sum()),
        "labels_known_at": _utc(training_set.known_at_ms),
        "label_delay_days": LABEL_DELAY_DAYS,
        "warm_up_days": WARM_UP_DAYS,
        # A later model is compared with this one on payments from then on.
        "seen_until_ms": split.windows["validation"][1],
        "seed": seed,
        "warnings": prepared.warnings,
        "parts": {
            name: {
                "from": _utc(split.windows[name][0]),
                "to": _utc(split.windows[name][1]),
                "rows": len(part),
                "frauds": int(label[part].sum()),
            }
            for name, part in rows.items()
        },
    }


def _self_test(fitted: Fitted) -> list[dict[str, Any]]:
    # Half frauds, half not, from the test part; values as the SQL delivers them.
    training_set = fitted.prepared.training_set
    label = fitted.prepared.label[fitted.test]
    half = SELF_TEST_ROWS // 2
    chosen = fitted.test[
        np.concatenate([np.flatnonzero(label == 1)[:half], np.flatnonzero(label == 0)[:half]])
    ]
    rows = training_set.frame.iloc[chosen]
    return [
        {
            "features": [plain(rows[name].iloc[index]) for name in training_set.features],
            "score": float(score),
        }
        for index, score in enumerate(fitted.scores(fitted.prepared.features[chosen]))
    ]


def plain(value: Any) -> float | str | None:
    """A value of a feature as JSON has it; None is unknown."""
    if pd.isna(value):
        return None
    return value if isinstance(value, str) else float(value)


def _utc(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
