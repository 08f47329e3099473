"""No message stops the job; each bad one is stored with its reason. A case is a folder.

poison/<what is wrong>/payload      the exact bytes of the message; no file: a tombstone
poison/<what is wrong>/reason.txt   the reason that must be stored
"""

from pathlib import Path

import pytest

from swipestream.card_numbers import mask_card_numbers
from tests.pipeline.conftest import Pipeline

pytestmark = pytest.mark.stack

CASES = sorted(path for path in (Path(__file__).parent / "poison").iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def places(pipeline: Pipeline) -> dict[str, tuple[int, int]]:
    """Where each case's message is; all are sent before any is looked for."""
    sent = {}
    for case in CASES:
        payload = case / "payload"
        sent[case.name] = pipeline.send_bytes(payload.read_bytes() if payload.exists() else None)
    return sent


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_is_rejected_with_a_reason(
    case: Path, pipeline: Pipeline, places: dict[str, tuple[int, int]]
) -> None:
    row = pipeline.rejected(places[case.name])
    assert row["reason"] == (case / "reason.txt").read_text("utf-8").rstrip("\n")
    payload = case / "payload"
    assert row["payload"] == mask_card_numbers(payload.read_bytes() if payload.exists() else b"")


def test_the_job_goes_on_as_if_nothing_had_been(
    pipeline: Pipeline, places: dict[str, tuple[int, int]]
) -> None:
    for place in places.values():
        pipeline.rejected(place)
    payment = pipeline.payment()
    pipeline.send(payment)
    (row,) = pipeline.scored(payment)
    assert row["came_behind_ms"] == 0
    assert pipeline.restarts() == 0


@pytest.mark.parametrize(
    "table", ["scored_payments", "alerts", "duplicate_payments", "conflicting_payments"]
)
def test_nothing_of_a_rejected_message_is_used(
    table: str, pipeline: Pipeline, places: dict[str, tuple[int, int]]
) -> None:
    for place in places.values():
        pipeline.rejected(place)
    stored = {
        (row["kafka_partition"], row["kafka_offset"])
        for row in pipeline.rows(f"SELECT kafka_partition, kafka_offset FROM {table}")
    }
    assert not stored & set(places.values())
