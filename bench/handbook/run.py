"""The benchmark: draw payments, choose parameters, measure every model in the test weeks."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.handbook.array_types import Floats
from bench.handbook.choice import Choice, choose
from bench.handbook.draw import Draw, make_draw
from bench.handbook.features import BOOK, STREAMED
from bench.handbook.models import (
    START,
    Learner,
    boost,
    gradient_boosting,
    logistic_regression,
    random_forest,
)
from bench.handbook.plan import Plan
from bench.handbook.reference import reference_scores
from bench.handbook.weeks import PROTOCOL, Measures
from training.measure.intervals import Interval, Measure, difference, interval
from training.measure.ranking import Ranking
from training.progress import Progress

MODEL_SEED = 7
LOGISTIC, FOREST = "logistic regression", "random forest"
REFERENCE = "reference scorer"
OURS = "LightGBM, as streamed, searched, averaged"


@dataclass(frozen=True)
class Entry:
    """
    A model of the table.

    :param features: name of the set it sees.
    :param days: length of its training window.
    """

    name: str
    features: str
    days: int
    learner: Learner


@dataclass(frozen=True)
class Measured:
    """
    One model on one draw.

    :param by_week: in order of the test weeks.
    :param scores: of the test rows, by week.
    :param seconds: for all weeks, making and measuring.
    """

    name: str
    features: str
    days: int
    by_week: tuple[Measures, ...]
    scores: tuple[Floats, ...]
    seconds: float

    def mean(self, measure: str) -> float:
        """:param measure: a field of `Measures`."""
        return float(np.mean(self._values(measure)))

    def deviation(self, measure: str) -> float:
        """Standard deviation over the weeks, as the book gives it."""
        return float(np.std(self._values(measure)))

    def _values(self, measure: str) -> list[float]:
        return [getattr(week, measure) for week in self.by_week]


@dataclass(frozen=True)
class DrawResult:
    """
    Everything measured on one draw.

    :param frauds: of them, frauds by scenario 1, 2, 3.
    :param tested: payments in the test rows of all weeks.
    :param tested_frauds: of them, frauds.
    """

    seed: int
    payments: int
    frauds: tuple[int, int, int]
    tested: int
    tested_frauds: int
    models: tuple[Measured, ...]

    def model(self, name: str) -> Measured:
        """:raises StopIteration: there is none of that name."""
        return next(model for model in self.models if model.name == name)


@dataclass(frozen=True)
class Result:
    """
    The benchmark.

    :param own: average precision of our model on the first draw, cards drawn again.
    :param gain: the same for our model minus the random forest.
    :param importance: share of the gain of all splits by feature, largest first.
    :param seconds: for everything.
    """

    plan: Plan
    choice: Choice
    draws: tuple[DrawResult, ...]
    own: Interval
    gain: Interval
    importance: tuple[tuple[str, float], ...]
    seconds: float


def entries(choice: Choice, plan: Plan) -> Iterator[Entry]:
    """The models measured on every draw: the controls and ours."""
    week, days = PROTOCOL.train_days, choice.train_days
    yield Entry(LOGISTIC, BOOK, week, logistic_regression(choice.regularisation))
    yield Entry(FOREST, BOOK, week, random_forest(choice.depth))
    yield Entry(OURS, STREAMED, days, gradient_boosting(choice.boosting, plan.model_seeds))


def steps(choice: Choice, plan: Plan) -> Iterator[Entry]:
    """From the controls to ours, one change at a time; measured on the first draw."""
    week, month = PROTOCOL.train_days, plan.known_good_days
    start = gradient_boosting(START)
    coarse = gradient_boosting({**START, "max_bin": 255, "min_data_in_bin": 3})
    yield Entry("LightGBM", BOOK, week, start)
    yield Entry("LightGBM, longer training", BOOK, month, start)
    yield Entry("LightGBM, as streamed, a week", STREAMED, week, start)
    yield Entry("LightGBM, as streamed, usual bins", STREAMED, month, coarse)
    yield Entry("LightGBM, as streamed", STREAMED, month, start)
    chosen = gradient_boosting(choice.boosting)
    yield Entry("LightGBM, as streamed, searched", STREAMED, choice.train_days, chosen)


def run(plan: Plan, progress: Progress, say: Callable[[str], None]) -> Iterator[Result]:
    """
    Run the benchmark; there is a result after the first draw, and a longer one after each other.

    :param say: told each model's figures as soon as they are known.
    :raises TrainingDataError: the plan's days are too few for its weeks.
    """
    begin = time.monotonic()
    first = make_draw(plan, plan.draws[0], progress)
    choice = choose(first, plan, MODEL_SEED, progress)
    logistic, forest, ours = entries(choice, plan)
    shown = (logistic, forest, *steps(choice, plan), ours)
    measured = measure_draw(first, shown, progress, say)
    with progress.step("intervals"):
        own, gain = _intervals(first, measured, plan.resamples)
    result = Result(
        plan=plan,
        choice=choice,
        draws=(measured,),
        own=own,
        gain=gain,
        importance=_importance(first, choice),
        seconds=time.monotonic() - begin,
    )
    yield result
    del first
    for seed in plan.draws[1:]:
        draw = make_draw(plan, seed, progress)
        measured = measure_draw(draw, (logistic, forest, ours), progress, say)
        seconds = time.monotonic() - begin
        result = replace(result, draws=(*result.draws, measured), seconds=seconds)
        yield result


def measure_draw(
    draw: Draw, shown: Sequence[Entry], progress: Progress, say: Callable[[str], None]
) -> DrawResult:
    """Measure models, and the reference scorer, in the test weeks of a draw."""
    weeks, models = draw.weeks, []
    rows = [weeks.test_rows(fold) for fold in weeks.tests]
    for entry in shown:
        begin = time.monotonic()
        with progress.step(f"draw {draw.seed}: {entry.name}"):
            found = draw.measure(weeks.tests, entry.features, entry.days, entry.learner, MODEL_SEED)
        scores, by_week = zip(*found, strict=True)
        seconds = time.monotonic() - begin
        models.append(Measured(entry.name, entry.features, entry.days, by_week, scores, seconds))
        say(_line(models[-1]))
    known = tuple(reference_scores(weeks.payments, part) for part in rows)
    by_week = tuple(map(weeks.measure, rows, known))
    models.append(Measured(REFERENCE, "", 0, by_week, known, 0.0))
    say(_line(models[-1]))
    scenario = weeks.payments.scenario
    return DrawResult(
        seed=draw.seed,
        payments=len(weeks.payments),
        frauds=tuple(np.bincount(scenario, minlength=4)[1:].tolist()),
        tested=sum(map(len, rows)),
        tested_frauds=int(sum(weeks.payments.label[part].sum() for part in rows)),
        models=tuple(models),
    )


def _line(model: Measured) -> str:
    return (
        f"{model.name}: average precision {model.mean('average_precision'):.3f} "
        f"± {model.deviation('average_precision'):.3f}, "
        f"ROC AUC {model.mean('roc_auc'):.3f}, "
        f"card precision {model.mean('card_precision'):.3f}"
    )


def _intervals(draw: Draw, result: DrawResult, resamples: int) -> tuple[Interval, Interval]:
    rows = [draw.weeks.test_rows(fold) for fold in draw.weeks.tests]
    card = draw.weeks.payments.card[np.concatenate(rows)]

    def mean_precision(name: str) -> Measure:
        label = [draw.weeks.payments.label[part] for part in rows]
        rankings = list(map(Ranking, label, result.model(name).scores))
        ends = np.cumsum([len(part) for part in rows])[:-1]

        def measure(weights: Floats | None) -> float:
            parts = [None] * len(rows) if weights is None else np.split(weights, ends)
            pairs = zip(rankings, parts, strict=True)
            return float(np.mean([ranking.average_precision(part) for ranking, part in pairs]))

        return measure

    ours, forest = mean_precision(OURS), mean_precision(FOREST)
    return (
        interval(ours, card, MODEL_SEED, resamples),
        difference(ours, forest, card, MODEL_SEED, resamples),
    )


def _importance(draw: Draw, choice: Choice) -> tuple[tuple[str, float], ...]:
    features = draw.features[STREAMED]
    rows = draw.weeks.train_rows(draw.weeks.tests[-1], choice.train_days)
    label = draw.weeks.payments.label[rows]
    (booster,) = boost(choice.boosting, features.values[rows], label, [MODEL_SEED])
    gain = booster.feature_importance("gain")
    order = np.argsort(-gain)
    return tuple((features.names[at], float(gain[at] / gain.sum())) for at in order)
