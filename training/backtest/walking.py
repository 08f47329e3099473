"""Walking forward: each week is decided by a model of what was known when the week began."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from training.backtest.history import History
from training.card.manifest import plain
from training.data.category_codes import UNKNOWN_CODE, encode, learn_codes
from training.data.time_split import GAP_DAYS, MIN_FRAUDS, VALIDATION_SHARE
from training.data.training_set import CATEGORICAL, WARM_UP_DAYS
from training.decide.calibration import choose_calibration
from training.decide.decision_costs import DecisionCosts
from training.decide.decision_curve import DecisionCurve
from training.decide.decision_thresholds import Thresholds
from training.errors import TooFewLabelsError
from training.learn.export_onnx import to_onnx
from training.learn.train_model import predict, train_model
from training.measure.prequential import DAY_MS
from udfs.model_bundle import MODEL, write_bundle
from udfs.onnx_scorer import OnnxScorer

WEEK_MS = 7 * DAY_MS
# 1970-01-05 was a Monday.
FIRST_MONDAY_MS = 4 * DAY_MS
SELF_TEST_ROWS = 12
# For payments of the same millisecond: the same history gives the same model.
NUMBERS = ("transaction_id", "card_id")

OnTree = Callable[[int, int, str], None]


@dataclass(frozen=True)
class WeekModel:
    """
    The model of one week.

    :param week_ms: when the week begins, UTC epoch milliseconds; the model knows nothing later.
    :param delay_days: younger payments were left out: their labels may have been still to come.
    :param payments: that it learned from or was chosen on.
    """

    week_ms: int
    to_ms: int
    delay_days: int
    payments: int
    frauds: int
    scorer: OnnxScorer
    thresholds: Thresholds


@dataclass(frozen=True)
class LearnedParts:
    """Row numbers to learn from and to choose on, in order of time, a day apart."""

    train: np.ndarray
    validation: np.ndarray
    validation_days: float


def weeks(from_ms: int, to_ms: int) -> list[tuple[int, int]]:
    """
    Calendar weeks, from Monday on in UTC.

    :param from_ms: in the first one; it need not be whole, nor the last one.
    :param to_ms: just after the last.
    :return: beginning and end of each, epoch milliseconds.
    """
    monday_ms = from_ms - (from_ms - FIRST_MONDAY_MS) % WEEK_MS
    return [
        (max(begin, from_ms), min(begin + WEEK_MS, to_ms))
        for begin in range(monday_ms, to_ms, WEEK_MS)
    ]


def walk(
    history: History,
    features: tuple[str, ...],
    span: tuple[int, int],
    costs: DecisionCosts,
    seed: int,
    on_week: Callable[[str], OnTree] = lambda name: lambda done, total, note: None,
) -> Iterator[WeekModel]:
    """
    Train a model for each week with the payments and labels known when it begins.

    Weeks before the first that enough labels are known for are left out. Later, a week whose model
    cannot be trained is decided by the previous one's.

    :param history: its features are in the folder ``features``.
    :param features: names in the order of the model's input.
    :param span: of payments to decide, UTC epoch milliseconds.
    :param on_week: told which week comes; returns who hears of its trees.
    :raises TooFewLabelsError: there is no week that a model can be trained for.
    """
    latest: WeekModel | None = None
    reason = "no week is left after the first days"
    for begin_ms, end_ms in weeks(*span):
        delay_days = history.label_delay_days(begin_ms)
        known_to_ms = begin_ms - delay_days * DAY_MS
        frame = _known(history, features, begin_ms, known_to_ms)
        parts = learned_parts(frame, history.facts.first_ms + WARM_UP_DAYS * DAY_MS, known_to_ms)
        short = _too_few(frame, parts)
        if short and latest is None:
            reason = f"by {_date(begin_ms)} {short}"
            continue
        if short:
            assert latest is not None
            yield _again(latest, begin_ms, end_ms)
            continue
        on_tree = on_week(_date(begin_ms))
        scorer, thresholds = learn(
            frame, features, parts, costs, seed, history.folder / "models", on_tree
        )
        latest = WeekModel(
            week_ms=begin_ms,
            to_ms=end_ms,
            delay_days=delay_days,
            payments=len(parts.train) + len(parts.validation),
            frauds=int(frame["label"].sum()),
            scorer=scorer,
            thresholds=thresholds,
        )
        yield latest
    if latest is None:
        raise TooFewLabelsError(
            f"no week can be decided by a model that was trained before it: {reason}",
            "take a longer history or more labels, or leave out --train",
        )


def learned_parts(frame: pd.DataFrame, from_ms: int, to_ms: int) -> LearnedParts:
    """
    Part payments by time: the newest to choose trees, calibration and thresholds on.

    :param frame: with event_ms ascending, shape (n, ...).
    """
    gap_ms = GAP_DAYS * DAY_MS
    validation_from_ms = to_ms - int((to_ms - from_ms - gap_ms) * VALIDATION_SHARE)
    event_ms = frame["event_ms"].to_numpy()
    return LearnedParts(
        train=np.flatnonzero(event_ms < validation_from_ms - gap_ms),
        validation=np.flatnonzero(event_ms >= validation_from_ms),
        validation_days=max(1.0, (to_ms - validation_from_ms) / DAY_MS),
    )


def learn(
    frame: pd.DataFrame,
    features: tuple[str, ...],
    parts: LearnedParts,
    costs: DecisionCosts,
    seed: int,
    models_dir: Path,
    on_tree: OnTree = lambda done, total, note: None,
) -> tuple[OnnxScorer, Thresholds]:
    """
    Learn, calibrate, choose thresholds, and load the result as the stream would.

    :param frame: every feature and label, amount_cents_paid and event_ms.
    :param models_dir: for the bundle.
    """
    label = frame["label"].to_numpy()
    codes = {
        name: learn_codes(frame[name].iloc[parts.train], label[parts.train])
        for name in CATEGORICAL
        if name in features
    }
    matrix = encode(frame, features, codes)
    train, validation = parts.train, parts.validation
    booster = train_model(
        matrix[train],
        label[train],
        matrix[validation],
        label[validation],
        features,
        seed,
        on_round=lambda done, total, score: on_tree(done, total, f"{done} trees"),
    )
    raw = predict(booster, matrix[validation])
    calibration = choose_calibration(raw, label[validation]).calibration
    part = (
        calibration.probabilities(raw),
        label[validation],
        frame["amount_cents_paid"].to_numpy()[validation],
        parts.validation_days,
    )
    thresholds = DecisionCurve.of(part, part).choose(costs)
    shown = validation[:SELF_TEST_ROWS]
    expected = calibration.probabilities(predict(booster, matrix[shown]))
    manifest = {
        "features": [
            {
                "name": name,
                "unit": "",
                "kind": "categorical" if name in codes else "numeric",
            }
            for name in features
        ],
        "categories": codes,
        "unknown_code": UNKNOWN_CODE,
        "thresholds": vars(thresholds),
        "self_test": [
            {
                "features": [plain(frame[name].iloc[row]) for name in features],
                "score": float(score),
            }
            for row, score in zip(shown, expected, strict=True)
        ],
    }
    model = to_onnx(booster, len(features), calibration)
    created_at = datetime.fromtimestamp(int(frame["event_ms"].iloc[-1]) / 1000, UTC)
    folder = write_bundle(
        models_dir, manifest, {MODEL: model}, created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    )
    return OnnxScorer.load(folder, features), thresholds


def _known(
    history: History, features: tuple[str, ...], known_at_ms: int, to_ms: int
) -> pd.DataFrame:
    columns = [
        f"CAST({name} AS {'VARCHAR' if name in CATEGORICAL else 'FLOAT'}) AS {name}"
        for name in features
    ]
    keys = ["event_ms", "amount_cents AS amount_cents_paid", "CAST(label AS TINYINT) AS label"]
    with history.learning(known_at_ms, to_ms) as connection:
        payments = connection.view("payments_to_learn")
        named = payments.project(", ".join([*columns, *keys, *NUMBERS]))
        table = named.order(f"event_ms, {', '.join(NUMBERS)}").to_arrow_table()
    frame: pd.DataFrame = table.drop_columns(list(NUMBERS)).to_pandas()
    return frame


def _too_few(frame: pd.DataFrame, parts: LearnedParts) -> str | None:
    """Why no model can be trained; None if one can."""
    label = frame["label"].to_numpy()
    for name, rows in (("train", parts.train), ("validation", parts.validation)):
        found, needed = int(label[rows].sum()), MIN_FRAUDS[name]
        if found < needed:
            return (
                f"the {name} part has {found} known frauds among {len(rows):,} payments, "
                f"training needs {needed}"
            )
    return None


def _again(latest: WeekModel, begin_ms: int, end_ms: int) -> WeekModel:
    return WeekModel(**{**vars(latest), "week_ms": begin_ms, "to_ms": end_ms})


def _date(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")
