"""Whether a new model may take the place of the one in force: by figures, on payments new to both.

The verdict is about a moment, so it is not part of the bundle's hash; it is in ``gate.json``.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from training.judge.controls import Control
from training.judge.evaluate import cards_of, ends
from training.measure.intervals import difference, interval
from training.measure.ranking import Ranking
from udfs.bundle_errors import BundleError
from udfs.model_bundle import ModelBundle, write_atomically
from udfs.onnx_scorer import OnnxScorer

GATE_FILE = "gate.json"
PASSED, REFUSED = "passed", "refused"
# With fewer frauds the difference of two average precisions is noise.
MIN_POSITIVES = 50
# Of one source of labels, to compare models on what it says alone.
SOURCE_POSITIVES = 30
RESAMPLES = 200

OnCheck = Callable[[int, int], None]


@dataclass(frozen=True)
class Rival:
    """
    What the candidate is compared with.

    :param average_precision: on the same payments as the candidate.
    :param difference: how much better the candidate is; below 0: worse.
    :param interval: where that difference lies in 95 of 100 resamples.
    """

    average_precision: float
    difference: float
    interval: tuple[float, float]

    @property
    def is_beaten(self) -> bool:
        """By more than the noise."""
        return self.interval[0] > 0


@dataclass(frozen=True)
class Verdict:
    """
    Passed or refused, and why.

    :param verdict: `PASSED` or `REFUSED`.
    :param reasons: one line each: why it was refused, or what it has beaten.
    :param candidate: the version judged.
    :param against: the champion's version; None if there is none.
    :param period: from and to (UTC), payments, positives; note, if part of it was left out.
    :param candidate_ap: the candidate's average precision with its interval.
    :param rivals: by name: the champion and the controls.
    """

    verdict: str
    reasons: list[str]
    candidate: str
    against: str | None
    period: dict[str, Any]
    candidate_ap: tuple[float, float, float] | None = None
    rivals: dict[str, Rival] = field(default_factory=dict)

    @property
    def is_passed(self) -> bool:
        """Whether the candidate may be put forward."""
        return self.verdict == PASSED

    def to_json(self) -> dict[str, Any]:
        """What ``gate.json`` holds."""
        champion = self.rivals.get(CHAMPION)
        figures: dict[str, Any] = {"positives": self.period["positives"]}
        if self.candidate_ap:
            figures["candidate"] = self.candidate_ap[0]
            figures["candidate_interval"] = list(self.candidate_ap[1:])
        if champion:
            figures["champion"] = champion.average_precision
            figures["difference"] = champion.difference
            figures["interval"] = list(champion.interval)
        figures["baselines"] = {
            name: asdict(rival) for name, rival in self.rivals.items() if name != CHAMPION
        }
        return {
            "verdict": self.verdict,
            "reasons": self.reasons,
            "candidate": self.candidate,
            "against": self.against,
            "measure": "average_precision",
            "period": self.period,
            "figures": figures,
        }

    def lines(self) -> list[str]:
        """A short table for people."""
        rows = [
            f"gate                    {self.verdict}: {self.period['payments']:,} payments from "
            f"{self.period['from'][:10]} to {self.period['to'][:10]}, "
            f"{self.period['positives']:,} frauds"
        ]
        if self.candidate_ap:
            value, low, high = self.candidate_ap
            rows.append(f"  {'candidate':<22}{value:.3f}  ({low:.3f} to {high:.3f})")
        rows += [
            f"  {name.replace('_', ' '):<22}{rival.average_precision:.3f}  candidate is "
            f"{rival.difference:+.3f} ({rival.interval[0]:+.3f} to {rival.interval[1]:+.3f})"
            for name, rival in self.rivals.items()
        ]
        return rows + [f"  {reason}" for reason in self.reasons]


CHAMPION = "champion"


def judge(
    candidate: OnnxScorer,
    champion: OnnxScorer | BundleError | None,
    frame: pd.DataFrame,
    baselines: Sequence[Control],
    seed: int,
    min_positives: int = MIN_POSITIVES,
    on_check: OnCheck = lambda done, total: None,
    untrusted: Sequence[str] = (),
) -> Verdict:
    """
    Compare a candidate with the champion and with what needs no model.

    Each model scores the raw values with its own encoder. Payments that either of the two has
    learned from, or chosen its thresholds on, do not count.

    :param candidate: the new model.
    :param champion: the model in force; the error if it cannot be loaded; None if there is none.
    :param frame: the test part: the features by name as the SQL delivers them, and the keys of a
        `TrainingSet`, in order of time, shape (n, ...).
    :param baselines: scores of the same n payments; every one has to be beaten.
    :param on_check: told how many comparisons are done, and of how many.
    :param untrusted: why labels cannot be believed, one line each: with such labels no model
        passes, because they are what models are measured by.

    Source: paired bootstrap: Efron and Tibshirani 1993, An Introduction to the Bootstrap
    """
    version = candidate.version
    against = champion.version if isinstance(champion, OnnxScorer) else None
    start = seen_until_ms(candidate.bundle)
    notes = []
    reasons = [f"{fact}: find out which is wrong" for fact in untrusted]
    is_new = frame["event_ms"].to_numpy() >= start
    if isinstance(champion, OnnxScorer):
        champion_seen_ms = seen_until_ms(champion.bundle)
        left_out = int((is_new & (frame["event_ms"].to_numpy() < champion_seen_ms)).sum())
        if left_out:
            notes.append(f"{left_out:,} payments were left out: the champion has learnt from them")
        is_new &= frame["event_ms"].to_numpy() >= champion_seen_ms
        missing = [name for name in champion.feature_names if name not in frame.columns]
        if missing:
            reasons.append(
                f"the champion {champion.version} needs {missing[0]}, which the training set does "
                "not have: the two cannot be compared"
            )
    elif champion is not None:
        notes.append(f"the champion counts as none, because it cannot score: {champion.fact}")
    rows = np.flatnonzero(is_new)
    part = frame.iloc[rows]
    period = _period(part, notes)
    if period["positives"] < min_positives:
        reasons.append(
            f"{period['positives']} frauds among {period['payments']} payments that are new to "
            f"both, the gate needs {min_positives}"
        )
    if reasons:
        return Verdict(REFUSED, reasons, version, against, period)

    label = part["label"].to_numpy()
    card = cards_of(part)
    scores = score_frame(candidate, part)
    ranking = Ranking(label, scores)
    others = {control.name: control.scores[rows] for control in baselines}
    if isinstance(champion, OnnxScorer):
        others = {CHAMPION: score_frame(champion, part)} | others
    rivals: dict[str, Rival] = {}
    for number, (name, theirs) in enumerate(others.items()):
        on_check(number, len(others) + 1)
        other = Ranking(label, theirs)
        found = difference(
            ranking.average_precision, other.average_precision, card, seed, RESAMPLES
        )
        low, high = ends(found)
        rivals[name] = Rival(other.average_precision(), found.value, (low, high))
    worse = []
    if isinstance(champion, OnnxScorer):
        worse = worse_by_source(part, scores, others[CHAMPION], seed)
    on_check(len(others), len(others) + 1)
    own = interval(ranking.average_precision, card, seed, RESAMPLES)
    unbeaten = [name for name, rival in rivals.items() if not rival.is_beaten]
    reasons = [
        f"not better than {_called(name, against)} by more than the noise: the difference may be "
        f"{rivals[name].interval[0]:+.3f}"
        for name in unbeaten
    ]
    reasons += [f"worse than the champion {against} {text}" for text in worse]
    if not reasons:
        names = ", ".join(_called(name, against) for name in rivals)
        reasons = [f"better than {names} by more than the noise"]
    verdict = REFUSED if unbeaten or worse else PASSED
    low, high = ends(own)
    return Verdict(verdict, reasons, version, against, period, (own.value, low, high), rivals)


def worse_by_source(
    part: pd.DataFrame, scores: np.ndarray, champion: np.ndarray, seed: int
) -> list[str]:
    """
    Where a candidate finds fewer of the frauds that one source of labels reports.

    A source that is wrong makes a candidate better by its own labels, and worse by those of the
    others.

    :param part: payments with ``label``, ``label_source`` and ``card_id``, shape (n, ...).
    :param scores: the candidate's, shape (n,), as ``champion``.
    :return: one text for each such source; none if all labels are of one.
    """
    if "label_source" not in part.columns:
        return []
    label = part["label"].to_numpy()
    sources = part["label_source"].where(part["label"] == 1)
    counts = sources.value_counts()
    found: list[str] = []
    for source in sorted(counts.index[counts >= SOURCE_POSITIVES]) if len(counts) > 1 else ():
        rows = np.flatnonzero((label == 0) | (sources == source).to_numpy())
        kept = part.iloc[rows]
        ours, theirs = (Ranking(label[rows], one[rows]) for one in (scores, champion))
        gain = difference(
            ours.average_precision, theirs.average_precision, cards_of(kept), seed, RESAMPLES
        )
        if gain.high < 0:
            found.append(
                f"on the {counts[source]:,} frauds that {source} reports, by more than the noise: "
                f"the difference is {gain.value:+.3f}"
            )
    return found


def score_frame(scorer: OnnxScorer, frame: pd.DataFrame) -> np.ndarray:
    """
    A model's scores, encoded by the model itself.

    :param frame: its features by name as the SQL delivers them, shape (n, ...).
    :return: float64 in [0, 1], shape (n,).
    """
    features = scorer.encode([frame[name] for name in scorer.feature_names])
    return scorer.score(features).astype(np.float64)


def seen_until_ms(bundle: ModelBundle) -> int:
    """
    Up to when a model has used payments: to learn, or to choose when to stop and its thresholds.

    :return: UTC epoch milliseconds; 0 if its bundle does not say.
    """
    training: Mapping[str, Any] = bundle.manifest.get("training", {})
    if "seen_until_ms" in training:
        return int(training["seen_until_ms"])
    parts = training.get("parts", {})
    ends_at = [parts[name]["to"] for name in ("train", "validation") if name in parts]
    if not ends_at:
        return 0
    # Written in whole minutes, rounded down.
    last = datetime.strptime(max(ends_at), "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    return int((last + timedelta(minutes=1)).timestamp() * 1000)


def write_verdict(folder: Path, verdict: Verdict) -> None:
    """Put ``gate.json`` into a bundle's folder."""
    text = json.dumps(verdict.to_json(), indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(folder / GATE_FILE, f"{text}\n")


def _called(name: str, champion: str | None) -> str:
    return f"the champion {champion}" if name == CHAMPION else f"the {name.replace('_', ' ')}"


def _period(part: pd.DataFrame, notes: list[str]) -> dict[str, Any]:
    period: dict[str, Any] = {
        "from": _utc(part["event_ms"].iloc[0]) if len(part) else "",
        "to": _utc(part["event_ms"].iloc[-1]) if len(part) else "",
        "payments": len(part),
        "positives": int(part["label"].sum()),
    }
    if notes:
        period["note"] = "; ".join(notes)
    return period


def _utc(ms: int) -> str:
    return datetime.fromtimestamp(int(ms) / 1000, UTC).strftime("%Y-%m-%d %H:%M")
