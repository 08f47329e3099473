"""A file becomes a world that training reads: with its labels, customers and merchants."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from bench.other_data.shapes import SHAPES, write_shape
from simulator.messages import LABEL_FIELDS, PAYMENT_FIELDS
from swipestream.cli import main
from swipestream.sending.mapping import detect_mapping
from swipestream.sending.reference_rows import CUSTOMER_COLUMNS, MERCHANT_COLUMNS

DAY_MS = 86_400_000
LABELS = """
[payment]
transaction_id = { column = "id" }
card_id        = { column = "card" }
customer_id    = { column = "card" }
merchant_id    = { value = "m" }
amount_cents   = { column = "cents", as = "integer" }
currency       = { value = "EUR" }
channel        = { value = "pos" }
event_ms       = { column = "at", as = "time", zone = "UTC" }

[label]
is_fraud    = { column = "fraud", as = "truth" }
labelled_ms = { column = "known", as = "time", zone = "UTC" }
"""


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWIPESTREAM_HOME", str(tmp_path / "home"))


def produce(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["produce", *map(str, arguments)])


@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_is_recognized_and_becomes_a_world(name: str, tmp_path: Path) -> None:
    file, world = tmp_path / f"{name}.csv", tmp_path / name
    write_shape(name, file, rows=2_000, seed=3)
    with file.open(encoding="utf-8") as lines:
        assert detect_mapping(next(lines).strip().split(",")).name == name
    result = produce(file, "--to-world", world)
    assert result.exit_code == 0, result.output
    description = json.loads((world / "world.json").read_text())
    assert (description["kind"], description["mapping"]) == ("file", name)
    # Amounts above a million are refused.
    assert description["payments"] > 1_980
    payments, labels = (pq.read_table(world / f"{part}.parquet") for part in ("payments", "labels"))
    assert tuple(payments.column_names) == PAYMENT_FIELDS
    assert tuple(labels.column_names) == LABEL_FIELDS
    assert payments.num_rows == labels.num_rows == description["payments"]
    assert len(set(payments["transaction_id"].to_pylist())) == payments.num_rows
    assert sum(labels["is_fraud"].to_pylist()) == description["frauds"] > 0
    # The file was made when all labels were known: no payment is too young for training.
    newest = max(payments["event_ms"].to_pylist())
    assert description["end_ms"] == newest + 21 * DAY_MS + 1
    customers, merchants = (
        pq.read_schema(world / f"{part}.parquet") for part in ("customers", "merchants")
    )
    assert tuple(customers.names) == CUSTOMER_COLUMNS
    assert tuple(merchants.names) == MERCHANT_COLUMNS
    assert "older than an earlier row" not in result.output


def test_customers_and_merchants_come_along(tmp_path: Path) -> None:
    write_shape("sparkov", tmp_path / "file.csv", rows=1_000, seed=3)
    produce(tmp_path / "file.csv", "--to-world", tmp_path / "world")
    customers = pq.read_table(tmp_path / "world" / "customers.parquet").to_pylist()
    merchants = pq.read_table(tmp_path / "world" / "merchants.parquet").to_pylist()
    assert {row["home_country"] for row in customers} == {"US"}
    assert all(20 < row["home_latitude"] < 50 for row in customers)
    assert {"grocery", "marketplace"} <= {row["category"] for row in merchants}


def test_labels_with_times_end_the_world_when_the_newest_came(tmp_path: Path) -> None:
    (tmp_path / "labels.toml").write_text(LABELS)
    (tmp_path / "file.csv").write_text(
        "id,card,cents,at,fraud,known\n"
        "a,k,100,2026-03-01,1,2026-03-09\nb,k,200,2026-03-02,0,2026-03-05\n"
    )
    result = produce(
        tmp_path / "file.csv", "--mapping", tmp_path / "labels.toml", "--to-world", tmp_path / "w"
    )
    assert result.exit_code == 0, result.output
    description = json.loads((tmp_path / "w" / "world.json").read_text())
    # 9 March 2026, and a millisecond.
    assert description["end_ms"] == 1_773_014_400_001


def test_a_world_is_not_overwritten(tmp_path: Path) -> None:
    write_shape("ulb", tmp_path / "file.csv", rows=100, seed=3)
    arguments = (tmp_path / "file.csv", "--to-world", tmp_path / "world")
    assert produce(*arguments).exit_code == 0
    again = produce(*arguments)
    assert again.exit_code == 1
    assert "holds a world already" in again.output + str(again.exception)


def test_a_file_without_a_usable_payment_is_no_world(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text("Time,V1,V28,Amount,Class\nnever,0,0,1.0,0\n")
    result = produce(tmp_path / "file.csv", "--to-world", tmp_path / "world")
    assert result.exit_code == 1
    assert "can be used as a payment" in result.output + str(result.exception)
    assert not (tmp_path / "world" / "world.json").exists()


@pytest.mark.parametrize("option", [("--rate", "5"), ("--dry-run",), ("--shift-to-now",)])
def test_a_world_is_not_sent(option: tuple[str, ...], tmp_path: Path) -> None:
    write_shape("ulb", tmp_path / "file.csv", rows=10, seed=3)
    result = produce(tmp_path / "file.csv", "--to-world", tmp_path / "world", *option)
    assert result.exit_code == 2
    assert "--to-world sends nothing" in result.output


def test_columns_that_only_look_alike_are_not_taken_for_ulb(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text("Time,Amount\n0,1.0\n")
    result = produce(tmp_path / "file.csv", "--dry-run")
    assert result.exit_code == 1
    assert "no built-in mapping fits" in result.output + str(result.exception)
