"""A preview of a rule in words and numbers."""

from rich.console import Console

from swipestream.rules.preview import FEWEST_CARDS, Preview


def print_preview(found: Preview, mature_days: int, out: Console) -> None:
    """What the rule would have done, a fact a line."""
    if not found.payments:
        out.print(f"no payments are stored since {found.since:%Y-%m-%d %H:%M} UTC", markup=False)
        return
    lines = facts(found, mature_days)
    width = max(len(name) for name, _ in lines)
    for name, text in lines:
        out.print(f"{name:<{width}}  {text}", markup=False, soft_wrap=True)


def facts(found: Preview, mature_days: int) -> list[tuple[str, str]]:
    """Names and texts, in the order in which they are asked for."""
    a_day = f", {found.hits / found.days:,.1f} a day" if found.days else ""
    lines = [
        ("payments", f"{found.payments:,} in {found.days:,.1f} days"),
        ("hits", f"{found.hits:,} of {found.cards:,} cards{a_day}"),
        ("known frauds", _known(found)),
        ("precision", _precision(found, mature_days)),
        ("caught", _caught(found)),
        ("insult cost", _insults(found)),
        ("the score alone", _model(found)),
    ]
    for other in found.overlaps:
        state = "" if other.state == "live" else f" ({other.state})"
        lines.append((f"also {other.name}{state}", f"{other.both:,} of {found.hits:,} hits"))
    return lines


def _known(found: Preview) -> str:
    text = f"{found.frauds:,} of {found.hits:,} hits"
    if found.open:
        text += f"; {found.open:,} too young to have a label"
    return text


def _precision(found: Preview, mature_days: int) -> str:
    of = f"of {found.mature:,} hits older than {mature_days} days"
    if found.precision is None:
        fact = f"{found.mature_frauds:,} frauds {of}"
        return f"not enough to tell: {fact}; hits of {FEWEST_CARDS} cards are needed"
    low, value, high = found.precision.low, found.precision.value, found.precision.high
    return f"{value:.1%} ({low:.1%} to {high:.1%}, 95 of 100) {of}"


def _caught(found: Preview) -> str:
    only = found.caught_cents - found.model_caught_cents
    return f"{money(found.caught_cents)} of known frauds, {money(only)} of it not by the score"


def _insults(found: Preview) -> str:
    if found.action == "allow":
        return "none: it allows"
    return f"{money(found.insult_cents)} for {found.insults:,} genuine payments"


def _model(found: Preview) -> str:
    return (
        f"alerts on {found.model_hits:,} of {found.hits:,} hits, "
        f"{found.model_frauds:,} of {found.frauds:,} frauds"
    )


def money(cents: float) -> str:
    """Cents in units of the cards' currency."""
    return f"{cents / 100:,.2f}"
