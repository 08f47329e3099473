"""Labels go from their topic into Postgres, each once; other messages are kept with a reason."""

import json
from typing import Any

import pytest
from confluent_kafka import Producer

from flink_jobs.load_labels import JOB
from swipestream.jobs import cluster_jobs, submission
from swipestream.settings import Settings
from tests.eventually import eventually
from tests.pipeline.conftest import Pipeline

pytestmark = pytest.mark.stack

EVENT_MS = 1_767_225_600_000
DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def labels(pipeline: Pipeline) -> "LabelSender":
    """The job of labels, running, and a way to send to it."""
    if not cluster_jobs.running(pipeline.settings, JOB.name):
        submission.submit(pipeline.settings, JOB.name)
    return LabelSender(pipeline.settings)


class LabelSender:
    """Sends messages to the labels topic."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._producer = Producer({"bootstrap.servers": settings.kafka_address})

    def send(self, value: dict[str, Any] | bytes | None) -> int:
        """:return: the message's offset."""
        offsets: list[int] = []
        self._producer.produce(
            self.settings.labels_topic,
            json.dumps(value).encode() if isinstance(value, dict) else value,
            on_delivery=lambda error, message: offsets.append(message.offset() or 0),
        )
        assert self._producer.flush(30) == 0
        return offsets[0]


def label(transaction_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "transaction_id": transaction_id,
        "is_fraud": True,
        "reason": "chargeback",
        "scenario": None,
        "event_ms": EVENT_MS,
        "labelled_ms": EVENT_MS + DAY_MS,
        "source": "bank",
    } | changes


def test_labels_are_stored_once_and_the_newest_counts(
    pipeline: Pipeline, labels: LabelSender
) -> None:
    first = label("nobody-paid-this")
    labels.send(first)
    labels.send(first)
    labels.send(label("nobody-paid-this", labelled_ms=EVENT_MS + 2 * DAY_MS, is_fraud=False))
    labels.send(label("nobody-paid-this", labelled_ms=EVENT_MS + DAY_MS - 1))
    labels.send(label("said-by-two", is_fraud=False))
    last = labels.send(label("said-by-two", source="analyst"))
    rows = eventually(
        lambda: pipeline.rows(
            "SELECT transaction_id, is_fraud, source, kafka_offset FROM labels "
            "WHERE transaction_id IN ('nobody-paid-this', 'said-by-two') "
            "ORDER BY transaction_id, labelled_at, source"
        ),
        lambda found: any(row["kafka_offset"] == last for row in found),
    )
    assert [(row["transaction_id"], row["is_fraud"], row["source"]) for row in rows] == [
        ("nobody-paid-this", True, "bank"),
        ("nobody-paid-this", True, "bank"),
        ("nobody-paid-this", False, "bank"),
        ("said-by-two", True, "analyst"),
        ("said-by-two", False, "bank"),
    ]
    current = pipeline.rows(
        "SELECT transaction_id, is_fraud, source FROM current_labels "
        "WHERE transaction_id IN ('nobody-paid-this', 'said-by-two') ORDER BY transaction_id"
    )
    assert [tuple(row.values()) for row in current] == [
        ("nobody-paid-this", False, "bank"),
        ("said-by-two", True, "analyst"),
    ]


def test_what_is_no_label_is_noted_and_the_job_goes_on(
    pipeline: Pipeline, labels: LabelSender
) -> None:
    messages: list[tuple[dict[str, Any] | bytes | None, str]] = [
        (None, "the message is empty"),
        (b"\xff\xfe", "the message is not valid UTF-8"),
        (b"not json", "the message is not JSON"),
        (b"{} {}", "the message goes on after its JSON object"),
        (b"[" * 100_000, "the message is not JSON"),
        (label("t\x00"), "transaction_id is missing or not 1 to 64 of A-Z a-z 0-9 _ . : -"),
        (label("t", is_fraud=1), "is_fraud is missing or not true or false"),
        (label("t", labelled_ms=10**17), "labelled_ms is after the year 2100"),
        (label("t", labelled_ms=4_102_444_800_000),
         "labelled_ms is more than 366 days in the future"),
    ]  # fmt: skip
    sent = {labels.send(value): reason for value, reason in messages}
    good = labels.send(label("after-the-bad-ones"))
    eventually(lambda: pipeline.rows("SELECT 1 FROM labels WHERE kafka_offset = %s", good), bool)
    rows = eventually(
        lambda: pipeline.rows(
            "SELECT kafka_offset, reason FROM rejected_labels WHERE kafka_offset = ANY(%s)",
            list(sent),
        ),
        lambda found: len(found) == len(sent),
    )
    assert {row["kafka_offset"]: row["reason"] for row in rows} == sent
