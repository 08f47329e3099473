"""`swipestream simulate`: simulated payments as history, as a file or live."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from swipestream.console.durations import DURATION

Command = Callable[..., Any]
PARQUET, JSONL = ".parquet", ".jsonl"


def world_options(command: Command) -> Command:
    """Options that describe a world."""
    for option in reversed(
        (
            click.option(
                "--seed", default=7, show_default=True, help="The same seed gives the same bytes."
            ),
            click.option("--customers", default=25_000, show_default=True, help="One card each."),
            click.option(
                "--merchants",
                default=3_000,
                show_default=True,
                help="Stores, online shops and ATMs.",
            ),
            click.option("--days", default=90, show_default=True, help="Days of history."),
            click.option(
                "--end",
                type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
                help="End of the history, UTC. Default: now.",
            ),
            click.option(
                "--fraud-share",
                default=0.007,
                show_default=True,
                help="Share of payments that are fraud.",
            ),
            click.option(
                "--pace", default=0.48, show_default=True, help="Payments per card and day."
            ),
            click.option(
                "--scenarios",
                type=click.Path(path_type=Path, file_okay=False),
                help="Folder of fraud scenarios instead of the built-in ones.",
            ),
        )
    ):
        command = option(command)
    return command


def disorder_options(command: Command) -> Command:
    """Options for a disorderly stream."""
    for name, text in reversed(
        (
            ("late", "Share of payments backdated by seconds to hours."),
            ("duplicate", "Share of payments sent twice."),
            ("out-of-order", "Share of payments delayed by milliseconds to seconds."),
            ("malformed", "Malformed messages to add, as a share of payments."),
            ("unknown", "Share of payments with an unknown customer or merchant."),
        )
    ):
        command = click.option(f"--{name}", default=0.0, show_default=True, help=text)(command)
    return command


@click.group()
def simulate() -> None:
    """Simulate card payments.

    \b
    Examples:
      swipestream simulate world                           90 days, for training
      swipestream simulate world --database                and its customers into Postgres
      swipestream simulate stream --rate 200 --for 60s     live, to Kafka
      swipestream simulate stream --burst 5 --late 0.05 --malformed 0.01
      swipestream simulate file payments.jsonl --customers 2000 --days 30
    """


@simulate.command("world")
@world_options
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Output folder. Default: world/ in SWIPESTREAM_HOME.",
)
@click.option("--database", is_flag=True, help="Also write customers and merchants to Postgres.")
def world_command(out: Path | None, database: bool, **arguments: Any) -> None:
    """Write customers, merchants, payments and labels as Parquet.

    \b
    Examples:
      swipestream simulate world
      swipestream simulate world --seed 8 --customers 2000 --days 30 --out /tmp/small
      swipestream simulate world --end 2030-01-01 --database
    """
    from swipestream.sending.reference_rows import load_world
    from swipestream.sending.world_making import make_world
    from swipestream.settings import Settings

    settings = Settings.load()
    begin = time.monotonic()
    world = make_world(**arguments)
    folder = out or settings.world_dir
    world.write(folder)
    facts = world.describe()
    click.echo(
        f"{facts['payments']:,} payments, {facts['frauds']:,} of them fraud, of "
        f"{facts['customers']:,} customers at {facts['merchants']:,} merchants in "
        f"{facts['days']} days: {folder} ({time.monotonic() - begin:.1f} s)",
        err=True,
    )
    if database:
        customers, merchants = load_world(
            settings.postgres_url, world.customers_table(), world.merchants_table()
        )
        click.echo(f"{customers:,} customers and {merchants:,} merchants in Postgres", err=True)


@simulate.command("file")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@world_options
@click.option(
    "--world",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Use this world instead of making one.",
)
@disorder_options
def file_command(
    file: Path,
    folder: Path | None,
    late: float,
    duplicate: float,
    out_of_order: float,
    malformed: float,
    unknown: float,
    **arguments: Any,
) -> None:
    """Write the payments of a history to FILE.

    They have the form of the topic's messages. FILE must end in .jsonl or .parquet. The disorder
    options need .jsonl.

    \b
    Examples:
      swipestream simulate file payments.jsonl --customers 2000 --days 30
      swipestream simulate file payments.parquet --world .swipestream/world
      swipestream simulate file messy.jsonl --late 0.05 --duplicate 0.02 --malformed 0.01
    """
    from simulator import Disorder
    from swipestream.sending.file_writing import write_messages
    from swipestream.sending.world_making import make_world, read_world

    if file.suffix not in (JSONL, PARQUET):
        raise click.UsageError(f"{file} must end in {JSONL} or {PARQUET}")
    disorder = Disorder(late, duplicate, out_of_order, malformed, unknown)
    disorder.check()
    if file.suffix == PARQUET and disorder != Disorder():
        raise click.UsageError(f"the disorder options need a file that ends in {JSONL}")
    world = read_world(folder) if folder else make_world(**arguments)
    written = write_messages(world, file, disorder)
    click.echo(
        f"{written.messages:,} messages in {file}: {written.seconds:.1f} s, "
        f"{written.messages / max(written.seconds, 1e-9):,.0f}/s",
        err=True,
    )
    if written.account:
        for line in written.account.lines():
            click.echo(line, err=True)


@simulate.command("stream")
@click.option(
    "--world",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="World to send payments from. Default: world/ in SWIPESTREAM_HOME.",
)
@click.option("--rate", default=200.0, show_default=True, help="Payments per second.")
@click.option(
    "--for",
    "seconds",
    type=DURATION,
    help="Stop after this long, e.g. 60s. Default: run until Ctrl-C.",
)
@click.option("--seed", default=0, show_default=True, help="A different seed gives another stream.")
@click.option(
    "--burst", default=1.0, show_default=True, help="Multiply the rate by this during bursts."
)
@click.option("--burst-every", type=DURATION, default="60s", show_default=True)
@click.option("--burst-for", type=DURATION, default="10s", show_default=True)
@click.option("--labels/--no-labels", default=True, show_default=True, help="Send labels too.")
@click.option(
    "--label-speed",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Divide label delays by this; 86400 turns days into seconds.",
)
@click.option(
    "--drift",
    "drift_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Change habits and add frauds while it runs, as this file says.",
)
@disorder_options
def stream_command(
    folder: Path | None,
    rate: float,
    seconds: float | None,
    seed: int,
    burst: float,
    burst_every: float,
    burst_for: float,
    labels: bool,
    label_speed: float,
    drift_file: Path | None,
    late: float,
    duplicate: float,
    out_of_order: float,
    malformed: float,
    unknown: float,
) -> None:
    """Send live payments of a world to Kafka at a given rate.

    Labels follow on the labels topic, days later as in reality, or sooner with --label-speed.
    With --drift, people's habits change from a time on, or a fraud begins that nobody has seen.
    Ctrl-C stops sending and prints what was sent.

    \b
    Examples:
      swipestream simulate stream
      swipestream simulate stream --rate 1000 --for 5m --label-speed 86400
      swipestream simulate stream --drift samples/drift.toml
      swipestream simulate stream --rate 100 --burst 5 --burst-every 60s --burst-for 10s
      swipestream simulate stream --late 0.05 --duplicate 0.02 --out-of-order 0.05 --malformed 0.01
    """
    from simulator import Disorder, Pace
    from simulator.drift import read_drift
    from swipestream.sending.live_sending import LiveSending
    from swipestream.sending.world_making import read_world
    from swipestream.settings import Settings

    settings = Settings.load()
    pace = Pace(rate, burst, burst_every, burst_for)
    pace.check()
    disorder = Disorder(late, duplicate, out_of_order, malformed, unknown)
    disorder.check()
    sending = LiveSending(
        settings=settings,
        world=read_world(folder or settings.world_dir),
        pace=pace,
        disorder=disorder,
        seed=seed,
        seconds=seconds,
        with_labels=labels,
        label_speed=label_speed,
        drift=read_drift(drift_file) if drift_file else None,
    )
    is_interrupted = False
    try:
        sending.run()
    except KeyboardInterrupt:
        is_interrupted = True
    for line in sending.lines():
        click.echo(line, err=True)
    if is_interrupted:
        sys.exit(130)
