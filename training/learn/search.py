"""The search for good parameters, with a budget: Optuna proposes, folds judge."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import TrialState

# Trials drawn at random before the sampler begins to learn from them, and before any is cut short.
FIRST_AT_RANDOM = 10

Parameters = dict[str, Any]
# Which values each parameter may have.
Space = Mapping[str, BaseDistribution]
# The score of parameters on the fold of a number, higher is better.
Objective = Callable[[Parameters, int], float]


@dataclass(frozen=True)
class Budget:
    """
    When to stop; whatever comes first.

    :param trials: at most so many.
    :param seconds: no new trial after that; the last one is finished. With it, how many trials a
        machine manages, and so the result, depends on its speed; without it, on the seed alone.
    """

    trials: int
    seconds: float | None = None


@dataclass(frozen=True)
class Trial:
    """
    One set of parameters tried.

    :param fold_scores: of the folds that were computed.
    :param is_complete: False: cut short, because the first folds were worse than usual.
    :param seconds: since the search began, at its end.
    """

    parameters: Parameters
    fold_scores: tuple[float, ...]
    is_complete: bool
    seconds: float

    @property
    def score(self) -> float:
        """Mean over its folds."""
        return sum(self.fold_scores) / len(self.fold_scores)


@dataclass(frozen=True)
class SearchResult:
    """
    What the search found.

    :param best: the complete trial with the highest score; of equals the first.
    :param history: every trial in order.
    """

    best: Trial
    history: tuple[Trial, ...]


OnTrial = Callable[[Trial, SearchResult], None]


def search(
    objective: Objective,
    folds: int,
    space: Space,
    budget: Budget,
    seed: int,
    first: Sequence[Parameters] = (),
    on_trial: OnTrial = lambda trial, so_far: None,
) -> SearchResult:
    """
    Find parameters with a high mean score over the folds.

    A trial is cut short when its mean so far is below the median of the others after as many folds.

    :param objective: called for one fold after the other, so that bad parameters cost few.
    :param folds: how many there are.
    :param first: parameters known to be good, tried before all others.
    :param on_trial: told after each trial; for a progress bar.

    Source: Akiba et al. 2019, Optuna, doi:10.1145/3292500.3330701
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=FIRST_AT_RANDOM),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=FIRST_AT_RANDOM),
    )
    for parameters in first:
        study.enqueue_trial(parameters)
    begin = monotonic()
    history: list[Trial] = []
    while len(history) < budget.trials:
        trial = _run(study, objective, folds, space, begin)
        history.append(trial)
        result = SearchResult(_best(history), tuple(history))
        on_trial(trial, result)
        if budget.seconds is not None and trial.seconds >= budget.seconds:
            break
    return result


def _run(
    study: optuna.Study, objective: Objective, folds: int, space: Space, begin: float
) -> Trial:
    asked = study.ask(dict(space))
    scores: list[float] = []
    while len(scores) < folds:
        scores.append(objective(dict(asked.params), len(scores)))
        asked.report(sum(scores) / len(scores), step=len(scores))
        if asked.should_prune():
            break
    is_complete = len(scores) == folds
    trial = Trial(dict(asked.params), tuple(scores), is_complete, monotonic() - begin)
    if is_complete:
        study.tell(asked, trial.score)
    else:
        study.tell(asked, state=TrialState.PRUNED)
    return trial


def _best(history: Sequence[Trial]) -> Trial:
    # The first trial is always complete: there is nothing yet to compare it with.
    return max((trial for trial in history if trial.is_complete), key=lambda trial: trial.score)
