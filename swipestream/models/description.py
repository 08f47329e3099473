"""A model in words and numbers, from its bundle and the gate's verdict."""

import json
from collections.abc import Mapping
from typing import Any

from swipestream.models.bundles import Model
from swipestream.models.errors import GateError
from swipestream.models.gate_verdict import GateVerdict, read_gate
from swipestream.settings import ModelSettings

# Of the metrics in bundle.json, those that `show` names; each a number, or one with its interval.
MEASURES = {
    "average_precision": "average precision",
    "roc_auc": "ROC AUC",
    "card_precision_100": "card precision@100",
}
MONEY = ("fraud_cents", "cost_cents", "saved_cents")
SPEED_FILE = "speed.json"


def facts(settings: ModelSettings, model: Model) -> dict[str, Any]:
    """For scripts: numbers as they are, None for what is not known."""
    verdict, problem = _gate(settings, model.version)
    metrics = model.manifest.get("metrics") or {}
    return {
        "version": model.version,
        "role": model.role or None,
        "created_at": model.created_at or None,
        **{name: _value(metrics.get(name)) for name in MEASURES},
        "fraud_rate": _value(metrics.get("fraud_rate")),
        **{f"{name}_a_day": money_a_day(metrics, name) for name in MONEY},
        "microseconds_per_row": speed(settings, model.version),
        "thresholds": model.manifest.get("thresholds"),
        "gate": verdict.verdict if verdict else None,
        "gate_against": verdict.against if verdict else None,
        "gate_reasons": list(verdict.reasons) if verdict else [],
        "problem": model.problem or problem,
    }


def speed(settings: ModelSettings, version: str) -> float | None:
    """Microseconds of scoring a payment, as measured after training; None if not known."""
    try:
        text = (settings.models_dir / version / SPEED_FILE).read_text(encoding="utf-8")
        return float(json.loads(text)["microseconds_per_row"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def money_a_day(metrics: Mapping[str, Any], name: str) -> float | None:
    """
    A sum of money of the test part, in cents a day; None if the bundle does not say.

    :param name: fraud_cents, cost_cents or saved_cents.
    """
    money = metrics.get("money") or {}
    if not money.get("days") or name not in money:
        return None
    return float(money[name]) / float(money["days"])


def details(settings: ModelSettings, model: Model) -> list[tuple[str, str]]:
    """For people: a name and a text a line."""
    verdict, problem = _gate(settings, model.version)
    folder = settings.models_dir / model.version
    lines = [("model", model.version), ("role", model.role or "none")]
    if model.problem or problem:
        lines.append(("problem", str(model.problem or problem)))
    if not model.manifest:
        return [*lines, ("folder", str(folder))]
    metrics = model.manifest.get("metrics") or {}
    lines.append(("created", model.created_at))
    for part, numbers in ((model.manifest.get("training") or {}).get("parts") or {}).items():
        if isinstance(numbers, dict) and "rows" in numbers:
            lines.append((f"{part} payments", _part(numbers)))
    lines += [
        (text, measure(metrics[name]))
        for name, text in MEASURES.items()
        if measure(metrics.get(name))
    ]
    rate = _value(metrics.get("fraud_rate"))
    if rate is not None:
        lines.append(("fraud rate", f"{rate:.2%} of the test payments"))
    saved, cost = (money_a_day(metrics, name) for name in ("saved_cents", "cost_cents"))
    if saved is not None and cost is not None:
        lines.append(
            ("expected money", f"saves {saved / 100:,.0f} a day, costs {cost / 100:,.0f} a day")
        )
    microseconds = speed(settings, model.version)
    if microseconds is not None:
        lines.append(("scoring", f"{microseconds:.1f} µs a payment"))
    thresholds = model.manifest["thresholds"]
    lines.append(
        ("own thresholds", f"review {thresholds['review']:.3f}, block {thresholds['block']:.3f}")
    )
    lines.append(("features", str(len(model.manifest.get("features", [])))))
    lines += _gate_lines(verdict)
    card = folder / "model_card.md"
    lines.append(("model card", str(card) if card.exists() else "none"))
    return lines


def measure(value: Any) -> str:
    """A measure as text, with its interval if it has one; empty if there is none."""
    number = _value(value)
    if number is None:
        return ""
    text = f"{number:.3f}"
    if isinstance(value, dict) and {"low", "high"} <= value.keys():
        text += f" ({value['low']:.3f} to {value['high']:.3f})"
    return text


def _value(value: Any) -> float | None:
    if isinstance(value, dict):
        value = value.get("value")
    return float(value) if isinstance(value, int | float) else None


def _part(numbers: dict[str, Any]) -> str:
    ends = [f", {word} {str(numbers[word])[:10]}" for word in ("from", "to") if word in numbers]
    window = "".join(ends)
    return f"{numbers['rows']:,}, {numbers.get('frauds', 0):,} of them fraud{window}"


def _gate_lines(verdict: GateVerdict | None) -> list[tuple[str, str]]:
    if verdict is None:
        return [("gate", "no verdict")]
    against = f" against {verdict.against}" if verdict.against else ""
    return [
        ("gate", f"{verdict.verdict}{against}"),
        *(("", reason) for reason in verdict.reasons),
    ]


def _gate(settings: ModelSettings, version: str) -> tuple[GateVerdict | None, str | None]:
    try:
        return read_gate(settings.models_dir, version), None
    except GateError as error:
        return None, error.fact
