"""The search: finds the top of a hill, keeps its budget, repeats by seed, cuts bad trials short."""

import itertools

import pytest

pytest.importorskip("optuna")

from optuna.distributions import FloatDistribution

from training.learn import search as module
from training.learn.search import Budget, Parameters, SearchResult, Trial, search

SPACE = {"x": FloatDistribution(-10, 10), "y": FloatDistribution(0.01, 100, log=True)}


def hill(parameters: Parameters, fold: int) -> float:
    return -((parameters["x"] - 3) ** 2) - (parameters["y"] - 1) ** 2 / 100 + fold


def test_it_finds_the_top() -> None:
    found = search(hill, 2, SPACE, Budget(trials=40), seed=7)
    assert abs(found.best.parameters["x"] - 3) < 1
    assert found.best.score == max(trial.score for trial in found.history if trial.is_complete)
    assert found.best.fold_scores[1] == pytest.approx(found.best.fold_scores[0] + 1)


def test_the_same_seed_makes_the_same_trials() -> None:
    first, second, third = (
        [trial.parameters for trial in search(hill, 1, SPACE, Budget(15), seed).history]
        for seed in (7, 7, 8)
    )
    assert first == second != third


def test_bad_trials_are_cut_short_and_never_the_best() -> None:
    calls = itertools.count()

    def counted(parameters: Parameters, fold: int) -> float:
        next(calls)
        return hill(parameters, fold)

    found = search(counted, 4, SPACE, Budget(40), seed=7)
    short = [trial for trial in found.history if not trial.is_complete]
    assert short and all(len(trial.fold_scores) < 4 for trial in short)
    assert next(calls) == sum(len(trial.fold_scores) for trial in found.history) < 160
    assert found.best.is_complete


def test_known_parameters_come_first_and_progress_is_told() -> None:
    told: list[tuple[int, float]] = []

    def on_trial(trial: Trial, so_far: SearchResult) -> None:
        told.append((len(so_far.history), so_far.best.score))

    known = {"x": 3.0, "y": 1.0}
    found = search(hill, 1, SPACE, Budget(5), 7, first=[known], on_trial=on_trial)
    assert found.history[0].parameters == found.best.parameters == known
    assert told == [(number, 0.0) for number in range(1, 6)]


def test_when_the_time_is_over_the_trial_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count()
    monkeypatch.setattr(module, "monotonic", lambda: float(next(clock)))
    found = search(hill, 3, SPACE, Budget(trials=100, seconds=4.0), seed=7)
    assert [trial.seconds for trial in found.history] == [1.0, 2.0, 3.0, 4.0]
    assert all(len(trial.fold_scores) == 3 for trial in found.history)
