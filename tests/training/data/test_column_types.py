"""A user's own history trains, whatever wrote its files; what cannot be used is named."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

import pandas as pd

from training.data.feature_sql import connect, set_label_cutoff
from training.data.world import open_views, open_world
from training.errors import TrainingDataError

Change = Callable[[pd.DataFrame], pd.DataFrame]


def changed(world: Path, folder: Path, name: str, change: Change) -> Path:
    """A copy of a world with one file written otherwise."""
    shutil.copytree(world, folder)
    file = folder / f"{name}.parquet"
    if name == "payments" and not file.exists():
        (file,) = (folder / "payments").glob("*.parquet")
    change(pd.read_parquet(file)).to_parquet(file, index=False)
    return folder


def content(folder: Path) -> tuple[object, ...]:
    """The views' results for a world: its features, labels and what is odd about them."""
    world = open_world(folder)
    with connect() as connection:
        open_views(connection, world)
        set_label_cutoff(connection, 0, world.end_ms, world.end_ms)
        return (
            world.first_ms(),
            connection.execute(
                "SELECT count(*), sum(amount_cents), sum(card_txn_count_24h), "
                "CAST(sum(account_age_days) AS BIGINT), sum(local_hour), count(device_id) "
                "FROM payment_features"
            ).fetchone(),
            connection.execute("SELECT count(*), count_if(is_fraud) FROM known_labels").fetchone(),
            connection.execute("FROM label_account").fetchone(),
        )


@pytest.fixture(scope="module")
def as_it_is(small_world: Path) -> tuple[object, ...]:
    return content(small_world)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("labels", lambda table: table.assign(is_fraud=table.is_fraud.astype("int64"))),
        ("labels", lambda table: table.assign(is_fraud=table.is_fraud.astype("float64"))),
        (
            "labels",
            lambda table: table.assign(is_fraud=table.is_fraud.map({True: "Y", False: "N"})),
        ),
        (
            "payments",
            lambda table: table.assign(event_ms=pd.to_datetime(table.event_ms, unit="ms")),
        ),
        ("payments", lambda table: table.assign(amount_cents=table.amount_cents.astype("float64"))),
        (
            "payments",
            lambda table: table.assign(transaction_id=table.transaction_id.map(str.encode)),
        ),
        (
            "customers",
            lambda table: table.assign(
                account_opened_at=table.account_opened_at.astype("datetime64[ms]").astype(str)
            ),
        ),
    ],
    ids=["0_and_1", "1.0", "Y_and_N", "times", "amounts_as_doubles", "bytes", "dates_as_text"],
)
def test_other_types_mean_the_same(
    name: str, change: Change, small_world: Path, as_it_is: tuple[object, ...], tmp_path: Path
) -> None:
    assert content(changed(small_world, tmp_path / "world", name, change)) == as_it_is


def test_nobody_knows_when_accounts_were_opened(small_world: Path, tmp_path: Path) -> None:
    folder = changed(
        small_world,
        tmp_path / "world",
        "customers",
        lambda table: table.assign(account_opened_at=None),
    )
    assert content(folder)[0]


@pytest.mark.parametrize(
    ("name", "change", "fact"),
    [
        (
            "labels",
            lambda table: table.assign(is_fraud=[2, *[0] * (len(table) - 1)]),
            r"labels.parquet has '2' in column is_fraud, row 1, which is no boolean",
        ),
        (
            "payments",
            lambda table: table.assign(amount_cents=[1.5, *[1.0] * (len(table) - 1)]),
            r"has '1.5' in column amount_cents, row 1, which is no bigint",
        ),
        (
            "customers",
            lambda table: table.assign(account_opened_at="soon"),
            r"customers.parquet has 'soon' in column account_opened_at, row 1, which is no",
        ),
    ],
)
def test_a_value_that_cannot_be_used_is_named(
    name: str, change: Change, fact: str, small_world: Path, tmp_path: Path
) -> None:
    folder = changed(small_world, tmp_path / "world", name, change)
    with connect() as connection, pytest.raises(TrainingDataError, match=fact):
        open_views(connection, open_world(folder))
