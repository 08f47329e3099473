"""Mappings turn the rows of well-known files into our messages."""

import hashlib
import hmac
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from simulator import World
from simulator.messages import PAYMENT_FIELDS, PaymentWriter
from swipestream.sending.errors import InputFileError, MappingError
from swipestream.sending.input_files import InputFile
from swipestream.sending.mapping import builtin_mappings, detect_mapping, read_mapping
from swipestream.sending.produce_file import Job, open_job
from swipestream.settings import Settings
from tests.sending.conftest import KEY


def card_id(number: str) -> str:
    """What a card number becomes."""
    return hmac.new(KEY.encode(), number.encode(), hashlib.sha256).hexdigest()[:32]


def payments(job: Job) -> list[dict[str, Any]]:
    """All payments of a file."""
    return [mapped.payment for mapped in job.mapped() if mapped.payment]


def test_sparkov(settings: Settings, files: Path) -> None:
    job = open_job(settings, files / "sparkov.csv", "sparkov", None, with_labels=True)
    rows = list(job.mapped())
    assert job.summary.rows == len(rows) == 10
    assert rows[1].payment == {
        "transaction_id": "1f76529f8574734946361c461b024d99",
        "card_id": card_id("5555555555554444"),
        "customer_id": f"c-{card_id('5555555555554444')}",
        "merchant_id": "Heller-Gutmann-and-Zieme-rnkmkuplpmsx",
        "amount_cents": 10723,
        "currency": "USD",
        "channel": "pos",
        "latitude": 49.159047,
        "longitude": -118.186462,
        "device_id": None,
        "card_last4": "4444",
        "event_ms": 1592741673000,
    }
    online = rows[0].payment
    assert online is not None
    assert tuple(online) == PAYMENT_FIELDS
    # Bought on the net: no place.
    assert online["channel"] == "online"
    assert online["latitude"] is None
    labels = [row.label or {} for row in rows]
    assert [label["is_fraud"] for label in labels].count(True) == 2
    assert labels[4] == {
        "transaction_id": "a41d7549acf90789359a9aa5346dcb46",
        "is_fraud": True,
        "reason": "file",
        "scenario": None,
        "event_ms": 1592741717000,
        "labelled_ms": 1592741717000 + 7 * 86_400_000,
        "source": "sparkov",
    }


def test_handbook(settings: Settings, files: Path) -> None:
    job = open_job(settings, files / "handbook.csv", "handbook", None, with_labels=True)
    rows = list(job.mapped())
    assert rows[0].payment == {
        "transaction_id": "h-0",
        "card_id": "h-card-596",
        "customer_id": "h-c596",
        "merchant_id": "h-m3156",
        "amount_cents": 5716,
        "currency": "EUR",
        "channel": "pos",
        "latitude": None,
        "longitude": None,
        "device_id": None,
        "card_last4": None,
        "event_ms": 1522540831000,
    }
    assert [(row.label or {})["scenario"] for row in rows[-5:]] == [
        "large_amount", "large_amount", "large_amount", "compromised_terminal",
        "leaked_credentials",
    ]  # fmt: skip


def test_parquet_says_the_same_as_csv(settings: Settings, files: Path, tmp_path: Path) -> None:
    for name in ("sparkov", "handbook"):
        # Numbers become integers and floats, times become timestamps.
        table = pyarrow.csv.read_csv(files / f"{name}.csv")
        pq.write_table(table, tmp_path / f"{name}.parquet")
        from_csv = payments(open_job(settings, files / f"{name}.csv", name, None))
        from_parquet = payments(open_job(settings, tmp_path / f"{name}.parquet", name, None))
        assert from_parquet == from_csv


def test_card_numbers_that_pandas_made_floats(
    settings: Settings, files: Path, tmp_path: Path
) -> None:
    table = pyarrow.csv.read_csv(files / "sparkov.csv")
    index = table.schema.get_field_index("cc_num")
    table = table.set_column(index, "cc_num", table["cc_num"].cast(pa.float64()))
    pq.write_table(table, tmp_path / "floats.parquet")
    assert payments(open_job(settings, tmp_path / "floats.parquet", None, None)) == payments(
        open_job(settings, files / "sparkov.csv", None, None)
    )


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet", "csv.gz", "jsonl.gz"])
def test_our_own_message_survives_every_format(
    ending: str, settings: Settings, tmp_path: Path
) -> None:
    import csv
    import gzip

    world = World.generate(seed=3, customers=30, merchants=40, days=10, end_ms=1_577_836_800_000)
    expected = [
        json.loads(line)
        for line in PaymentWriter(world.setting).lines(world.payments, world.transaction_ids)
    ]
    path = tmp_path / f"own.{ending}"
    if ending == "parquet":
        pq.write_table(world.payments_table(), path)
    else:
        with (gzip.open if ending.endswith("gz") else open)(path, "wt", newline="") as stream:
            if ending.startswith("csv"):
                writer = csv.DictWriter(stream, PAYMENT_FIELDS)
                writer.writeheader()
                writer.writerows(expected)
            else:
                stream.writelines(json.dumps(payment) + "\n" for payment in expected)
    job = open_job(settings, path, None, None)
    assert job.mapping.name == "native"
    assert payments(job) == expected


@pytest.mark.parametrize("name", ["sparkov", "handbook"])
def test_the_mapping_is_told_from_the_columns(name: str, files: Path) -> None:
    assert detect_mapping(InputFile(files / f"{name}.csv").columns).name == name


def test_a_mapping_of_your_own(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("id,pan,wo,betrag,wann\n1,4111111111111111,Bäcker,12.5,7\n")
    (tmp_path / "mine.toml").write_text(
        """
[payment]
transaction_id = { column = "id", prefix = "mine-" }
card_id = { column = "pan", as = "card_hash" }
customer_id = { column = "pan", as = "card_hash", prefix = "c-" }
merchant_id = { column = "wo", as = "identifier" }
amount_cents = { column = "betrag", as = "decimal" }
currency = { value = "CHF" }
channel = { value = "pos" }
event_ms = { column = "wann", as = "time", format = "%d" }
"""
    )
    job = open_job(settings, tmp_path / "mine.csv", str(tmp_path / "mine.toml"), None)
    assert payments(job) == []
    assert "event_ms is before the year 2000" in next(iter(job.side_file.reasons))
    (tmp_path / "mine.csv").write_text(
        "id,pan,wo,betrag,wann\n1,4111111111111111,Bäcker,12.5,946684801\n"
    )
    mapping = tmp_path / "mine.toml"
    mapping.write_text(mapping.read_text().replace('"%d"', '"seconds"'))
    (payment,) = payments(open_job(settings, tmp_path / "mine.csv", str(mapping), None))
    assert re.fullmatch("B-cker-[a-z]{12}", payment["merchant_id"])
    assert payment["amount_cents"] == 1250
    assert payment["event_ms"] == 946_684_801_000


def test_unknown_columns_are_named(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("when,what,4111111111111111\n1,2,3\n")
    with pytest.raises(MappingError, match=r"fits the columns when, what, \*\*\*\*1111"):
        open_job(settings, tmp_path / "other.csv", None, None)
    with pytest.raises(MappingError, match="needs the column amt") as caught:
        open_job(settings, tmp_path / "other.csv", "sparkov", None)
    assert "with commas between values, has when, what, ****1111" in caught.value.hint


def test_unknown_mapping(settings: Settings, files: Path) -> None:
    with pytest.raises(
        MappingError,
        match="neither a file nor one of handbook, ieee_cis, labels, native, paysim, sparkov",
    ):
        open_job(settings, files / "sparkov.csv", "kaggle", None)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("[payment", "is not TOML"),
        ("[payment]\n", "has no rule for payment.transaction_id"),
        ("[payments]\n", "has no rule for payment.transaction_id"),
        ('[payment]\ncolour = { value = "red" }', "payment.colour is not a field"),
        ("[payment]\ncurrency = { }", "neither column nor value"),
        ('[payment]\ncurrency = { column = "a", as = "music" }', "as = 'music' is unknown"),
        ('[payment]\ncurrency = { column = "a", loud = 1 }', "loud is unknown"),
        ('[payment]\ncard_id = { row = true, column = "a" }', "row stands alone"),
        ("[payment]\ncard_id = { row = false }", "row stands alone"),
        ('[payment]\ncurrency = { column = "a", round = true }', "round is for amounts"),
        ("recognized_by = 5", "recognized_by is not a list of columns"),
    ],
)
def test_a_bad_mapping(text: str, fact: str, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(MappingError, match=fact):
        read_mapping(str(tmp_path / "bad.toml"))


def test_all_built_in_mappings_are_sound() -> None:
    assert set(builtin_mappings()) == {
        *("native", "sparkov", "handbook", "labels"),
        *("ieee_cis", "paysim", "ulb"),
    }
    for name in builtin_mappings():
        assert read_mapping(name).name == name


@pytest.mark.parametrize(
    ("name", "content", "fact"),
    [
        ("nothing.csv", None, "does not exist"),
        ("empty.csv", b"", "is empty"),
        ("sheet.xlsx", b"PK", "is of no known format"),
        ("broken.csv.gz", b"\x1f\x8b\x08\x00broken", "cannot be read"),
        ("broken.parquet", b"PAR1 no more", "cannot be read"),
    ],
)
def test_files_that_cannot_be_read(
    name: str, content: bytes | None, fact: str, settings: Settings, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputFileError, match=fact):
        open_job(settings, tmp_path / name, None, None)


@pytest.mark.parametrize("name", ["handbook.csv", "native.jsonl", "sparkov.csv"])
def test_nothing_is_assumed_of_times_whose_mapping_names_their_zone(
    name: str, settings: Settings, files: Path
) -> None:
    assert open_job(settings, files / name, None, None).said() == []


def test_a_file_that_ends_in_the_middle(settings: Settings, files: Path, tmp_path: Path) -> None:
    import gzip

    packed = gzip.compress((files / "sparkov.csv").read_bytes() * 50)
    (tmp_path / "cut.csv.gz").write_bytes(packed[: len(packed) // 2])
    # Before a row is used.
    with pytest.raises(InputFileError, match="cannot be read"):
        open_job(settings, tmp_path / "cut.csv.gz", None, None)


def test_customers_and_merchants(settings: Settings, files: Path) -> None:
    job = open_job(settings, files / "sparkov.csv", None, None, with_customers=True)
    payments(job)
    customers, merchants = job.references["customers"], job.references["merchants"]
    assert len(customers) == 5
    assert customers[f"c-{card_id('4111111111111111')}"][1:8] == (
        "Jane Banks", None, 36.0788, -81.1781, "US", "Moravian Falls", -300,
    )  # fmt: skip
    assert merchants["Lind-Buckridge"] == (
        "Lind-Buckridge", "Lind-Buckridge", "entertainment", None, None, "US", None,
    )  # fmt: skip
    with pytest.raises(MappingError, match="neither customers nor merchants"):
        open_job(settings, files / "handbook.csv", None, None, with_customers=True)


def test_labels_where_there_are_none(settings: Settings, files: Path) -> None:
    with pytest.raises(MappingError, match="has no labels"):
        open_job(settings, files / "native.jsonl", None, None, with_labels=True)


def test_shifting_to_now(settings: Settings, files: Path) -> None:
    job = open_job(settings, files / "handbook.csv", None, None)
    last = payments(job)[-1]["event_ms"]
    assert job.newest_ms() == last
    shifted = open_job(settings, files / "handbook.csv", None, None)
    shifted.shift_ms = 1_577_836_800_000 - last
    times = [payment["event_ms"] for payment in payments(shifted)]
    assert times[-1] == 1_577_836_800_000
    assert times[-1] - times[0] == last - 1522540831000
