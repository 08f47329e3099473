"""What calibration makes of the trees' log odds: a straight or a bent line, rising everywhere."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np

# Beyond this the logistic function is 0 or 1 in double precision.
CLIP = 36.0


@dataclass(frozen=True)
class Calibration:
    """
    Calibrated log odds: ``intercept + slope * x + sum(slope_changes * max(0, x - knots))``.

    Strictly rising, so it changes no ranking and parts no equal scores.

    :param method: ``none``, ``platt`` (a straight line) or ``isotonic`` (a line with bends).
    :param slope: below the first knot; above 0.
    :param knots: log odds where the slope changes, ascending.
    :param slope_changes: by how much, in the same order.
    """

    method: str
    intercept: float = 0.0
    slope: float = 1.0
    knots: tuple[float, ...] = ()
    slope_changes: tuple[float, ...] = ()

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """As ``bundle.json`` has it; what else is there is left alone."""
        return cls(**{item.name: content[item.name] for item in fields(cls)})

    def probabilities(self, log_odds: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """
        What the scores are after calibration.

        :param log_odds: LightGBM's raw score, float64, shape (n,).
        :return: float64 in [0, 1], shape (n,).
        """
        bent = self.intercept + self.slope * log_odds
        for knot, change in zip(self.knots, self.slope_changes, strict=True):
            bent = bent + change * np.maximum(0.0, log_odds - knot)
        return logistic(bent)

    def to_json(self) -> dict[str, Any]:
        """For ``bundle.json``."""
        return asdict(self)


NO_CALIBRATION = Calibration("none")


def logistic(log_odds: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Log odds as probabilities, both of shape (n,)."""
    probabilities: np.ndarray[Any, Any] = 1 / (1 + np.exp(-np.clip(log_odds, -CLIP, CLIP)))
    return probabilities
