"""A backtest as one HTML page that needs nothing beside it, and as JSON."""

import base64
import json
from html import escape
from typing import Any

from training.backtest.plots import pictures
from training.backtest.run import Backtest
from training.backtest.spans import moment
from training.backtest.tables import HEADER, RULE_HEADER, facts, money, rule_rows, sections, share
from training.card.plot_style import to_svg

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; margin: 2rem auto; max-width: 84rem;
       padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .3rem; }
h2 { font-size: 1.1rem; margin-top: 2rem; }
dl { display: grid; grid-template-columns: 7rem 1fr; gap: .1rem 1rem; }
dt { color: #666; } dd { margin: 0; overflow-wrap: anywhere; }
.tiles { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1.5rem 0; }
.tile { border: 1px solid #d5dbe3; border-radius: 6px; padding: .7rem 1.1rem; min-width: 9rem; }
.tile b { display: block; font-size: 1.5rem; }
.tile span { color: #666; font-size: .85rem; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1rem; }
.pictures img { width: 100%; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; white-space: nowrap; }
th, td { padding: .2rem .5rem; text-align: right; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
thead th { color: #666; font-weight: 600; border-bottom: 1px solid #a0aec0; }
tbody + tbody tr:first-child td { border-top: 1px solid #d5dbe3; }
.notes { background: #fffaf0; border-left: 4px solid #c05621; padding: .6rem 1rem; }
"""
CAPTIONS = {
    "money_by_week": "What approving everything would have cost, beside what these decisions cost",
    "alerts_by_day": "Payments that were not approved, by day",
    "other_thresholds": "Cost, precision and recall by reviews a day",
    "precision_recall": "Precision against recall of the scores",
    "by_channel": "Precision and recall by channel",
}


def html_page(found: Backtest) -> str:
    """The page."""
    figures = []
    for name, figure in pictures(found.figures).items():
        picture = base64.b64encode(to_svg(figure)).decode("ascii")
        figures.append(
            f'<img alt="{escape(CAPTIONS[name])}" src="data:image/svg+xml;base64,{picture}">'
        )
    notes = "".join(f"<li>{escape(note)}</li>" for note in found.notes)
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Backtest: {escape(found.name)}</title>",
        f"<style>{STYLE}</style></head><body>",
        f"<h1>Backtest: {escape(found.name)}</h1>",
        "<dl>",
        *(f"<dt>{escape(name)}</dt><dd>{escape(line)}</dd>" for name, line in facts(found)),
        "</dl>",
        f'<ul class="notes">{notes}</ul>' if notes else "",
        f'<div class="tiles">{_tiles(found)}</div>',
        f'<div class="pictures">{"".join(figures)}</div>',
        "<h2>Figures</h2>",
        f'<div class="scroll">{_table(found)}</div>',
        _rule_table(found),
        "<p>Ranges hold in 95 of 100 draws of as many cards, with replacement. "
        "Money is in the currency of the cards.</p>",
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def as_json(found: Backtest) -> str:
    """All figures for scripts; money in cents, times in UTC, what is unknown null."""
    figures = found.figures
    ranked = figures.ranked
    hits = {item.rule: item for item in figures.rules}
    document: dict[str, Any] = {
        "history": {
            "name": found.name,
            "payments": found.payments.rows,
            "cards": found.cards,
            "copies": found.copies,
            "from": moment(found.payments.first_ms),
            "to": moment(found.payments.last_ms),
        },
        "labels": {
            "count": found.labels.count,
            "frauds": found.labels.fraud_count,
            **found.labels.account.to_json(),
        },
        "measured": {
            "from": moment(found.span.from_ms),
            "to": moment(found.span.to_ms),
            "days": found.span.days,
        },
        "model": found.model,
        "policy": {"name": found.policy_name, "channels": found.policies},
        "costs": found.costs.to_json(),
        "rules": [
            {**rule.to_json(), "hits": vars(hits[rule.name]) if rule.name in hits else None}
            for rule in found.rules
        ],
        "total": figures.total.to_json(),
        "weeks": [{"from": item.name, **item.to_json()} for item in figures.weeks],
        "channels": [{"channel": item.name, **item.to_json()} for item in figures.channels],
        "days": [{**vars(day), "day": moment(day.day_ms)[:10]} for day in figures.days],
        "average_precision": ranked.average_precision if ranked else None,
        "other_thresholds": [
            {"reviews_a_day_at_most": point.reviews_a_day, **vars(point.expected)}
            for point in (ranked.curve if ranked else ())
        ],
        "models": [
            {
                "week": moment(item.week_ms)[:10],
                "version": item.scorer.version,
                "payments": item.payments,
                "frauds": item.frauds,
                "label_delay_days": item.delay_days,
                "thresholds": vars(item.thresholds),
            }
            for item in found.week_models
        ],
        "notes": list(found.notes),
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _tiles(found: Backtest) -> str:
    total = found.figures.total
    tiles = [("alerts a day", f"{total.alerts / total.days:,.1f}", "")]
    sure = total.sure
    if sure:
        saved = sure.saved_cents
        tiles = [
            ("saved", money(saved.value), f"{money(saved.low)} to {money(saved.high)}"),
            ("alerts that are fraud", *_parts(share(sure.precision))),
            ("frauds found", *_parts(share(sure.recall))),
            *tiles,
            ("genuine customers refused a day", f"{total.genuine_blocks / total.days:,.1f}", ""),
        ]
    return "".join(
        f'<div class="tile"><span>{escape(name)}</span><b>{escape(value)}</b>'
        f"<span>{escape(more)}</span></div>"
        for name, value, more in tiles
    )


def _parts(text: str) -> tuple[str, str]:
    value, _, reach = text.partition(" (")
    return value, f"{reach.removesuffix(')')} %" if reach else ""


def _table(found: Backtest) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in HEADER)
    bodies = []
    for section in sections(found):
        rows = (
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
            for row in section.rows
        )
        bodies.append(f"<tbody>{''.join(rows)}</tbody>")
    return f"<table><thead><tr>{head}</tr></thead>{''.join(bodies)}</table>"


def _rule_table(found: Backtest) -> str:
    """The rules that were tried; nothing without any."""
    if not found.rules:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in RULE_HEADER)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
        for row in rule_rows(found)
    )
    return (
        f'<h2>Rules</h2><div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
