"""`python -m bench.card_numbers`: how often the check for card numbers is wrong, and its cost."""

import time
from collections.abc import Iterable
from pathlib import Path
from random import Random

import click

from bench.card_numbers.identifiers import TELLABLE, UNTELLABLE
from bench.card_numbers.rates import ALTERNATIVES, false_alarms, misses
from swipestream.card_numbers import holds_card_number


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a table in Markdown."""
    head = tuple(head)
    click.echo(f"| {' | '.join(head)} |")
    click.echo(f"| --- |{' ---: |' * (len(head) - 1)}")
    for row in rows:
        click.echo(f"| {' | '.join(row)} |")
    click.echo()


@click.group()
def main() -> None:
    """Measure the check for card numbers."""


@main.command()
@click.option("--count", default=30_000, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=7, show_default=True)
def rates(count: int, seed: int) -> None:
    """How often it takes an identifier for a card number, and how often it misses one."""
    table(("identifiers", *ALTERNATIVES), false_alarms(TELLABLE, count, seed))
    table(("look like card numbers", *ALTERNATIVES), false_alarms(UNTELLABLE, count, seed))
    table(("card numbers not found", *ALTERNATIVES), misses(count, seed))


@main.command()
@click.option("--payments", default=200_000, show_default=True, type=click.IntRange(1_000))
@click.option("--repeats", default=3, show_default=True, type=click.IntRange(1))
@click.option(
    "--sql",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder sql/ of another version, to compare with.",
)
def stream(payments: int, repeats: int, sql: Path | None) -> None:
    """What all checks of a payment cost the stream, in microseconds of one thread.

    Takes a minute or a few. Where the figure differs from one call to the next, give it more
    --payments or --repeats.
    """
    from bench.card_numbers.stream_cost import microseconds_per_payment
    from swipestream.console.progress import step_bar

    with step_bar() as bar:
        found = microseconds_per_payment(sql and sql.resolve(), payments, repeats, bar)
    table(
        ("transaction_id", "µs per payment"),
        ((kind, f"{cost:.2f}") for kind, cost in found.items()),
    )


@main.command()
@click.option("--count", default=100_000, show_default=True, type=click.IntRange(1))
def python(count: int) -> None:
    """What an identifier costs `produce` and the masking, in microseconds."""
    random = Random(7)

    def cost(name: str) -> str:
        made = [TELLABLE[name](random) for _ in range(count)]
        begin = time.perf_counter()
        for text in made:
            holds_card_number(text)
        return f"{(time.perf_counter() - begin) / count * 1e6:.2f}"

    names = (
        "hash of 32 hexadecimal digits",
        "UUID",
        "yyMMddHHmmss and 4 digits",
        "epoch in milliseconds",
    )
    table(("identifier", "µs"), ((name, cost(name)) for name in names))


if __name__ == "__main__":
    main()
