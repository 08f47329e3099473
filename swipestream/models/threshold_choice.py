"""Thresholds from a model's curve: for so many reviews a day, or for other costs of decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from swipestream.models.decision_policy import PolicyError, champion_bundle
from training.decide.decision_costs import DecisionCosts
from training.decide.decision_curve import DecisionCurve, Expected
from training.decide.decision_thresholds import Thresholds
from training.errors import TrainingError

# As `swipestream train` calls them.
COSTS = ("review-cents", "review-insult-cents", "block-insult-cents", "caught-in-review")
ROWS = 9


@dataclass(frozen=True)
class Choice:
    """
    A pair of thresholds.

    :param expected: what it does to the payments of the model's test part.
    :param chosen_by: for the record of changes.
    """

    thresholds: Thresholds
    expected: Expected
    chosen_by: str

    @property
    def values(self) -> dict[str, float | int]:
        """New values by column, for `decision_policy.change`."""
        return {"review_score": self.thresholds.review, "block_score": self.thresholds.block}


@dataclass(frozen=True)
class ChampionCurve:
    """
    What the champion's bundle lets choose from.

    :param costs: of decisions, those of the bundle or others.
    :param payments_a_day: how many there are now; None: as many as in training.
    """

    version: str
    curve: DecisionCurve
    costs: DecisionCosts
    payments_a_day: float | None

    @property
    def volume(self) -> float:
        """Payments a day that reviews a day are meant for."""
        part = self.curve.validation
        return self.payments_a_day or part.all_payments / part.days

    def choose(self, reviews_a_day: float | None = None) -> Choice:
        """
        Choose the cheapest pair.

        :param reviews_a_day: at most so many; None: as many as the model was trained for.
        """
        costs = self.costs
        if reviews_a_day is not None:
            costs = replace(costs, reviews_per_day=reviews_a_day)
        thresholds = self.curve.choose(costs, self.payments_a_day)
        return Choice(thresholds, self.at(thresholds), f"curve of {self.version}: {terms(costs)}")

    def at(self, thresholds: Thresholds) -> Expected:
        """What thresholds do to the test part, a day of it as large as a day now."""
        part = self.curve.test
        days = part.all_payments / self.volume
        return self.curve.expected(thresholds, self.costs, replace(part, days=days))

    def rows(self) -> list[tuple[float, Choice]]:
        """Numbers of reviews a day, each with the cheapest pair; rising."""
        scale = self.volume * self.curve.validation.days / self.curve.validation.all_payments
        limits = [limit * scale for limit in self.curve.limits(self.costs, ROWS)]
        return [(limit, self.choose(limit)) for limit in limits]


def champion_curve(
    models_dir: Path, changed: Sequence[str] = (), payments_a_day: float | None = None
) -> ChampionCurve:
    """
    Read the champion's curve.

    :param changed: costs other than the bundle's, each NAME=NUMBER with a name of `COSTS`.
    :raises PolicyError: no champion, a bundle without a curve, or a cost that is none.
    """
    bundle = champion_bundle(models_dir)
    if "curve" not in bundle.manifest:
        raise PolicyError(
            f"{bundle.version} was trained before bundles had a curve to choose from",
            "train again with `swipestream train`, or give --review-score and --block-score",
        )
    try:
        curve = DecisionCurve.from_json(bundle.manifest["curve"])
        costs = replace(DecisionCosts(**bundle.manifest["costs"]), **given(changed))
        costs.check()
    except TrainingError as error:
        raise PolicyError(error.fact, error.hint) from None
    return ChampionCurve(bundle.version, curve, costs, payments_a_day)


def given(changed: Sequence[str]) -> dict[str, Any]:
    """:raises PolicyError: not NAME=NUMBER, or another name."""
    found: dict[str, Any] = {}
    for text in changed:
        name, _, value = text.partition("=")
        if name not in COSTS:
            raise PolicyError(
                f"--costs {text}: {name or 'nothing'} is not a cost", f"choose {', '.join(COSTS)}"
            )
        try:
            found[name.replace("-", "_")] = float(value)
        except ValueError:
            raise PolicyError(
                f"--costs {text}: {value or 'nothing'} is not a number",
                f"write such as --costs {name}=500",
            ) from None
    return found


def terms(costs: DecisionCosts) -> str:
    """The costs in a line, such as "60 reviews a day, review-cents 500"."""
    limit = f"{costs.review_share:.2%} of payments reviewed"
    if costs.reviews_per_day is not None:
        limit = f"{costs.reviews_per_day:g} reviews a day"
    values: Mapping[str, Any] = costs.to_json()
    return ", ".join([limit, *(f"{name} {values[name.replace('-', '_')]:g}" for name in COSTS)])
