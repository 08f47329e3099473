"""`python -m bench.offline.pandas_windows FOLDER OUT`: the same windows in pandas and NumPy."""

import math
from collections import deque
from pathlib import Path

import click
import numpy as np
import pandas as pd

from bench.handbook.array_types import Floats, Integers
from bench.offline.columns import COLUMNS
from bench.offline.usage import Stopwatch
from bench.streaming.peers.card_history import FORTNIGHT_MS, USUAL_MS, WINDOWS_MS

READ = [
    *("transaction_id", "card_id", "merchant_id"),
    *("amount_cents", "latitude", "longitude", "event_ms"),
]
# More than any time in epoch milliseconds, so that card and time fit into one sorted number.
SPAN = np.int64(1) << 44


def card_windows(payments: pd.DataFrame) -> pd.DataFrame:
    """
    The history of each payment's card.

    :param payments: the columns `READ`, in order of arrival, which is that of their time.
    :return: `COLUMNS`, in another order of rows.
    """
    card_and_time = payments["card_id"].factorize()[0] * SPAN + payments["event_ms"].to_numpy()
    order = np.argsort(card_and_time, kind="stable")
    payments = payments.iloc[order].reset_index(drop=True)
    return pd.concat(
        [
            payments["transaction_id"],
            previous(payments),
            amounts(payments, card_and_time[order]),
            activity(payments, card_and_time[order]),
        ],
        axis="columns",
    )[list(COLUMNS)]


def previous(payments: pd.DataFrame) -> pd.DataFrame:
    """
    When and where the card paid previously, if within 7 days.

    :param payments: in order of card and time.
    """
    before = payments.groupby("card_id", sort=False)[["event_ms", "latitude", "longitude"]].shift()
    before = before.where(payments["event_ms"] - before["event_ms"] <= WINDOWS_MS["7d"])
    return before.astype({"event_ms": "Int64"}).rename(
        columns={
            "event_ms": "previous_ms",
            "latitude": "previous_latitude",
            "longitude": "previous_longitude",
        }
    )


def amounts(payments: pd.DataFrame, card_and_time: Integers) -> pd.DataFrame:
    """
    What the card usually paid, and its largest payments.

    :param payments: in order of card and time.
    :param card_and_time: shape (n,), ascending, `SPAN` from card to card.
    """
    amount_cents = payments["amount_cents"].to_numpy()
    millionths = np.floor(1_000_000 * np.log(amount_cents + 1.0)).astype(np.int64)
    sums = np.concatenate([[0], millionths.cumsum()])
    row = np.arange(len(payments))
    month, fortnight, week = (
        np.searchsorted(card_and_time, card_and_time - length_ms, "left")
        for length_ms in (USUAL_MS, FORTNIGHT_MS, WINDOWS_MS["7d"])
    )
    count = row - month
    logarithm: Floats = (sums[row] - sums[month]) / np.where(count, 1_000_000 * count, np.nan)
    columns = {
        "card_largest_cents_14d": largest(amount_cents, fortnight),
        "card_largest_cents_7d": largest(amount_cents, week),
    }
    # NumPy's exp differs from the one that databases call, in the last bit.
    usual = np.fromiter(map(math.exp, logarithm.tolist()), np.float64, len(row))
    return pd.DataFrame(columns, dtype="Int64").assign(card_usual_cents_30d=usual)


def largest(values: Integers, begin: Integers) -> Integers:
    """
    The largest value from one place up to each value.

    :param values: shape (n,).
    :param begin: shape (n,), ascending: where to begin for each.
    :return: shape (n,).
    """
    listed = values.tolist()
    # Places whose values no later one exceeds, in order.
    candidates: deque[int] = deque()
    found = []
    for place, (first, value) in enumerate(zip(begin.tolist(), listed, strict=True)):
        while candidates and listed[candidates[-1]] <= value:
            candidates.pop()
        candidates.append(place)
        while candidates[0] < first:
            candidates.popleft()
        found.append(listed[candidates[0]])
    return np.array(found, np.int64)


def activity(payments: pd.DataFrame, card_and_time: Integers) -> pd.DataFrame:
    """
    Count, sum and different merchants in each window.

    By binary search: `groupby(...).rolling(...)` takes more than ten times as long.

    :param payments: in order of card and time.
    :param card_and_time: shape (n,), ascending, `SPAN` from card to card.
    """
    amount_cents = payments["amount_cents"].to_numpy()
    sums = np.concatenate([[0], amount_cents.cumsum()])
    merchants = payments["merchant_id"].factorize()[0]
    # Of payments of a card at the same millisecond, a later one sees those before it.
    end = np.arange(len(payments)) + 1
    columns = {}
    for name, length_ms in WINDOWS_MS.items():
        begin = np.searchsorted(card_and_time, card_and_time - length_ms, "left")
        columns[f"card_txn_count_{name}"] = end - begin - 1
        columns[f"card_amount_cents_{name}"] = sums[end] - sums[begin] - amount_cents
        columns[f"card_merchant_count_{name}"] = different(merchants, begin, end)
    return pd.DataFrame(columns, dtype="Int64")


def different(values: Integers, begin: Integers, end: Integers) -> Integers:
    """
    How many different values there are in each of many slices.

    :param values: shape (n,), numbers from 0 up.
    :param begin: shape (m,), ascending: where the slices begin.
    :param end: shape (m,), ascending: just after each slice.
    :return: shape (m,).
    """
    listed = values.tolist()
    inside = [0] * (max(listed, default=0) + 1)
    low = high = found = 0
    counts = []
    for first, last in zip(begin.tolist(), end.tolist(), strict=True):
        for value in listed[high:last]:
            if not inside[value]:
                found += 1
            inside[value] += 1
        for value in listed[low:first]:
            inside[value] -= 1
            if not inside[value]:
                found -= 1
        low, high = first, last
        counts.append(found)
    return np.array(counts, np.int64)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
def main(folder: Path, out: Path) -> None:
    """Print seconds, cpu_seconds, memory_mb and rows as JSON."""
    file = folder / "world" / "payments.parquet"
    stopwatch = Stopwatch()
    windows = card_windows(pd.read_parquet(file, columns=READ))
    windows.to_parquet(out, index=False)
    click.echo(stopwatch.result(len(windows)))


if __name__ == "__main__":
    main()
