"""One draw of the payments with everything that is measured on it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench.handbook.array_types import Floats
from bench.handbook.features import Features, compute
from bench.handbook.models import Learner
from bench.handbook.plan import Plan
from bench.handbook.simulator import simulate
from bench.handbook.weeks import Measures, Weeks
from training.measure.prequential import Fold
from training.progress import Progress

# Models made at once, each by one thread.
WORKERS = 2


@dataclass(frozen=True)
class Draw:
    """
    Payments and what is known of them.

    :param features: by name: the book's and the stream's.
    """

    seed: int
    weeks: Weeks
    features: dict[str, Features]

    def scores(self, fold: Fold, features: str, days: int, learner: Learner, seed: int) -> Floats:
        """
        Learn from a fold's training window and score its test rows.

        :param features: name of the set.
        :param days: length of the training window.
        :return: of ``weeks.test_rows(fold)``, shape (m,).
        """
        values = self.features[features].values
        train = self.weeks.train_rows(fold, days)
        scorer = learner(values[train], self.weeks.payments.label[train], seed)
        return scorer(values[self.weeks.test_rows(fold)])

    def measure(
        self, folds: Sequence[Fold], features: str, days: int, learner: Learner, seed: int
    ) -> list[tuple[Floats, Measures]]:
        """
        The same for several folds, some at a time.

        :return: scores and measures by fold.
        """

        def one(fold: Fold) -> tuple[Floats, Measures]:
            scores = self.scores(fold, features, days, learner, seed)
            return scores, self.weeks.measure(self.weeks.test_rows(fold), scores)

        return each(one, folds)


def make_draw(plan: Plan, seed: int, progress: Progress) -> Draw:
    """
    Simulate payments and compute their features.

    :raises TrainingDataError: the plan's days are too few for its weeks.
    """
    with progress.counted(f"payments of draw {seed}") as on_customer:
        payments = simulate(
            plan.size, seed, lambda done, total: on_customer(done, total, f"{done:,} customers")
        )
    weeks = Weeks(payments, plan.end_day, plan.weeks)
    return Draw(seed, weeks, compute(payments, progress))


def each(
    function: Callable[[Fold], tuple[Floats, Measures]], folds: Sequence[Fold]
) -> list[tuple[Floats, Measures]]:
    """Call a function for every fold, two at a time: what it calls must not hold Python's lock."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(function, folds))
