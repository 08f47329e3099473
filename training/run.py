"""From a world to a published bundle, step by step."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import onnxruntime
import pandas as pd

from flink_jobs.score_payments import JOB
from training.category_codes import UNKNOWN_CODE, Codes, encode, learn_codes
from training.decision_thresholds import choose_thresholds
from training.evaluate import baselines, metrics
from training.export_onnx import check_parity, to_onnx, with_unknowns
from training.feature_units import unit_of
from training.model_card import model_card
from training.plots import importance_png, precision_recall_png, reliability_png
from training.progress import Progress
from training.time_split import TimeSplit, split_by_time
from training.train_model import PARAMETERS, THREADS, train_model
from training.training_set import (
    CATEGORICAL,
    LABEL_DELAY_DAYS,
    WARM_UP_DAYS,
    TrainingSet,
    build_training_set,
)
from training.world import open_world
from udfs.model_bundle import CHAMPION, MODEL, read_pointer, write_bundle, write_pointer
from udfs.onnx_scorer import INPUT, OUTPUT, OnnxScorer

LIGHTGBM_MODEL = "model.lgb.txt"
PARITY_ROWS = 20_000
SELF_TEST_ROWS = 12


@dataclass(frozen=True)
class Outcome:
    """
    What a training run leaves behind.

    :param folder: the bundle.
    :param is_champion: whether it is the model in force now.
    """

    folder: Path
    manifest: Mapping[str, Any]
    is_champion: bool


def train(
    world_folder: Path, models_dir: Path, seed: int, promote: bool | None, progress: Progress
) -> Outcome:
    """
    Train a model on a world and publish it.

    :param world_folder: holds ``world.json`` and the Parquet files.
    :param models_dir: where bundles and the file ``champion`` live.
    :param seed: of the model's random samples.
    :param promote: make it the champion; None does so only if there is none yet.
    :raises TrainingError: the world, its labels or the export do not allow it.
    """
    world = open_world(world_folder)
    with progress.step("features in DuckDB"):
        training_set = build_training_set(world, models_dir / "training_set.parquet")
    frame, names = training_set.frame, training_set.features
    label = frame["label"].to_numpy()
    split = split_by_time(
        frame["event_ms"].to_numpy(), label, training_set.from_ms, training_set.to_ms
    )
    codes: dict[str, Codes] = {
        name: learn_codes(frame[name].iloc[split.train], label[split.train])
        for name in CATEGORICAL
        if name in names
    }
    features = encode(frame, names, codes)

    with progress.rounds("trees") as on_round:
        booster = train_model(
            features[split.train],
            label[split.train],
            features[split.validation],
            label[split.validation],
            names,
            seed,
            on_round,
        )
    with progress.step("thresholds and measures"):
        thresholds = choose_thresholds(
            predict(booster, features[split.validation]),
            label[split.validation],
            frame["amount_cents_paid"].to_numpy()[split.validation],
        )
        scores = predict(booster, features[split.test])
        measured = metrics(frame.iloc[split.test], scores, thresholds)
        measured["baselines"] = baselines(
            (features[split.train], label[split.train]),
            (features[split.test], label[split.test]),
            {name: index for index, name in enumerate(names)},
            seed,
        )
    with progress.step("export and its check"):
        model = to_onnx(booster, len(names))
        rows = with_unknowns(features[split.test][:PARITY_ROWS])
        measured["onnx_rows"] = len(rows)
        measured["onnx_difference"] = check_parity(
            predict(booster, rows), run_onnx(model, rows), rows, names
        )
    with progress.step("pictures, card and bundle"):
        files = {
            MODEL: model,
            LIGHTGBM_MODEL: booster.model_to_string().encode(),
            "precision_recall.png": precision_recall_png(
                label[split.test], scores, thresholds, measured["average_precision"]
            ),
            "reliability.png": reliability_png(label[split.test], scores),
            "importance.png": importance_png(booster, names),
        }
        manifest = {
            "features": [
                {
                    "name": name,
                    "unit": unit_of(name),
                    "kind": "categorical" if name in codes else "numeric",
                }
                for name in names
            ],
            "categories": codes,
            "unknown_code": UNKNOWN_CODE,
            "thresholds": {"review": thresholds.review, "block": thresholds.block},
            "model": {
                "kind": "lightgbm",
                "trees": booster.num_trees(),
                "leaves": PARAMETERS["num_leaves"],
                "parameters": PARAMETERS,
            },
            "training": _training(training_set, split, seed),
            "data": {"content": training_set.content_hash, "world": world.description},
            "code": {"sql": JOB.version, "training": code_hash()},
            "metrics": measured,
            "self_test": _self_test(frame.iloc[split.test], names, features[split.test], booster),
        }
        folder = _publish(models_dir, manifest, files)
        OnnxScorer.load(folder, JOB.model_features)
        is_champion = promote if promote is not None else read_pointer(models_dir, CHAMPION) is None
        if is_champion:
            write_pointer(models_dir, CHAMPION, folder.name)
    return Outcome(folder, manifest, is_champion)


def predict(booster: lightgbm.Booster, features: np.ndarray) -> np.ndarray:
    """
    LightGBM's own scores.

    :param features: float32, shape (n, f).
    :return: float64 in [0, 1], shape (n,).
    """
    return np.asarray(booster.predict(features, num_threads=THREADS), dtype=np.float64)


def run_onnx(model: bytes, features: np.ndarray) -> np.ndarray:
    """
    An ONNX model's scores.

    :param model: as `to_onnx` makes it.
    :param features: float32, shape (n, f).
    :return: float32 in [0, 1], shape (n,).
    """
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    probabilities: np.ndarray = session.run([OUTPUT], {INPUT: features})[0]
    return probabilities[:, 1]


def code_hash() -> str:
    """What identifies the training code: a hash of its files."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return f"py-{digest.hexdigest()[:12]}"


def _publish(models_dir: Path, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> Path:
    created_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    card = model_card(manifest, hashes, created_at)
    return write_bundle(models_dir, manifest, files, created_at, {"model_card.md": card})


def _training(training_set: TrainingSet, split: TimeSplit, seed: int) -> dict[str, Any]:
    label = training_set.frame["label"].to_numpy()
    rows = {"train": split.train, "validation": split.validation, "test": split.test}
    return {
        "from": _utc(training_set.from_ms),
        "to": _utc(training_set.to_ms),
        "rows": len(training_set.frame),
        "frauds": int(label.sum()),
        "labels_known_at": _utc(training_set.known_at_ms),
        "label_delay_days": LABEL_DELAY_DAYS,
        "warm_up_days": WARM_UP_DAYS,
        "seed": seed,
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


def _self_test(
    frame: pd.DataFrame, names: tuple[str, ...], features: np.ndarray, booster: lightgbm.Booster
) -> list[dict[str, Any]]:
    # Half frauds, half not, from the test part; values as the SQL delivers them.
    label = frame["label"].to_numpy()
    half = SELF_TEST_ROWS // 2
    chosen = np.concatenate([np.flatnonzero(label == 1)[:half], np.flatnonzero(label == 0)[:half]])
    scores = predict(booster, features[chosen])
    rows = frame.iloc[chosen]
    return [
        {"features": [_plain(rows[name].iloc[index]) for name in names], "score": float(score)}
        for index, score in enumerate(scores)
    ]


def _plain(value: Any) -> float | str | None:
    if pd.isna(value):
        return None
    return value if isinstance(value, str) else float(value)


def _utc(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
