"""No message stops the job; each bad one is found again with its reason. A case is a folder.

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
    assert not row["is_late"]
    assert pipeline.restarts() == 0
