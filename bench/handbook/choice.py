"""The choice of parameters, on weeks that were over before the first test week."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from bench.handbook.draw import WORKERS, Draw
from bench.handbook.features import BOOK, STREAMED
from bench.handbook.models import (
    START,
    Learner,
    gradient_boosting,
    logistic_regression,
    random_forest,
)
from bench.handbook.plan import Plan
from bench.handbook.weeks import PROTOCOL
from training.learn.search import Budget, Parameters, SearchResult, Trial, search
from training.progress import Progress

DAYS = "train_days"
SPACE: dict[str, BaseDistribution] = {
    "trees": IntDistribution(80, 300, log=True),
    "learning_rate": FloatDistribution(0.02, 0.1, log=True),
    "num_leaves": IntDistribution(8, 48, log=True),
    "min_child_samples": IntDistribution(10, 300, log=True),
    "feature_fraction": FloatDistribution(0.2, 0.8),
    "bagging_fraction": FloatDistribution(0.5, 1.0),
    "lambda_l2": FloatDistribution(0.1, 100.0, log=True),
}


@dataclass(frozen=True)
class Choice:
    """
    What was chosen.

    :param regularisation: of the logistic regression.
    :param depth: of the random forest.
    :param boosting: LightGBM's parameters, without ``train_days``.
    :param train_days: how far back LightGBM learns.
    """

    regularisation: float
    depth: int | None
    boosting: Parameters
    train_days: int
    search: SearchResult


def choose(draw: Draw, plan: Plan, seed: int, progress: Progress) -> Choice:
    """
    Choose by the mean average precision over the validation weeks.

    :param seed: of the models and the search.
    """
    with progress.counted("parameters of the controls") as on_done:
        total = len(plan.regularisations) + len(plan.forest_depths)
        done = 0

        def score(learner: Learner) -> float:
            nonlocal done
            value = _mean(draw, BOOK, PROTOCOL.train_days, learner, seed)
            done += 1
            on_done(done, total, f"average precision {value:.3f} in validation")
            return value

        regularisation = max(plan.regularisations, key=lambda c: score(logistic_regression(c)))
        depth = max(plan.forest_depths, key=lambda depth: score(random_forest(depth)))
    found = search_boosting(draw, plan, seed, progress)
    boosting = {name: found.best.parameters[name] for name in SPACE}
    return Choice(regularisation, depth, boosting, found.best.parameters[DAYS], found)


def search_boosting(draw: Draw, plan: Plan, seed: int, progress: Progress) -> SearchResult:
    """Search LightGBM's parameters and how far back it should learn."""
    folds = draw.weeks.validations
    # As many weeks at a time as there are workers; after each step a trial may be pruned.
    steps: Sequence[Any] = [folds[at : at + WORKERS] for at in range(0, len(folds), WORKERS)]

    def objective(parameters: Parameters, step: int) -> float:
        boosting = gradient_boosting({name: parameters[name] for name in SPACE})
        results = draw.measure(steps[step], STREAMED, parameters[DAYS], boosting, seed)
        return float(np.mean([measures.average_precision for _, measures in results]))

    with progress.counted("search for LightGBM") as on_done:

        def on_trial(trial: Trial, so_far: SearchResult) -> None:
            note = f"best average precision {so_far.best.score:.3f} in validation"
            on_done(len(so_far.history), plan.trials, note)

        return search(
            objective,
            len(steps),
            {**SPACE, DAYS: CategoricalDistribution(plan.train_days)},
            Budget(plan.trials),
            seed,
            first=[{**START, DAYS: plan.known_good_days}],
            on_trial=on_trial,
        )


def _mean(draw: Draw, features: str, days: int, learner: Learner, seed: int) -> float:
    results = draw.measure(draw.weeks.validations, features, days, learner, seed)
    return float(np.mean([measures.average_precision for _, measures in results]))
