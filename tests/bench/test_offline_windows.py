"""Card windows in pandas are those of the production SQL, and the report states it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("pandas", minversion="3", reason="only in the training environment")

import numpy as np
import pandas as pd

from bench.offline.columns import COLUMNS
from bench.offline.measure import Offline, differences
from bench.offline.pandas_windows import READ, card_windows
from bench.offline.report import offline_rows
from bench.offline.sql_windows import write_windows
from bench.offline.usage import Timing
from bench.streaming.peers.card_history import WINDOWS_MS
from simulator import World

END_MS = 1_893_456_000_000
SAME = ["card_id", "event_ms"]

Change = Callable[[pd.DataFrame], pd.DataFrame]


def as_simulated(payments: pd.DataFrame) -> pd.DataFrame:
    return payments


def at_full_5_minutes(payments: pd.DataFrame) -> pd.DataFrame:
    """Some of a card's payments are at the same millisecond, others at the edge of a window."""
    event_ms = payments["event_ms"] // WINDOWS_MS["5m"] * WINDOWS_MS["5m"]
    return payments.assign(event_ms=event_ms)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds a world of 200 cards and 40 days, two payments a day."""
    made = tmp_path_factory.mktemp("offline")
    world = World.generate(seed=5, customers=200, merchants=60, days=40, end_ms=END_MS, pace=2.0)
    world.write(made / "world")
    return made


@pytest.fixture
def changed(folder: Path) -> Iterator[Callable[[Change], pd.DataFrame]]:
    """Gives the world other payments for the length of a test."""
    file = folder / "world" / "payments.parquet"
    simulated = file.read_bytes()

    def change(how: Change) -> pd.DataFrame:
        payments = how(pd.read_parquet(file))
        payments.to_parquet(file, index=False)
        return payments

    yield change
    file.write_bytes(simulated)


def compute(folder: Path) -> tuple[Path, Path]:
    """:return: windows by SQL and by pandas, as Parquet."""
    in_sql, in_pandas = folder / "sql.parquet", folder / "pandas.parquet"
    write_windows(folder, 1, in_sql)
    file = folder / "world" / "payments.parquet"
    card_windows(pd.read_parquet(file, columns=READ)).to_parquet(in_pandas, index=False)
    return in_sql, in_pandas


@pytest.mark.parametrize("how", [as_simulated, at_full_5_minutes])
def test_every_column_is_equal(
    how: Change, folder: Path, changed: Callable[[Change], pd.DataFrame]
) -> None:
    payments = changed(how)
    in_sql, in_pandas = compute(folder)
    assert differences(in_sql, in_pandas) == {}
    windows = pd.read_parquet(in_pandas)
    assert sorted(windows["transaction_id"]) == sorted(payments["transaction_id"])
    # Both kinds of payments without one before: a card's first, and one after more than 7 days.
    assert windows["previous_ms"].isna().sum() > payments["card_id"].nunique()
    for name in windows.columns.difference(["transaction_id"]):
        assert windows[name].nunique() > 1, name


def test_of_the_same_millisecond_the_later_payment_sees_the_earlier(
    folder: Path, changed: Callable[[Change], pd.DataFrame]
) -> None:
    payments = changed(at_full_5_minutes)
    _, in_pandas = compute(folder)
    found = payments[["transaction_id", *SAME]].merge(
        pd.read_parquet(in_pandas), on="transaction_id", validate="one_to_one"
    )
    is_second = found.duplicated(SAME)
    assert is_second.sum() > 50
    assert (found[is_second]["previous_ms"] == found[is_second]["event_ms"]).all()
    # Each payment of a card sees all those that arrived before it, as far as the window goes.
    ties = found[found.duplicated(SAME, keep=False)]
    counts = ties.groupby(SAME)["card_txn_count_7d"]
    assert (counts.diff().dropna() == 1).all()


@pytest.mark.parametrize("name", WINDOWS_MS)
def test_a_window_that_is_off_by_a_millisecond_is_noticed(
    name: str,
    folder: Path,
    changed: Callable[[Change], pd.DataFrame],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changed(at_full_5_minutes)
    monkeypatch.setitem(WINDOWS_MS, name, WINDOWS_MS[name] - 1)
    found = differences(*compute(folder))
    assert f"card_txn_count_{name}" in found


@pytest.fixture
def offline() -> Offline:
    timing = Timing(seconds=12.34, cpu_seconds=20.0, memory_mb=1234.5)
    return Offline(
        payments=2_000_000,
        simulator_per_second=150_000.0,
        messages_per_second=400_000.0,
        set_rows=1_300_000,
        training_set=timing,
        sql_windows=replace(timing, seconds=5.0),
        pandas_windows=replace(timing, seconds=8.0),
        differences={},
    )


def test_the_report_has_a_row_for_each_work(offline: Offline) -> None:
    lines = list(offline_rows(offline))
    assert lines[2:5] == [
        "| training set | SQL in DuckDB | 12.3 | 20.0 | 1,234 MB |",
        "| card windows | SQL in DuckDB | 5.0 | 20.0 | 1,234 MB |",
        "| card windows | pandas | 8.0 | 20.0 | 1,234 MB |",
    ]
    text = "\n".join(lines)
    assert "150,000 payments/s and 400,000 messages/s" in text
    assert "every column in pandas equals" in text


def test_the_report_tells_what_differs(offline: Offline) -> None:
    text = "\n".join(offline_rows(replace(offline, differences={"previous_ms": 1_200})))
    assert "pandas differs from the SQL, in rows: previous_ms 1,200." in text
    assert "equals" not in text


def test_columns_without_a_value_on_one_side_differ(tmp_path: Path) -> None:
    ours = pd.DataFrame({name: np.array([1.0, 2.0, np.nan]) for name in COLUMNS})
    ours["transaction_id"] = ["a", "b", "c"]
    theirs = ours.copy()
    theirs.loc[1, "previous_latitude"] = np.nan
    theirs = theirs.drop(index=0)
    for name, frame in (("ours", ours), ("theirs", theirs)):
        frame.to_parquet(tmp_path / name)
    found = differences(tmp_path / "ours", tmp_path / "theirs")
    assert found["transaction_id"] == 1
    assert found["previous_latitude"] == 2
    assert found["previous_longitude"] == 1
