"""The comparison of two models for people and for scripts."""

import math
from itertools import pairwise
from typing import Any

from rich.console import Console
from rich.table import Table

from swipestream.models.comparison import FEW_FRAUDS, Compared, Quality
from swipestream.models.score_shift import EDGES
from training.measure.intervals import Interval
from udfs.model_bundle import CHALLENGER, CHAMPION

BAR_WIDTH = 30
BASES = {"policy": "the policy in force", "own": "each its own"}


def print_comparison(found: Compared, out: Console) -> None:
    """Tables, then what they are about in words."""
    out.print(f"champion    {found.champion}")
    out.print(f"challenger  {found.challenger}")
    out.print(f"{found.payments:,} payments were scored by both\n")
    out.print(_overlaps(found))
    out.print()
    out.print(_histogram(found))
    out.print(
        f"\nstability index of the scores {found.stability:.3f} {_reading(found.stability)}\n"
    )
    out.print(_quantiles(found))
    out.print()
    for line in [*_quality(found), *_cost(found)]:
        out.print(line, soft_wrap=True)


def as_object(found: Compared) -> dict[str, Any]:
    """For scripts; what is not known is None."""
    quality = found.quality
    return {
        "champion": found.champion,
        "challenger": found.challenger,
        "payments": found.payments,
        "mature_days": found.mature_days,
        "overlaps": [vars(item) | {"jaccard": item.jaccard} for item in found.overlaps],
        "stability_index": found.stability,
        "quantiles": found.quantiles,
        "histogram": {"edges": list(EDGES), **found.histogram},
        "quality": None
        if quality is None
        else {
            "payments": quality.payments,
            "frauds": quality.frauds,
            "average_precision": {
                CHAMPION: _interval(quality.champion),
                CHALLENGER: _interval(quality.challenger),
                "gain": _interval(quality.gain),
            },
        },
        "cost": vars(found.cost) if found.cost else None,
    }


def _overlaps(found: Compared) -> Table:
    table = Table("alerts from", "threshold", box=None, pad_edge=False)
    for name in ("both", "champion only", "challenger only", "Jaccard"):
        table.add_column(name, justify="right")
    for item in found.overlaps:
        counts = (item.both, item.champion_only, item.challenger_only)
        jaccard = "" if item.jaccard is None else f"{item.jaccard:.3f}"
        table.add_row(item.level, BASES[item.basis], *(f"{count:,}" for count in counts), jaccard)
    return table


def _histogram(found: Compared) -> Table:
    table = Table("score", box=None, pad_edge=False)
    for name in (CHAMPION, CHALLENGER):
        table.add_column(name, justify="right")
        table.add_column("", no_wrap=True)
    for number, (low, high) in enumerate(pairwise(EDGES)):
        cells = []
        for name in (CHAMPION, CHALLENGER):
            share = found.histogram[name][number]
            # Most payments are good; on a straight scale the rest would not be seen.
            bar = round(BAR_WIDTH * max(0.0, 1 + math.log10(share) / 5)) if share else 0
            cells += [f"{share:.3%}", "█" * bar]
        table.add_row(f"{low:g} to {high:g}", *cells)
    return table


def _quantiles(found: Compared) -> Table:
    table = Table("payments below", box=None, pad_edge=False)
    names = (CHAMPION, CHALLENGER)
    for name in names:
        table.add_column(name, justify="right")
    for share in found.quantiles[CHAMPION]:
        table.add_row(
            f"{float(share):.4g}", *(f"{found.quantiles[name][share]:.4f}" for name in names)
        )
    return table


def _reading(stability: float) -> str:
    if stability < 0.1:
        return "(below 0.1: alike)"
    if stability <= 0.25:
        return "(0.1 to 0.25: they differ)"
    return "(above 0.25: another distribution; choose new thresholds)"


def _quality(found: Compared) -> list[str]:
    quality = found.quality
    if quality is None:
        return [f"no payment is {found.mature_days} days old: average precision is not known yet"]
    lines = [
        f"average precision on {quality.payments:,} payments of {found.mature_days} days and more, "
        f"{quality.frauds:,} of them fraud"
    ]
    if not quality.frauds:
        return [*lines, "  without a fraud it is not known"]
    for name, value in ((CHAMPION, quality.champion), (CHALLENGER, quality.challenger)):
        lines.append(f"  {name:<11} {value.value:.3f} ({value.low:.3f} to {value.high:.3f})")
    gain = quality.gain
    lines.append(
        f"  {'gain':<11} {gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f} at "
        f"{gain.level:.0%}): {_verdict(quality)}"
    )
    return lines


def _verdict(quality: Quality) -> str:
    if quality.frauds < FEW_FRAUDS:
        return f"fewer than {FEW_FRAUDS} frauds, too few to tell"
    if quality.gain.low > 0:
        return "the challenger is better"
    if quality.gain.high < 0:
        return "the challenger is worse"
    return "no more than the noise"


def _cost(found: Compared) -> list[str]:
    cost = found.cost
    if cost is None:
        return ["the challenger's cost is not known: the stream has not measured this pair"]
    more = f", {cost.challenger_us / cost.champion_us:.0%} of it" if cost.champion_us else ""
    return [
        f"scoring takes the champion {cost.champion_us:,.1f} us a payment, the challenger on top "
        f"of that {cost.challenger_us:,.1f} us{more} ({cost.payments:,} payments in "
        f"{cost.batches:,} batches)"
    ]


def _interval(value: Interval) -> dict[str, float | None]:
    numbers = {"value": value.value, "low": value.low, "high": value.high}
    return {name: number if math.isfinite(number) else None for name, number in numbers.items()}
