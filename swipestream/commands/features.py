"""`swipestream features`: what the model knows, where it comes from, and what it is now."""

import json
import math
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flink_jobs.feature_registry import ENTITIES
from swipestream.console.moments import MOMENT
from swipestream.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console

    from swipestream.features.asking import Answer, Asked

AS_JSON = click.option("--json", "as_json", is_flag=True, help="JSON for scripts.")


@click.group()
def features() -> None:
    """Features that the model uses: what they are, and their values.

    `list` and `show` read the SQL files and the champion's bundle and need no running stack; `get`
    and `export` read the database.
    """


@features.command("list")
@click.option("--entity", type=click.Choice(ENTITIES), help="Only features of this entity.")
@AS_JSON
def list_(entity: str | None, as_json: bool) -> None:
    """List the features in the order of the model's input.

    \b
    Examples:
      swipestream features list
      swipestream features list --entity card
      swipestream features list --json
    """
    from rich.table import Table

    from swipestream.features.registered import as_object, champions_view, registered

    settings = Settings.load()
    view = champions_view(settings)
    entries = [e for e in registered(settings).values() if entity in (None, e.entity)]
    if as_json:
        for entry in entries:
            click.echo(json.dumps(as_object(entry, view, settings)))
        return
    table = Table("feature", "unit", "of", "window", box=None, pad_edge=False)
    table.add_column("gain", justify="right")
    table.add_column("what it is", overflow="fold")
    for entry in entries:
        share = view.importance.get(entry.name)
        gain = "" if share is None else f"{share:.1%}"
        table.add_row(entry.name, entry.unit, entry.entity, entry.window, gain, entry.meaning)
    _console().print(table)
    if view.problem:
        click.echo(f"how much each one matters is unknown: {view.problem}", err=True)


@features.command()
@click.argument("name")
@AS_JSON
def show(name: str, as_json: bool) -> None:
    """Explain one feature: meaning, SQL, use by the champion.

    \b
    Examples:
      swipestream features show amount_to_card_mean_7d
      swipestream features show card_txn_count_5m --json
    """
    from swipestream.features.registered import (
        as_object,
        champions_view,
        details,
        entry_of,
        spread,
        sql_of,
    )

    settings = Settings.load()
    view = champions_view(settings)
    entry = entry_of(settings, name)
    bins = view.bins.get(name)
    if as_json:
        facts = as_object(entry, view, settings)
        click.echo(json.dumps(facts | {"bins": bins, "sql": sql_of(entry, settings)}, indent=2))
        return
    for label, text in details(entry, view, settings):
        click.echo(f"{label:<14}{text}")
    if bins:
        click.echo("\nvalues in training, share of payments")
        for text, share in spread(bins):
            click.echo(f"  {text:<20}{share:>7.1%}  {'#' * round(share * 40)}".rstrip())
    click.echo(f"\n{sql_of(entry, settings)}")


@features.command()
@click.option("--card", "card_id", required=True, metavar="ID", help="The card_id.")
@click.option("--as-of", type=MOMENT, help="Time of the payment, UTC. Default: now.")
@click.option(
    "--payment",
    "transaction_id",
    metavar="ID",
    help="A stored payment of the card: what the model knew when it arrived.",
)
@click.option("--merchant", "merchant_id", metavar="ID", help="The merchant_id.")
@click.option("--amount-cents", type=click.IntRange(min=0), help="The amount.")
@click.option("--channel", type=click.Choice(["pos", "online", "atm"]))
@click.option("--device", "device_id", metavar="ID", help="The device_id.")
@click.option("--place", metavar="LATITUDE,LONGITUDE", help="Where the card pays, in degrees.")
@AS_JSON
def get(
    card_id: str,
    as_of: datetime | None,
    transaction_id: str | None,
    place: str | None,
    as_json: bool,
    **named: Any,
) -> None:
    """Show what the model would know if a card paid.

    Computed by the stream's own SQL from the stored payments with an earlier time. A feature that
    depends on something you did not name, such as the merchant, is shown as open. Customers and
    merchants are those of now.

    \b
    Examples:
      swipestream features get --card 00915ad288be2d92
      swipestream features get --card 00915ad288be2d92 --as-of 2h --amount-cents 9900
      swipestream features get --card 00915ad288be2d92 --payment p-7-12-000001
    """
    from swipestream.database.connection import open_database
    from swipestream.features.asking import Asked, answers, check_askable, stored_payment

    settings = Settings.load()
    if transaction_id and (as_of or place or any(value is not None for value in named.values())):
        raise click.UsageError("--payment says everything about the payment: name nothing else")
    with open_database(settings) as database, tempfile.TemporaryDirectory() as folder:
        if transaction_id:
            asked = stored_payment(settings, database, card_id, transaction_id)
        else:
            moment = as_of or datetime.now(UTC)
            latitude, longitude = _place(place)
            asked = Asked(
                card_id,
                round(moment.timestamp() * 1000),
                latitude=latitude,
                longitude=longitude,
                **named,
            )
            check_askable(settings, database, asked, is_now=as_of is None)
        (answer,) = answers(settings, database, [asked], Path(folder))
    if as_json:
        click.echo(json.dumps(_answer_as_object(asked, answer), indent=2))
    else:
        _print_answer(settings, asked, answer)


@features.command()
@click.option(
    "--from", "begin", type=MOMENT, required=True, help="Payments from this time on, UTC."
)
@click.option("--to", "end", type=MOMENT, help="And before this time, UTC. Default: now.")
@click.option("--labels", "with_labels", is_flag=True, help="With the label known by now, if any.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A new file that ends with .parquet or .csv.",
)
@click.option(
    "--to-world",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Instead of features, write the payments and all that features are made of.",
)
def export(
    begin: datetime,
    end: datetime | None,
    with_labels: bool,
    out: Path | None,
    to_world: Path | None,
) -> None:
    """Write stored features to a file, one payment a row, oldest first.

    Each value is the one that the model was given when the payment was scored, so nothing in it
    became known later. With --to-world, writes the payments as they arrived, their labels,
    customers and merchants, and what was known of each merchant at each hour, for `swipestream
    backtest` and `swipestream train --world`.

    \b
    Examples:
      swipestream features export --from 7d --labels --out week.parquet
      swipestream features export --from 2030-01-01 --to 2030-01-02 --out day.csv
      swipestream features export --from 60d --to-world stored
    """
    from swipestream.console.progress import step_bar
    from swipestream.database.connection import open_database
    from swipestream.features.export import export_features
    from swipestream.features.world_export import export_world

    if (out is None) == (to_world is None):
        raise click.UsageError("name a file with --out, or a folder with --to-world")
    settings = Settings.load()
    until = end or datetime.now(UTC)
    if to_world is not None:
        with open_database(settings) as database, step_bar() as bar:
            count = export_world(database, begin, until, to_world, bar)
        click.echo(f"{count:,} payments written to {to_world}")
        return
    assert out is not None
    with open_database(settings) as database, step_bar() as bar:
        count = export_features(
            settings,
            database,
            begin,
            until,
            out,
            with_labels,
            lambda done, total: bar("payments", done, total),
        )
    click.echo(f"{count:,} payments written to {out}")


def _place(text: str | None) -> tuple[float | None, float | None]:
    if text is None:
        return None, None
    try:
        latitude, longitude = map(float, text.split(","))
    except ValueError:
        latitude = longitude = math.nan
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise click.BadParameter(f"{text!r} is not a place: write 52.37,4.89", param_hint="--place")
    return latitude, longitude


def _answer_as_object(asked: "Asked", answer: "Answer") -> dict[str, Any]:
    return {
        "card_id": asked.card_id,
        "as_of_ms": asked.event_ms,
        "history_count": answer.history_count,
        "features": dict(answer.values),
        "open": [name for name in answer.values if name in answer.open_features],
    }


def _print_answer(settings: Settings, asked: "Asked", answer: "Answer") -> None:
    from rich.table import Table

    from flink_jobs.history import DAY_MS
    from swipestream.features.registered import registered
    from swipestream.verify.parity.feature_views import CARD_HISTORY

    moment = datetime.fromtimestamp(asked.event_ms / 1000, UTC)
    count, days = answer.history_count, CARD_HISTORY.kept_ms // DAY_MS
    if count:
        history = f"{count:,} stored payment{'s' if count > 1 else ''} of {days} days before"
    else:
        history = f"no stored payments of {days} days before: an empty history"
    click.echo(f"card {asked.card_id} as of {moment:%Y-%m-%d %H:%M:%S} UTC, {history}", err=True)
    table = Table("feature", box=None, pad_edge=False)
    table.add_column("value", justify="right")
    table.add_column("unit")
    table.add_column("what it is", overflow="fold")
    for entry in registered(settings).values():
        value = answer.values[entry.name]
        if entry.name in answer.open_features:
            shown, style = "open", "dim"
        elif value is None:
            shown, style = "unknown", "dim"
        else:
            shown, style = (f"{value:,.2f}" if isinstance(value, float) else str(value)), ""
        table.add_row(entry.name, shown, entry.unit, entry.meaning, style=style)
    _console().print(table)
    if answer.open_features:
        click.echo("open: depends on what was not named, such as --merchant", err=True)


def _console() -> "Console":
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 160, highlight=False)
