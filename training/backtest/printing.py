"""A backtest on the terminal."""

import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from training.backtest.run import Backtest
from training.backtest.tables import HEADER, RULE_HEADER, facts, rule_rows, sections

PIPE_WIDTH = 200


def print_backtest(found: Backtest) -> None:
    """Write facts and tables to standard output, and notes to standard error."""
    # A pipe has no width; so many columns keep each row on one line.
    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)
    for name, line in facts(found):
        console.print(Text(f"{name:<12}{line}"), soft_wrap=True)
    console.print()
    table = Table(box=None, pad_edge=False)
    for number, name in enumerate(HEADER):
        table.add_column(name, justify="left" if number == 0 else "right", overflow="fold")
    for section in sections(found):
        for row in section.rows:
            table.add_row(*map(Text, row))
        table.add_section()
    console.print(table)
    if found.rules:
        console.print()
        rules = Table(box=None, pad_edge=False)
        for number, name in enumerate(RULE_HEADER):
            rules.add_column(name, justify="left" if number < 3 else "right", overflow="fold")
        for row in rule_rows(found):
            rules.add_row(*map(Text, row))
        console.print(rules)
    ranked = found.figures.ranked
    if ranked:
        console.print(Text(f"\naverage precision {ranked.average_precision:.3f}"))
    errors = Console(stderr=True, highlight=False)
    for note in found.notes:
        errors.print(Text(f"warning: {note}"), soft_wrap=True)
