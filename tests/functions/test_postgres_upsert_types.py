"""Random values of every type that `postgres-upsert` takes, into every column that takes them."""

import base64
import datetime
import json
import math
import random
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from tests.functions.sink_jobs import CopyJobs

pytestmark = pytest.mark.stack

ROWS = 400
EPOCH = datetime.datetime(1970, 1, 1)
ODD_TEXTS = (
    *("", " ", "a\x00b", "\x00", "tab\tnewline\nreturn\r", "back\\slash \\N \\.", "größe", "😀"),
    *("'quoted'", '"quoted"', "{1,2}", "(1,2)", "NULL", "x" * 3000),
)
Value = Any


@dataclass(frozen=True)
class Pair:
    """
    A column in Flink and its column in Postgres.

    :param flink: its type in Flink.
    :param postgres: its type in Postgres.
    :param make: a random value as the source's JSON has it.
    :param stored: what psycopg has to read for it.
    """

    flink: str
    postgres: str
    make: Callable[[random.Random], Value]
    stored: Callable[[Value], Value] = lambda value: value


def whole(bits: int) -> Callable[[random.Random], int]:
    """All magnitudes alike, and the ends of the range."""
    most = 2 ** (bits - 1)

    def make(rng: random.Random) -> int:
        number = rng.getrandbits(rng.randrange(1, bits)) * rng.choice((-1, 1))
        return rng.choice((number, number, number, -most, most - 1, 0))

    return make


def fraction(rng: random.Random) -> float | str:
    usual = rng.uniform(-1, 1) * 10 ** rng.randrange(-300, 300)
    return rng.choice((usual, usual, usual, 0.1, -0.0, "NaN", "Infinity", "-Infinity", 1e-300))


def single(value: float) -> float:
    result: float = struct.unpack("f", struct.pack("f", value))[0]
    return result


def small_fraction(rng: random.Random) -> float:
    return rng.choice((single(rng.uniform(-1, 1) * 10 ** rng.randrange(-30, 30)), 0.1))


def decimal(digits: int, scale: int) -> Callable[[random.Random], Value]:
    def make(rng: random.Random) -> Value:
        return str(Decimal(rng.randrange(-(10**digits) + 1, 10**digits)).scaleb(-scale))

    return make


def text(rng: random.Random) -> str:
    usual = "".join(
        chr(rng.choice((65, 97, 228, 1079, 8364, 128512))) for _ in range(rng.randrange(20))
    )
    return rng.choice((usual, rng.choice(ODD_TEXTS)))


def short_text(rng: random.Random) -> str:
    return "".join(rng.choice("aß€😀") for _ in range(rng.randrange(9)))


def in_postgres(value: str) -> str:
    return value.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def json_text(rng: random.Random) -> str:
    return json.dumps({"n": rng.randrange(100), "t": rng.choice(("a", "größe", [1, None]))})


def base64_bytes(rng: random.Random) -> str:
    return base64.b64encode(rng.randbytes(rng.randrange(50))).decode()


def day(rng: random.Random) -> str:
    return (datetime.date(1, 1, 1) + datetime.timedelta(rng.randrange(3_000_000))).isoformat()


def clock(rng: random.Random) -> str:
    return f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}"


def moment(digits: int) -> Callable[[random.Random], str]:
    def make(rng: random.Random) -> str:
        seconds = datetime.timedelta(seconds=rng.randrange(-(10**10), 10**10))
        time = (EPOCH + seconds).isoformat()
        return f"{time}.{rng.randrange(10**digits):0{digits}}" if digits else time

    return make


def moment_utc(rng: random.Random) -> str:
    return moment(3)(rng) + "Z"


def as_moment(value: str) -> datetime.datetime:
    whole, _, rest = value.rstrip("Z").partition(".")
    microseconds = int(f"{rest:0<6}"[:6]) if rest else 0
    return datetime.datetime.fromisoformat(whole) + datetime.timedelta(microseconds=microseconds)


def as_utc(value: str) -> datetime.datetime:
    return as_moment(value).replace(tzinfo=datetime.UTC)


def shortest_single(value: float) -> Decimal:
    """The fewest digits that distinguish it from its neighbors, as Java writes a float."""
    for digits in range(1, 10):
        text = f"{value:.{digits}g}"
        if single(float(text)) == single(value):
            return Decimal(text)
    raise AssertionError(value)


WHOLE = (("TINYINT", 8), ("SMALLINT", 16), ("INT", 32), ("BIGINT", 64))
FITTING = {8: "smallint", 16: "smallint", 32: "integer", 64: "bigint"}
PAIRS = (
    *(Pair(name, FITTING[bits], whole(bits)) for name, bits in WHOLE),
    *(Pair(name, "bigint", whole(bits)) for name, bits in WHOLE),
    *(Pair(name, "numeric", whole(bits), Decimal) for name, bits in WHOLE),
    *(Pair(name, "text", whole(bits), str) for name, bits in WHOLE),
    *(Pair(name, "double precision", whole(bits), float) for name, bits in WHOLE),
    Pair("INT", "real", whole(32), lambda value: single(float(value))),
    Pair("BIGINT", "smallint", whole(16)),
    Pair("BIGINT", "integer", whole(32)),
    Pair("INT", "numeric(12, 2)", whole(32), Decimal),
    Pair("DOUBLE", "double precision", fraction, float),
    Pair("DOUBLE", "numeric", fraction, lambda value: Decimal(str(value))),
    Pair("DOUBLE", "real", small_fraction, single),
    Pair("FLOAT", "real", small_fraction, single),
    Pair("FLOAT", "double precision", small_fraction, single),
    Pair("FLOAT", "numeric", small_fraction, shortest_single),
    Pair("DECIMAL(38, 18)", "numeric", decimal(38, 18), Decimal),
    Pair("DECIMAL(10, 2)", "numeric(10, 2)", decimal(10, 2), Decimal),
    Pair("DECIMAL(10, 4)", "text", decimal(10, 4), lambda value: f"{Decimal(value):.4f}"),
    Pair("DECIMAL(15, 0)", "double precision", decimal(15, 0), float),
    Pair("BOOLEAN", "boolean", lambda rng: rng.random() < 0.5),
    Pair("BOOLEAN", "text", lambda rng: rng.random() < 0.5, lambda value: str(value).lower()),
    Pair("STRING", "text", text, in_postgres),
    Pair("STRING", "varchar", text, in_postgres),
    Pair("STRING", "varchar(8)", short_text),
    Pair("STRING", "char(8)", short_text, lambda value: value.ljust(8)),
    Pair("STRING", "{}.short_text", short_text),
    Pair("STRING", "{}.mood", lambda rng: rng.choice(("glad", "größe"))),
    Pair("STRING", "json", json_text, json.loads),
    Pair("STRING", "jsonb", json_text, json.loads),
    Pair("STRING", "uuid", lambda rng: str(uuid.UUID(int=rng.getrandbits(128))), uuid.UUID),
    Pair("CHAR(3)", "text", lambda rng: "abc"),
    Pair("BYTES", "bytea", base64_bytes, base64.b64decode),
    Pair("DATE", "date", day, datetime.date.fromisoformat),
    Pair("TIME", "time", clock, datetime.time.fromisoformat),
    Pair("TIMESTAMP(3)", "timestamp(3)", moment(3), as_moment),
    Pair("TIMESTAMP(0)", "timestamp", moment(0), as_moment),
    Pair("TIMESTAMP(6)", "timestamp", moment(6), as_moment),
    Pair("TIMESTAMP(9)", "timestamp", moment(9), as_moment),
    Pair("TIMESTAMP(3)", "timestamptz", moment(3), as_utc),
    Pair("TIMESTAMP_LTZ(3)", "timestamptz(3)", moment_utc, as_utc),
    Pair("TIMESTAMP_LTZ(3)", "timestamp", moment_utc, as_moment),
)


def test_what_is_read_is_what_was_written(sink_jobs: CopyJobs) -> None:
    rng = random.Random(7)
    names = [f"c{number}" for number in range(len(PAIRS))]
    rows = [
        {"id": number}
        | {
            name: pair.make(rng) if rng.random() < 0.9 else None
            for name, pair in zip(names, PAIRS, strict=True)
        }
        for number in range(ROWS)
    ]
    sink_jobs.execute("CREATE TYPE {schema}.mood AS ENUM ('glad', 'größe')")
    sink_jobs.execute("CREATE DOMAIN {schema}.short_text AS varchar(8) CHECK (LENGTH(VALUE) < 9)")
    declared = [pair.postgres.replace("{}", sink_jobs.schema) for pair in PAIRS]
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, declared, strict=True))
    sink_jobs.create("types", f"id bigint PRIMARY KEY, {columns}")

    environment = sink_jobs.environment()
    environment.get_config().set("table.local-time-zone", "America/New_York")
    flink = ", ".join(f"{name} {pair.flink}" for name, pair in zip(names, PAIRS, strict=True))
    sink_jobs.source(environment, "written", f"id BIGINT, {flink}", rows)
    sink_jobs.sink(environment, "types", f"id BIGINT, {flink}, PRIMARY KEY (id) NOT ENFORCED")
    environment.execute_sql("INSERT INTO types SELECT * FROM written").wait()

    # The text of a real is shortened.
    read_as = ", ".join(
        f"{name}::float8" if pair.postgres == "real" else name
        for name, pair in zip(names, PAIRS, strict=True)
    )
    stored = sink_jobs.execute(f"SELECT {read_as} FROM {{schema}}.types ORDER BY id")
    assert len(stored) == ROWS
    wrong = [
        f"{pair.flink} to {pair.postgres}: {written!r} became {read[number]!r}"
        for number, pair in enumerate(PAIRS)
        for written, read in (
            (row[names[number]], read) for row, read in zip(rows, stored, strict=True)
        )
        if not same(read[number], None if written is None else pair.stored(written))
    ]
    assert wrong == []


def same(read: Value, wanted: Value) -> bool:
    if isinstance(wanted, float | Decimal) and math.isnan(wanted):
        return isinstance(read, type(wanted)) and math.isnan(read)
    return type(read) is type(wanted) and bool(read == wanted)
