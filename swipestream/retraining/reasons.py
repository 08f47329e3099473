"""Why to train again: the champion is old, or what it was made for has moved."""

from datetime import UTC, datetime

from swipestream.drift.events import DRIFT
from swipestream.drift.look import Look
from swipestream.drift.wording import name_of
from udfs.model_bundle import ModelBundle

DAY_SECONDS = 86_400.0


def reason(
    bundle: ModelBundle | None,
    found: Look,
    older_than: float | None,
    or_drifted: bool,
    now: datetime,
) -> str:
    """
    The reasons that apply, in one line; several are one retraining.

    What a look-up or a sender has lost does not count: a model would learn to live without it.

    :param bundle: of the champion; None without one.
    :param older_than: seconds since the champion was trained; None: at any age.
    :param or_drifted: whether drift is one.
    :param now: with a time zone.
    :return: empty if there is no reason.
    """
    reasons = []
    if bundle is None:
        reasons.append("there is no champion")
    elif older_than is not None and (age := age_seconds(bundle, now)) >= older_than:
        reasons.append(f"the champion is {age / DAY_SECONDS:.1f} days old")
    if or_drifted:
        moved = [
            name_of(firing.reading)
            for key in found.keys
            if (firing := found.firing(key)) and firing.reading.kind == DRIFT
        ]
        if moved:
            reasons.append(f"drift of {', '.join(moved)}")
    return "; ".join(reasons)


def age_seconds(bundle: ModelBundle, now: datetime) -> float:
    """Since the model was trained."""
    created = datetime.strptime(str(bundle.manifest["created_at"]), "%Y-%m-%dT%H:%M:%SZ")
    return (now - created.replace(tzinfo=UTC)).total_seconds()
