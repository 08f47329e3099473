"""Champion and challenger on the payments that the stream has scored with both."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
from psycopg.rows import TupleRow

from swipestream.database.connection import open_database
from swipestream.database.queries import query
from swipestream.models.decision_policy import CHANNELS, policies
from swipestream.models.errors import ChangeError
from swipestream.models.score_shift import histogram, quantiles, stability_index
from swipestream.settings import ChampionSettings, ModelSettings
from training.measure.intervals import Interval, difference, interval
from training.measure.ranking import Ranking
from udfs.bundle_errors import BundleError
from udfs.model_bundle import CHALLENGER, CHAMPION, read_bundle
from udfs.shadow_cost import COST_FILE

ROWS_AT_ONCE = 50_000
RESAMPLES = 200
SEED = 7
# With fewer frauds than this the interval says little, and the report says that.
FEW_FRAUDS = 30
LEVELS = ("review", "block")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Overlap:
    """
    Payments that each model would put at or above a threshold.

    :param basis: whose thresholds: "policy", or "own".
    :param level: "review" or "block"; what is blocked counts as reviewed, too.
    """

    basis: str
    level: str
    both: int
    champion_only: int
    challenger_only: int

    @property
    def jaccard(self) -> float | None:
        """Share of those that either has which both have; None if neither has any."""
        either = self.both + self.champion_only + self.challenger_only
        return self.both / either if either else None


@dataclass(frozen=True)
class Quality:
    """
    Average precision on mature payments.

    :param payments: mature ones.
    :param gain: the challenger's less the champion's; its interval draws whole cards.
    """

    payments: int
    frauds: int
    champion: Interval
    challenger: Interval
    gain: Interval


@dataclass(frozen=True)
class Cost:
    """
    What scoring takes in the stream, from columns to scores.

    :param payments: measured, in as many batches.
    :param champion_us: microseconds per payment, as `challenger_us`.
    """

    batches: int
    payments: int
    champion_us: float
    challenger_us: float


@dataclass(frozen=True)
class Compared:
    """
    Everything `swipestream model compare` shows.

    :param stability: index of how differently the scores are spread.
    :param quantiles: of the scores, by model.
    :param histogram: shares of the payments, by model.
    :param quality: None without a mature payment.
    :param cost: None if the stream has measured none for this pair.
    """

    champion: str
    challenger: str
    payments: int
    mature_days: int
    overlaps: tuple[Overlap, ...]
    stability: float
    quantiles: dict[str, dict[str, float]]
    histogram: dict[str, list[float]]
    quality: Quality | None
    cost: Cost | None


def compare(
    settings: ChampionSettings,
    since: datetime | None = None,
    mature_days: int = 21,
    tell: Callable[[str, int], None] = lambda step, done: None,
) -> Compared:
    """
    Compare the pair of models that scored the newest payment together.

    :param since: UTC; payments with an event time from then on.
    :param mature_days: a payment this old without a label counts as good.
    :param tell: what is being done, and how many payments were read.
    :raises ServiceError: the database does not answer.
    :raises ChangeError: no payment was scored by two models.
    """
    since = since or EPOCH
    tell("looking for payments with two scores", 0)
    with open_database(settings) as database:
        parameters: dict[str, Any] = {"since": since.replace(tzinfo=None)}
        pair = database.execute(query("newest_shadow_pair"), parameters).fetchone()
        if pair is None:
            raise ChangeError(
                "no payment was scored by a champion and a challenger",
                "see `swipestream model list`; a challenger scores from when there is one, and an "
                "older job has to be upgraded first",
            )
        champion, challenger = map(str, pair)
        mature_until = datetime.now(UTC) - timedelta(days=mature_days)
        parameters |= {
            "champion": champion,
            "challenger": challenger,
            "mature_until": mature_until.replace(tzinfo=None),
        }
        rows = read_rows(database, parameters, tell)
        policy = {row.channel: row for row in policies(database)}
    channel = rows[:, 1].astype(np.int64)
    scores = {CHAMPION: rows[:, 2], CHALLENGER: rows[:, 3]}
    overlaps = []
    for level in LEVELS:
        # A channel without a policy alerts on nothing here.
        by_channel = [getattr(policy.get(name), f"{level}_score", math.inf) for name in CHANNELS]
        thresholds = np.array(by_channel)[channel]
        overlaps.append(overlap("policy", level, scores, thresholds, thresholds))
    own = [own_thresholds(settings, version) for version in (champion, challenger)]
    for level in LEVELS:
        if own[0] and own[1]:
            overlaps.append(overlap("own", level, scores, own[0][level], own[1][level]))
    tell("measuring on mature payments", len(rows))
    return Compared(
        champion=champion,
        challenger=challenger,
        payments=len(rows),
        mature_days=mature_days,
        overlaps=tuple(overlaps),
        stability=stability_index(scores[CHAMPION], scores[CHALLENGER]),
        quantiles={name: quantiles(values) for name, values in scores.items()},
        histogram={name: histogram(values) for name, values in scores.items()},
        quality=quality(rows[rows[:, 4] == 1]),
        cost=read_cost(settings, champion, challenger),
    )


def read_rows(
    database: psycopg.Connection[TupleRow],
    parameters: dict[str, Any],
    tell: Callable[[str, int], None],
) -> Array:
    """
    The query `shadow_scores`.

    :return: float64, shape (n, 6), columns as in the query.
    """
    parts = []
    done = 0
    with database.transaction(), database.cursor("shadow_scores") as cursor:
        cursor.execute(query("shadow_scores"), parameters)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            parts.append(np.array(rows, dtype=np.float64))
            done += len(rows)
            tell("reading scores", done)
    return np.concatenate(parts)


def overlap(
    basis: str,
    level: str,
    scores: dict[str, Array],
    champion_from: Array | float,
    challenger_from: Array | float,
) -> Overlap:
    """
    Count who alerts on what.

    :param champion_from: the champion's threshold, of each payment or of all.
    """
    champion = scores[CHAMPION] >= champion_from
    challenger = scores[CHALLENGER] >= challenger_from
    return Overlap(
        basis,
        level,
        int(np.sum(champion & challenger)),
        int(np.sum(champion & ~challenger)),
        int(np.sum(~champion & challenger)),
    )


def quality(rows: Array) -> Quality | None:
    """
    Average precision of both with intervals.

    :param rows: mature payments, columns as in `shadow_scores`.
    """
    if not len(rows):
        return None
    card, label = rows[:, 0], rows[:, 5]
    champion, challenger = (Ranking(label, rows[:, column]).average_precision for column in (2, 3))
    return Quality(
        payments=len(rows),
        frauds=int(label.sum()),
        champion=interval(champion, card, SEED, RESAMPLES),
        challenger=interval(challenger, card, SEED, RESAMPLES),
        gain=difference(challenger, champion, card, SEED, RESAMPLES),
    )


def own_thresholds(settings: ModelSettings, version: str) -> dict[str, float] | None:
    """A bundle's thresholds, or None if it is gone."""
    try:
        return dict(read_bundle(settings.models_dir / version).thresholds)
    except BundleError:
        return None


def read_cost(settings: ModelSettings, champion: str, challenger: str) -> Cost | None:
    """What the stream has measured of this pair."""
    try:
        found = json.loads((settings.models_dir / COST_FILE).read_text("utf-8"))
        if (found["champion"], found["challenger"]) != (champion, challenger):
            return None
        payments = int(found["payments"])
        return Cost(
            int(found["batches"]),
            payments,
            float(found["champion_seconds"]) / payments * 1e6,
            float(found["challenger_seconds"]) / payments * 1e6,
        )
    except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError):
        return None
