"""How much to run: the whole benchmark, or a small one that shows that it works."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.handbook.simulator import Size


@dataclass(frozen=True)
class Plan:
    """
    What to run; the defaults are the benchmark.

    :param draws: seeds of the payments; on the first one parameters are chosen.
    :param end_day: just after the last test week: the book's ends on 14 August 2018.
    :param weeks: to measure on, and as many to choose on.
    :param trials: of the search.
    :param train_days: how far back LightGBM may learn; the search chooses.
    :param known_good_days: of these for models that are not searched.
    :param model_seeds: models whose scores are averaged.
    :param forest_depths: to choose from for the random forest.
    :param regularisations: to choose from for the logistic regression.
    :param resamples: for the intervals.
    """

    draws: tuple[int, ...] = (7, 8, 9, 10)
    size: Size = field(default_factory=Size)
    end_day: int = 136
    weeks: int = 4
    trials: int = 15
    train_days: tuple[int, ...] = (28, 42, 56)
    known_good_days: int = 28
    model_seeds: int = 3
    forest_depths: tuple[int | None, ...] = (10, 20)
    regularisations: tuple[float, ...] = (0.1, 1.0, 10.0)
    resamples: int = 300

    @property
    def command(self) -> str:
        """What runs it."""
        usual = QUICK if self.size == QUICK.size else Plan()
        options = ["--quick"] if usual is QUICK else []
        if self.draws[0] != usual.draws[0]:
            options.append(f"--seed {self.draws[0]}")
        if len(self.draws) != len(usual.draws):
            options.append(f"--draws {len(self.draws)}")
        if self.trials != usual.trials:
            options.append(f"--trials {self.trials}")
        return " ".join(["python -m bench handbook", *options])

    @property
    def description(self) -> Mapping[str, Any]:
        """As written to the file of results."""
        return {**vars(self), "size": vars(self.size)}


QUICK = Plan(
    draws=(7,),
    size=Size(300, 600, 63, 8.0, bad_terminals=1, stolen_cards=1),
    end_day=63,
    weeks=2,
    trials=2,
    train_days=(7, 14),
    known_good_days=14,
    model_seeds=2,
    forest_depths=(5,),
    regularisations=(1.0,),
    resamples=20,
)
