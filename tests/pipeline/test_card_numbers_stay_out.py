"""Card numbers that are sent despite the rules are in nothing that the system writes.

The payments topic keeps what producers sent and is not searched. Everything else is:
tables, the other topics, logs, checkpoints, a savepoint, models, the database's own files.
"""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from swipestream.card_numbers import could_be_card_number, is_luhn_valid
from swipestream.stack.flink import post, rest
from swipestream.verify.topic_reading import TopicReader
from tests.eventually import eventually
from tests.pipeline.conftest import Pipeline

pytestmark = pytest.mark.stack

SEED = 5
BEGINNINGS = ("4", "51", "2221", "34", "37", "36", "6011", "62")
LENGTHS = {"34": 15, "37": 15, "36": 14}
TEXTS = (
    "kind",
    "transaction_id",
    "card_id",
    "customer_id",
    "merchant_id",
    "currency",
    "channel",
    "device_id",
    "card_last4",
)
NUMBERS = ("amount_cents", "latitude", "longitude", "event_ms")
# A row of digits with at most one space or dash between two of them.
ROW = re.compile(rb"[0-9](?:[ ._-]{0,2}[0-9]){12,}")
SNAPPY_BEGINS = b"\xff\x06\x00\x00sNaPpY"
# A number that stands alone, and is not a time, size, hash or part of another test's identifiers.
ALONE = re.compile(rb"(?<![\w.:-])[3-6][0-9]{13,18}(?![\w.:-])")


class Sent:
    """Messages with a card number each, no number twice."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.random = Random(SEED)
        self.names: dict[bytes, str] = {}
        self.places: list[tuple[int, int]] = []
        self.good: list[dict[str, Any]] = []

    def number(self, name: str) -> str:
        """A card number nobody has sent yet."""
        begin = self.random.choice(BEGINNINGS)
        length = LENGTHS.get(begin) or self.random.choice((16, 16, 16, 19 if begin == "4" else 16))
        digits = begin + "".join(self.random.choices("0123456789", k=length - len(begin) - 1))
        check = next(d for d in "0123456789" if is_luhn_valid(digits + d))
        self.names[(digits + check).encode()] = name
        return digits + check

    def spellings(self, name: str) -> Iterator[str]:
        """Card numbers in one piece, in groups, and inside longer text."""
        yield self.number(f"{name}, in one piece")
        for gap in " -":
            digits = self.number(f"{name}, with {gap!r}")
            yield gap.join(digits[at : at + 4] for at in range(0, len(digits), 4))
        yield f"order-{self.number(f'{name}, in longer text')}"
        digits = self.number(f"{name}, with mixed gaps")
        yield f"{digits[:4]}-{digits[4:8]}__{digits[8:12]}.{digits[12:]}"
        yield self.number(f"{name}, padded").zfill(32)
        yield self.number(f"{name}, one of two") + self.number(f"{name}, the other")
        yield f"{self.number(f'{name}, track 2')}D25122011143804400000F"
        yield f"4000000000000000-{self.number(f'{name}, after a look-alike')}"

    def reject(self, value: bytes, key: str | None = None) -> None:
        """Send what is to be rejected."""
        self.places.append(self.pipeline.send_bytes(value, key))

    def send_all(self) -> None:
        """Every place a card number may hide in."""
        payment = self.pipeline.payment
        for field in TEXTS:
            for text in self.spellings(field):
                self.reject(json.dumps(payment(**{field: text})).encode())
        for field in (*TEXTS, *NUMBERS):
            number = int(self.number(f"{field}, as a number"))
            self.reject(json.dumps(payment(**{field: number})).encode())
            number = int(self.number(f"{field}, in a list"))
            self.reject(json.dumps(payment(**{field: [number]})).encode())
            text = self.number(f"{field}, in an object")
            wrong = {"currency": "XXX", "deep": [{"er": text}], field: {text: text}}
            self.reject(json.dumps(payment(**wrong)).encode())
        for text in self.spellings("broken"):
            value = json.dumps(payment(note=text)).encode()
            self.reject(value[:-1])
            self.reject(text.encode())
            self.reject(b'{"' + text.encode())
        text = self.number("in UTF-16")
        self.reject(json.dumps(payment(currency="X", note=text)).encode("utf-16-le"))
        escaped = "".join(f"\\u{ord(digit):04x}" for digit in self.number("escaped"))
        self.reject(
            json.dumps(payment(currency="X")).encode()[:-1] + f',"x":"{escaped}"}}'.encode()
        )
        # In a field nobody reads, and as Kafka's key, it goes no further; the payment is scored.
        for text in itertools.chain(self.spellings("unread"), self.spellings("key")):
            good = payment(**{"note": text, text: {"deep": [text]}}, amount_cents=900_000)
            self.good.append(good)
            self.pipeline.send_bytes(json.dumps(good).encode(), text)


@pytest.fixture(scope="module")
def sent(pipeline: Pipeline) -> Sent:
    """Everything is sent, and the job has read it."""
    sent = Sent(pipeline)
    sent.send_all()
    for place in sent.places:
        pipeline.rejected(place)
    pipeline.scored(*sent.good)
    return sent


def leaks(data: bytes, sent: Sent) -> set[str]:
    """Which of the numbers sent are in some bytes, with spaces, dashes or zero bytes or without."""
    rows = (re.sub(rb"[ ._-]", b"", row) for row in ROW.findall(data.replace(b"\0", b"")))
    return {sent.names[number] for row in set(rows) for number in sent.names if number in row}


def is_card_number(number: bytes) -> bool:
    """Whether digits that stand alone are one."""
    return could_be_card_number(number.decode())


def unpacked(data: bytes) -> bytes:
    """A file of Flink's state with its compressed parts (Snappy's framing format) in clear."""
    parts = []
    for stream in data.split(SNAPPY_BEGINS):
        parts.append(stream)
        place = 0
        while place + 4 < len(stream) and stream[place] in (0, 1):
            size = int.from_bytes(stream[place + 1 : place + 4], "little")
            # Behind a check sum of four bytes.
            chunk = stream[place + 8 : place + 4 + size]
            parts.append(chunk if stream[place] else snappy_block(chunk))
            place += 4 + size
    return b"".join(parts)


def snappy_block(block: bytes) -> bytes:
    """One compressed block; it begins with its length in clear, seven bits a byte."""
    length = sum((byte & 127) << 7 * n for n, byte in enumerate(block[: block_head(block)]))
    try:
        return bytes(pa.decompress(block, length, codec="snappy", asbytes=True))
    except (pa.ArrowException, OSError):  # no block after all
        return b""


def block_head(block: bytes) -> int:
    """How many bytes the length takes."""
    return next((n + 1 for n, byte in enumerate(block[:5]) if byte < 128), 0)


def test_the_search_finds_what_there_is(sent: Sent) -> None:
    number, name = next(iter(sent.names.items()))
    for text in (
        number,
        b"x" + b" ".join([number[:4], number[4:]]),
        number.decode().encode("utf-16"),
    ):
        assert leaks(b"\xff" + text + b"\n", sent) == {name}


def test_tables_hold_none(sent: Sent) -> None:
    columns = sent.pipeline.rows(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'public'"
    )
    assert {"scored_payments", "rejected_payments"} <= {row["table_name"] for row in columns}
    for row in columns:
        table, column = row["table_name"], row["column_name"]
        values = b"\n".join(
            value if isinstance(value, bytes) else str(value).encode()
            for found in sent.pipeline.rows(f'SELECT "{column}" AS value FROM "{table}"')
            if (value := found["value"]) is not None
        )
        assert not leaks(values, sent), f"{table}.{column}"
        # Numbers and times may look like one by chance.
        if row["data_type"] in ("text", "character", "character varying", "bytea", "jsonb"):
            texts = values.split(b"\n")
            alone = [number for text in texts for number in ALONE.findall(text)]
            assert not list(filter(is_card_number, alone)), f"{table}.{column}"


def test_other_topics_hold_none(sent: Sent) -> None:
    settings = sent.pipeline.settings
    alerted = {payment["transaction_id"].encode() for payment in sent.good}

    def announced() -> bytes:
        seen = b""
        for topic in (settings.alerts_topic, settings.labels_topic):
            reader = TopicReader(settings, topic)
            for batch in reader.messages(reader.stretch()):
                for message in batch:
                    parts = (message.key(), message.value(), repr(message.headers()).encode())
                    seen += b"\n".join(part or b"" for part in parts) + b"\n"
            reader.close()
        return seen

    seen = eventually(announced, lambda seen: all(name in seen for name in alerted))
    assert not leaks(seen, sent)


def test_logs_models_state_and_database_files_hold_none(sent: Sent, tmp_path: Path) -> None:
    settings = sent.pipeline.settings
    savepoint = take_savepoint(sent.pipeline, tmp_path)
    checkpoints = settings.state_dir / "flink" / "checkpoints"
    eventually(lambda: list(checkpoints.glob("*/chk-*/_metadata")), bool)
    topics = settings.state_dir / "kafka" / "data"
    written = {f"{topic}-0" for topic in (settings.alerts_topic, settings.labels_topic)}
    # What producers sent, here and in other tests.
    outside = {
        file
        for file in topics.glob("*/*")
        if file.parent.name not in written and not file.parent.name.startswith("__")
    }
    searched, found = 0, {}
    for file in [*settings.state_dir.rglob("*"), *savepoint.rglob("*")]:
        try:
            data = file.read_bytes() if file.is_file() and file not in outside else b""
        except OSError:  # a checkpoint or a file of the database that has just gone
            continue
        searched += bool(data)
        if "flink" in file.parts or savepoint in file.parents:
            data = unpacked(data)
        if leaked := leaks(data, sent):
            found[str(file)] = sorted(leaked)[:3]
        if file.suffix == ".log":
            alone = list(filter(is_card_number, ALONE.findall(data)))
            assert not alone, f"{file}: {alone[:3]}"
    assert not found
    assert searched > 100
    state = b"".join(unpacked(file.read_bytes()) for file in savepoint.rglob("*") if file.is_file())
    # Proves that the search can see into it.
    assert sent.good[0]["card_id"].encode() in state


def take_savepoint(pipeline: Pipeline, folder: Path) -> Path:
    """The job's whole state, on disk; the job goes on."""
    address = f"/jobs/{pipeline.job().job_id}/savepoints"
    wanted = {"target-directory": folder.as_uri(), "cancel-job": False}
    trigger = post(pipeline.settings, address, wanted)["request-id"]
    done = eventually(
        lambda: rest(pipeline.settings, f"{address}/{trigger}"),
        lambda state: state["status"]["id"] == "COMPLETED",
    )
    assert "location" in done["operation"], done
    return folder
