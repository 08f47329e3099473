"""Twenty thousand messages, most of them poison: none stops the job, none is lost, none is misread.

Another seed, or more of them: FUZZ_SEED=7 FUZZ_MESSAGES=100000 pytest tests/pipeline -k fuzzed
"""

import itertools
import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from confluent_kafka import Producer

from swipestream.card_numbers import mask_card_numbers
from swipestream.followers.reject_payloads import PayloadReader, complete_rows
from swipestream.settings import REPO_ROOT, Settings
from swipestream.verify.parity.report import problems
from swipestream.verify.parity.run import run as parity
from swipestream.verify.reconcile.run import Reconciliation, reconcile
from swipestream.verify.topic_reading import Place
from tests.docs.documents import section
from tests.docs.test_facts import first_cells
from tests.pipeline.fuzz.corpus import Message, corpus
from tests.pipeline.fuzz.judge import CONFLICT, DUPLICATE, REJECTED, SCORED, Judge
from tests.pipeline.own_job import OwnJob, own_job

pytestmark = pytest.mark.stack

SEED = int(os.environ.get("FUZZ_SEED", "1"))
MESSAGES = int(os.environ.get("FUZZ_MESSAGES", "20000"))
DEADLINE_SECONDS = 180.0
HOUR_MS = 3_600_000
SHOWN = 5
# Producers compress as they like; each sends so many messages before the next one does.
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
STRETCH = 500
# Beyond this the broker takes what is packed, so the last of them sends it.
MOST_UNPACKED = 1_000_000
# Documented once for all fields.
OF_ANY_FIELD = re.compile(r"^\w+( is a list or an object| is not a number)$")


@dataclass
class Fuzzed:
    """
    The corpus, and what the job made of it.

    :param arrived_ms: Kafka's time of each message.
    :param stored: by place, the table that names it, and its transaction_id if that is stored.
    """

    job: OwnJob
    found: Reconciliation
    messages: dict[Place, Message]
    arrived_ms: dict[Place, int]
    stored: dict[Place, set[tuple[str, str | None]]] = field(default_factory=dict)
    reasons: dict[Place, str] = field(default_factory=dict)

    def named(self, places: Iterable[Place]) -> str:
        """The first of some messages, so that they can be made again."""
        lines = [f"  {place} {self.messages.get(place)}" for place in sorted(places)]
        more = f"\n  and {len(lines) - SHOWN:,} more" if len(lines) > SHOWN else ""
        return f"FUZZ_SEED={SEED} FUZZ_MESSAGES={MESSAGES}\n" + "\n".join(lines[:SHOWN]) + more


@pytest.fixture(scope="module")
def fuzzed(stack: Settings) -> Iterator[Fuzzed]:
    """All messages are sent, and the job has read them."""
    with own_job(stack, "fuzz") as job:
        messages, arrived_ms = send(job.settings)
        found = reconcile(job.settings, patience_seconds=DEADLINE_SECONDS)
        fuzzed = Fuzzed(job, found, messages, arrived_ms)
        with psycopg.connect(job.settings.postgres_url) as connection:
            read_outcomes(connection, fuzzed)
        yield fuzzed


def stretches(seed: int, count: int, begin_ms: int) -> Iterator[list[Message]]:
    """The corpus in pieces, each for one producer."""
    messages = iter(corpus(seed, count, begin_ms))
    while stretch := list(itertools.islice(messages, STRETCH)):
        yield stretch


def send(settings: Settings) -> tuple[dict[Place, Message], dict[Place, int]]:
    """The corpus, on its way since an hour, and where each message is."""
    producers = [
        Producer(
            {
                "bootstrap.servers": settings.kafka_address,
                "linger.ms": 5,
                "compression.type": codec,
                # What the broker unpacks may be larger than what it takes.
                "message.max.bytes": 8 * 1024 * 1024,
            }
        )
        for codec in CODECS
    ]
    begin_ms = round(time.time() * 1000) - HOUR_MS
    messages: dict[Place, Message] = {}
    arrived_ms: dict[Place, int] = {}

    def sent(producer: Producer, message: Message) -> None:
        def confirmed(error: Any, stored: Any) -> None:
            assert error is None, f"{error}: {message}"
            place = Place(stored.partition(), stored.offset())
            messages[place], arrived_ms[place] = message, stored.timestamp()[1]

        producer.produce(
            settings.payments_topic,
            message.value,
            message.key,
            message.partition,
            confirmed,
            headers=list(message.headers),
        )
        producer.poll(0)

    by_codec = zip(itertools.cycle(producers), stretches(SEED, MESSAGES, begin_ms), strict=False)
    for producer, stretch in by_codec:
        for message in stretch:
            is_large = len(message.value or b"") > MOST_UNPACKED
            # One after the other, so that a card's messages stay in order.
            if is_large:
                assert producer.flush(60) == 0
            sent(producers[-1] if is_large else producer, message)
            if is_large:
                assert producers[-1].flush(60) == 0
        assert producer.flush(60) == 0
    return messages, arrived_ms


def read_outcomes(connection: psycopg.Connection[Any], fuzzed: Fuzzed) -> None:
    """What the tables hold."""
    for outcome, table in (
        (SCORED, "scored_payments"),
        (DUPLICATE, "duplicate_payments"),
        (CONFLICT, "conflicting_payments"),
    ):
        for partition, offset, name in connection.execute(
            f"SELECT kafka_partition, kafka_offset, transaction_id FROM {table}".encode()
        ):
            fuzzed.stored.setdefault(Place(partition, offset), set()).add((outcome, name))
    for partition, offset, reason in connection.execute(
        "SELECT kafka_partition, kafka_offset, reason FROM rejected_payments"
    ):
        fuzzed.stored.setdefault(Place(partition, offset), set()).add((REJECTED, None))
        fuzzed.reasons[Place(partition, offset)] = reason


def test_the_job_does_not_restart(fuzzed: Fuzzed) -> None:
    assert fuzzed.job.restarts() == 0


def test_every_message_is_accounted_for_once(fuzzed: Fuzzed) -> None:
    found = fuzzed.found
    assert found.messages == len(fuzzed.messages) == MESSAGES
    open_places = found.unaccounted + found.waiting
    assert not open_places, f"nothing is known of\n{fuzzed.named(open_places)}"
    assert not found.doubled, f"two tables claim\n{fuzzed.named(found.doubled)}"
    assert not found.without_message


def test_every_reason_is_documented_and_every_documented_one_occurs(fuzzed: Fuzzed) -> None:
    page = REPO_ROOT / "docs" / "rejected_payments.md"
    documented = {
        reason for title in ("Fields", "Messages") for reason in first_cells(section(page, title))
    }
    found = {OF_ANY_FIELD.sub("<field>\\1", reason) for reason in fuzzed.reasons.values()}
    assert found == documented


def test_every_message_has_the_outcome_that_the_rules_give(fuzzed: Fuzzed) -> None:
    judge = Judge()
    wrong = {}
    for place, message in sorted(fuzzed.messages.items()):
        outcome, payment = judge.outcome(message.value, fuzzed.arrived_ms[place])
        expected = {(outcome, payment and payment["transaction_id"])}
        found = fuzzed.stored.get(place, set())
        if found != expected:
            wrong[place] = (found, expected)
    shown = [wrong[place] for place in sorted(wrong)[:SHOWN]]
    assert not wrong, f"stored, expected: {shown}\n{fuzzed.named(wrong)}"


def test_good_payments_between_are_scored(fuzzed: Fuzzed) -> None:
    good = [place for place, message in fuzzed.messages.items() if message.family == "good"]
    others = [
        place
        for place in good
        if [outcome for outcome, _ in fuzzed.stored.get(place, ())] != [SCORED]
    ]
    assert not others, fuzzed.named(others)
    assert len(good) > MESSAGES // 5


def test_features_and_scores_are_what_parity_recomputes(fuzzed: Fuzzed) -> None:
    report = parity(fuzzed.job.settings)
    assert report.is_clean, "\n".join([f"FUZZ_SEED={SEED}", *problems(report)])
    assert report.payments > MESSAGES // 5


def test_every_rejected_payload_is_kept_as_it_was_but_masked(fuzzed: Fuzzed) -> None:
    settings = fuzzed.job.settings
    reader = PayloadReader(settings)
    with psycopg.connect(settings.postgres_url, autocommit=True) as connection:
        while complete_rows(connection, reader):
            pass
        kept = {
            Place(partition, offset): payload
            for partition, offset, payload in connection.execute(
                "SELECT kafka_partition, kafka_offset, payload FROM rejected_payments"
            )
        }
    reader.close()
    wrong = [
        place
        for place in fuzzed.reasons
        if kept[place] != mask_card_numbers(fuzzed.messages[place].value or b"")
    ]
    assert not wrong, fuzzed.named(wrong)
