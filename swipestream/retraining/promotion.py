"""A challenger that may become the champion without a person, where somebody has asked for that."""

from dataclasses import dataclass
from datetime import UTC, datetime

from swipestream.database.connection import open_database
from swipestream.drift.events import DATA_QUALITY, open_events
from swipestream.models.audit import CHALLENGE, Change, newest_of, open_audit
from swipestream.models.bundles import named
from swipestream.models.changing_models import Outcome, promote
from swipestream.models.comparison import FEW_FRAUDS, Compared, Overlap, compare
from swipestream.models.errors import ChangeError, GateError
from swipestream.models.gate_verdict import check_gate, read_gate
from swipestream.settings import ChampionSettings
from udfs.model_bundle import CHALLENGER, CHAMPION

# Scored by both; fewer say nothing of how the two differ.
LEAST_PAYMENTS = 1000
# The challenger's alerts at its own thresholds, as a multiple of the champion's at its own, and
# how many of the champion's alerts are the challenger's, too. The spread of all scores says less:
# most of them are close to 0, and how close differs between any two models.
FEWEST_ALERTS, MOST_ALERTS = 0.5, 3.0
LEAST_SHARED = 0.5


@dataclass(frozen=True)
class Due:
    """
    What became of a challenger.

    :param fact: one line.
    :param outcome: of its promotion; None if it was not promoted.
    """

    fact: str
    outcome: Outcome | None = None


def promote_if_due(settings: ChampionSettings, after_seconds: float, actor: str) -> Due:
    """
    Promote the challenger with its thresholds, if it has been in the shadow for long enough, the
    gate let it pass against the present champion, both agree, and nothing is wrong with the data.

    :raises SwipestreamError: a service does not answer, or the promotion was not completed.
    """
    version = named(settings.models_dir, CHALLENGER)
    if version is None:
        return Due("there is no challenger")
    change = _put_forward(settings, version)
    if change is None:
        return Due(f"not promoted: {version} was made the challenger by hand")
    waited = _seconds_since(change)
    if waited < after_seconds:
        return Due(f"not promoted yet: {_in_shadow(version, waited)}")
    if objection := _objection(settings, version, change):
        return Due(f"not promoted: {objection}")
    why = f"in the shadow for {waited / 3600:.0f} h without objection; {change.why}"
    outcome = promote(settings, version, actor, why, with_policy=True)
    return Due(f"model {version} is the champion, with its thresholds", outcome)


def still_waits(settings: ChampionSettings, after_seconds: float) -> str:
    """
    Whether a challenger was put forward whose time in the shadow is not over.

    :return: which, and for how long it has been there; empty if there is none.
    """
    version = named(settings.models_dir, CHALLENGER)
    change = _put_forward(settings, version) if version else None
    if version is None or change is None:
        return ""
    waited = _seconds_since(change)
    return _in_shadow(version, waited) if waited < after_seconds else ""


def _put_forward(settings: ChampionSettings, version: str) -> Change | None:
    """How the challenger became one; None if somebody wrote the pointer by hand."""
    with open_audit(settings) as audit:
        change = newest_of(audit.changes(), (CHALLENGE,))
    return change if change and change.to_version == version else None


def _seconds_since(change: Change) -> float:
    return (datetime.now(UTC) - change.changed_at).total_seconds()


def _in_shadow(version: str, seconds: float) -> str:
    return f"{version} is in the shadow for {seconds / 3600:.1f} h"


def _objection(settings: ChampionSettings, version: str, change: Change) -> str:
    champion = named(settings.models_dir, CHAMPION)
    try:
        check_gate(version, read_gate(settings.models_dir, version), champion, "")
    except GateError as error:
        return error.fact
    with open_database(settings) as database:
        wrong = [event for event in open_events(database) if event.kind == DATA_QUALITY]
    if wrong:
        return f"something is wrong with the data: {wrong[0].text}"
    try:
        found = compare(settings, since=change.changed_at.astimezone(UTC))
    except ChangeError as error:
        return error.fact
    return disagreement(found)


def disagreement(found: Compared) -> str:
    """
    Why champion and challenger are too different to trade places unseen.

    :return: one line; empty if they are not.
    """
    if found.payments < LEAST_PAYMENTS:
        return f"both have scored {found.payments:,} payments, {LEAST_PAYMENTS:,} are needed"
    for item in found.overlaps:
        if item.basis == "own" and item.level == "review" and (text := _alerts(item)):
            return text
    quality = found.quality
    if quality and quality.frauds >= FEW_FRAUDS and quality.gain.high < 0:
        return "it is worse than the champion on payments whose labels have come"
    return ""


def _alerts(item: Overlap) -> str:
    champion = item.both + item.champion_only
    challenger = item.both + item.challenger_only
    shared = item.both / champion if champion else 1.0
    is_alike = FEWEST_ALERTS * champion <= challenger <= MOST_ALERTS * max(1, champion)
    if is_alike and shared >= LEAST_SHARED:
        return ""
    return (
        f"alerts differ: {challenger:,} of the challenger, {champion:,} of the champion, "
        f"{item.both:,} of both"
    )
