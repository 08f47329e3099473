"""No column of a file leaks a card number, and other numbers reject no payment."""

import datetime
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from swipestream.card_numbers import holds_card_number
from swipestream.cli import main
from swipestream.sending.errors import UnmappableError
from swipestream.sending.produce_file import Job, open_job
from swipestream.sending.reference_rows import TABLES, value_for
from swipestream.settings import Settings
from tests.card_numbers.cases import CASES, Case
from tests.sending.conftest import KEY, assert_no_card_number

MAPPING = """
[payment]
transaction_id = { column = "id" }
card_id = { column = "card" }
customer_id = { value = "c1" }
merchant_id = { column = "shop", as = "identifier" }
device_id = { column = "device", optional = true }
amount_cents = { value = 100 }
currency = { value = "EUR" }
channel = { value = "pos" }
event_ms = { value = 1609459200000 }

[label]
is_fraud = { value = true }
scenario = { column = "scenario", optional = true }

[merchant]
merchant_id = { column = "id" }
name = { column = "name", optional = true }
city = { column = "city", optional = true }
"""
ROW = {"id": "t1", "card": "k1", "shop": "s1"}


def job_of(
    settings: Settings, folder: Path, rows: Sequence[Mapping[str, Any]], **options: Any
) -> Job:
    """A file of rows, and the mapping above."""
    columns = dict.fromkeys([*ROW, "device", "scenario", "name", "city"])
    lines = [json.dumps(columns | ROW | dict(row)) for row in rows]
    (folder / "rows.jsonl").write_text("\n".join(lines))
    (folder / "mine.toml").write_text(MAPPING)
    return open_job(settings, folder / "rows.jsonl", str(folder / "mine.toml"), None, **options)


def reasons(job: Job) -> dict[int, str]:
    """Why rows are refused, by their number."""
    job.rehearse()
    job.side_file.close()
    if not job.side_file.path.exists():
        return {}
    lines = map(json.loads, job.side_file.path.read_text().splitlines())
    return {line["row"]: line["reason"] for line in lines}


@pytest.mark.parametrize("column", ["id", "card", "shop"])
def test_an_identifier_that_holds_a_card_number_is_refused(
    column: str, settings: Settings, tmp_path: Path
) -> None:
    cases = [case for case in CASES if case.text.strip()]
    found = reasons(job_of(settings, tmp_path, [{column: case.text} for case in cases]))
    for number, case in enumerate(cases, start=1):
        reason = found.get(number, "")
        if case.is_card_number:
            assert reason, case
        elif column != "shop":
            assert "holds a card number" not in reason, case
    for line in Path("rows.jsonl.rejects.jsonl").read_text().splitlines():
        assert not holds_card_number(json.dumps(json.loads(line)["values"]))


def test_the_reasons_are_those_of_the_job(settings: Settings, tmp_path: Path) -> None:
    number = "4111-1111_1111.1111"
    rows: list[dict[str, Any]] = [
        {"id": number}, {"card": number}, {"shop": number}, {"card": "411111111111"},
    ]  # fmt: skip
    held = "an identifier holds a card number: send a keyed hash"
    assert reasons(job_of(settings, tmp_path, rows, with_labels=True)) == {
        1: held,
        2: held,
        3: held,
        4: "card_id looks like a card number: send a keyed hash",
    }


def test_a_device_that_is_a_card_number_costs_no_payment_its_score(
    settings: Settings, tmp_path: Path
) -> None:
    cases = [case for case in CASES if case.is_card_number]
    job = job_of(settings, tmp_path, [{"device": case.text} for case in cases])
    payments = [mapped.payment or {} for mapped in job.mapped()]
    assert [payment["device_id"] for payment in payments] == [None] * len(cases)


def test_a_number_that_the_length_of_an_identifier_cuts(settings: Settings, tmp_path: Path) -> None:
    shop = "a" * 49 + "-4111111111111111"
    assert list(reasons(job_of(settings, tmp_path, [{"shop": shop}]))) == [1]


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.text.strip() and "\0" not in case.text], ids=str
)
def test_names_are_masked(case: Case, settings: Settings, tmp_path: Path) -> None:
    row = {"name": case.text, "city": f"x {case.text} x"}
    job = job_of(settings, tmp_path, [row], with_customers=True)
    assert not reasons(job)
    made = dict(zip(TABLES["merchants"], job.references["merchants"]["t1"], strict=True))
    assert made["name"] == case.masked.strip()
    assert made["city"] == f"x {case.masked} x"


@pytest.mark.parametrize("name", ["customer_id", "merchant_id", "usual_device_id"])
def test_an_identifier_cannot_be_masked(name: str) -> None:
    with pytest.raises(UnmappableError, match="it holds a card number"):
        value_for(name, "4111-1111_1111.1111")


@pytest.mark.parametrize("name", ["home_latitude", "longitude", "utc_offset_minutes"])
def test_a_number_is_no_card_number(name: str) -> None:
    with pytest.raises(UnmappableError):
        value_for(name, 4111111111111111.0)


def test_a_shop_that_is_called_by_a_card_number(settings: Settings, tmp_path: Path) -> None:
    head = (
        "trans_date_trans_time,cc_num,merchant,category,amt,first,last,city,lat,long,trans_num,"
        "merch_lat,merch_long,is_fraud\n"
    )
    line = (
        "2021-01-01 00:00:0{0},400000000000000{0},{1},misc_pos,10.50,Ann,4111 1111 1111 1111,"
        "5500-0000-0000-0004,36.07,-81.17,{0:032},36.01,-82.04,0\n"
    )
    file = tmp_path / "sparkov.csv"
    file.write_text(
        head + line.format(1, "fraud_Send to 4111111111111111 Shop") + line.format(2, "Corner Shop")
    )
    job = open_job(settings, file, "sparkov", None, with_customers=True)
    assert list(reasons(job)) == [1]
    (customer,) = job.references["customers"].values()
    assert customer[1] == "Ann **** **** **** 1111"
    assert customer[6] == "****-****-****-0004"
    assert [row[1] for row in job.references["merchants"].values()] == ["Corner Shop"]
    result = CliRunner().invoke(
        main,
        ["produce", str(file), "--dry-run", "--with-customers"],
        env={"SWIPESTREAM_HOME": str(tmp_path / "home"), "CARD_HASH_KEY": KEY},
    )
    assert "an identifier holds a card number" in result.stderr
    assert_no_card_number(result.output + Path("sparkov.csv.rejects.jsonl").read_text())


def references_of_a_day() -> Iterator[str]:
    """Numbers of 16 digits that begin with the day and the time."""
    random = Random(5)
    begin = datetime.datetime(2026, 11, 30)
    for second in range(2_000):
        moment = begin + datetime.timedelta(seconds=second * 41)
        yield f"{moment:%y%m%d%H%M%S}{random.randrange(10_000):04}"


def test_references_that_begin_with_the_day_are_sent(settings: Settings, tmp_path: Path) -> None:
    rows = [{"id": name} for name in references_of_a_day()]
    assert not reasons(job_of(settings, tmp_path, rows))
    assert not any(map(holds_card_number, references_of_a_day()))


# Of 19 digits, and alike but for the last ones.
LONG = ("6759649826438453111", "6759649826438453129")


def cards_in(settings: Settings, folder: Path, column: pa.Array) -> dict[int, str]:
    """What is refused of a column of card numbers."""
    rows = len(column)
    table = pa.table(
        {
            "cc_num": column,
            "trans_num": [f"t{n}" for n in range(rows)],
            "trans_date_trans_time": ["2021-01-01 00:00:00"] * rows,
            "merchant": ["s1"] * rows,
            "category": ["misc_pos"] * rows,
            "amt": ["1.00"] * rows,
            "merch_lat": [1.0] * rows,
            "merch_long": [2.0] * rows,
        }
    )
    pq.write_table(table, folder / "cards.parquet")
    return reasons(open_job(settings, folder / "cards.parquet", "sparkov", None))


def test_card_numbers_that_lost_digits_are_refused(settings: Settings, tmp_path: Path) -> None:
    numbers = [*map(int, LONG), 4111111111111111]
    found = cards_in(settings, tmp_path, pa.array(map(float, numbers), pa.float64()))
    assert set(found) == {1, 2}
    assert found[1] == "cc_num: a number above 2^53 that is stored as a DOUBLE is not exact"


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64(), pa.string(), pa.decimal128(19)])
def test_card_numbers_that_kept_their_digits_are_taken(
    kind: pa.DataType, settings: Settings, tmp_path: Path
) -> None:
    assert not cards_in(settings, tmp_path, pa.array(map(int, LONG), pa.int64()).cast(kind))


@pytest.mark.parametrize("number", [4111111111111111, 378282246310005, 30569309025904])
def test_single_precision_holds_no_card_number(
    number: int, settings: Settings, tmp_path: Path
) -> None:
    found = cards_in(settings, tmp_path, pa.array([float(number)], pa.float32()))
    assert found == {1: "cc_num: a number of so many digits that is stored as a FLOAT is not exact"}


def test_text_that_was_a_floating_point_number(settings: Settings, tmp_path: Path) -> None:
    texts = ["6759649826438453000.0", "4111111111111111.0"]
    assert list(cards_in(settings, tmp_path, pa.array(texts))) == [1]


def test_identifiers_that_lost_digits_are_refused(settings: Settings, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"id": 6759649826438453111.0},
        {"id": 12345678901.0},
        {"id": 6759649826438453111},
    ]
    found = reasons(job_of(settings, tmp_path, rows))
    assert found[1].startswith("id: a number above 2^53")
    assert 2 not in found
