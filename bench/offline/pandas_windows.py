"""`python -m bench.offline.pandas_windows FOLDER OUT`: the same windows in pandas and NumPy."""

import hashlib
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from bench.handbook.array_types import Integers, Mask
from bench.offline.columns import COLUMNS
from bench.offline.usage import Stopwatch
from bench.streaming.peers.card_history import WINDOWS_MS

READ = [
    *("transaction_id", "card_id", "merchant_id"),
    *("amount_cents", "latitude", "longitude", "event_ms"),
]
# More than any time in epoch milliseconds, so that card and time fit into one sorted number.
SPAN = np.int64(1) << 44
STEPS_PER_DEGREE = 10_000_000
LATE_OF_10000 = 200


def late_payments(file: Path) -> Mask:
    """
    Which payments have no history, as sql/training/late_payments.sql decides.

    :param file: payments as Parquet.
    :return: shape (n,), in the order of the file.
    """
    batches = pq.ParquetFile(file).iter_batches(columns=["transaction_id"])
    digests = (
        hashlib.md5(b"late " + name.encode()).digest()
        for batch in batches
        for name in batch.column(0).to_pylist()
    )
    return np.array([_lower_half(digest) % 10_000 < LATE_OF_10000 for digest in digests], bool)


def _lower_half(digest: bytes) -> int:
    return int.from_bytes(digest[8:], "little")


def card_windows(payments: pd.DataFrame, is_late: Mask) -> pd.DataFrame:
    """
    The history of each payment's card.

    :param payments: the columns `READ`, in order of arrival.
    :param is_late: shape (n,): payments that have no history and are in nobody's.
    :return: `COLUMNS`, in another order of rows.
    """
    in_time = payments[~is_late]
    card_and_time = in_time["card_id"].factorize()[0] * SPAN + in_time["event_ms"].to_numpy()
    order = np.argsort(card_and_time, kind="stable")
    in_time = in_time.iloc[order].reset_index(drop=True)
    history = pd.concat(
        [in_time["transaction_id"], previous(in_time), activity(in_time, card_and_time[order])],
        axis="columns",
    )
    late = payments.loc[is_late, ["transaction_id"]]
    return pd.concat([history, late], ignore_index=True)[list(COLUMNS)]


def previous(payments: pd.DataFrame) -> pd.DataFrame:
    """
    When and where the card paid the time before, if within 7 days.

    :param payments: in order of card and time.
    """
    before = payments.groupby("card_id", sort=False)[["event_ms", "latitude", "longitude"]].shift()
    before = before.where(payments["event_ms"] - before["event_ms"] <= WINDOWS_MS["7d"])
    places = np.floor(before[["latitude", "longitude"]] * STEPS_PER_DEGREE + 0.5)
    return (
        (places / STEPS_PER_DEGREE)
        .add_prefix("previous_")
        .assign(previous_ms=before["event_ms"].astype("Int64"))
    )


def activity(payments: pd.DataFrame, card_and_time: Integers) -> pd.DataFrame:
    """
    Count, sum and different merchants in each window.

    A window ends with the last payment of its card at the same millisecond. By binary search:
    `groupby(...).rolling(...)` takes more than ten times as long and treats those one by one.

    :param payments: in order of card and time.
    :param card_and_time: shape (n,), ascending, `SPAN` from card to card.
    """
    amount_cents = payments["amount_cents"].to_numpy()
    sums = np.concatenate([[0], amount_cents.cumsum()])
    merchants = payments["merchant_id"].factorize()[0]
    end = np.searchsorted(card_and_time, card_and_time, "right")
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
    # Hashes stand for the time of arrival and are slow in Python: no part of what is measured.
    is_late = late_payments(file)
    stopwatch = Stopwatch()
    windows = card_windows(pd.read_parquet(file, columns=READ), is_late)
    windows.to_parquet(out, index=False)
    click.echo(stopwatch.result(len(windows)))


if __name__ == "__main__":
    main()
