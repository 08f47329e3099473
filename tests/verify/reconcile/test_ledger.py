"""Each message counts once, and messages that no table has are named."""

import pytest

from swipestream.verify.reconcile.ledger import (
    CONFLICT,
    DUPLICATE,
    MESSAGE,
    REDRIVEN,
    REJECTED,
    SCORED,
    TICK,
    Ledger,
)
from swipestream.verify.reconcile.ticks import is_tick
from swipestream.verify.topic_reading import Place, Stretch


@pytest.fixture
def ledger() -> Ledger:
    """Partition 0 holds offsets 100 to 109, partition 1 none, partition 2 offsets 0 to 4."""
    made = Ledger(Stretch({0: 100, 1: 7, 2: 0}, {0: 110, 1: 7, 2: 5}))
    made.note(MESSAGE, 0, range(100, 110))
    made.note(MESSAGE, 2, range(0, 5))
    return made


def test_each_message_counts_once(ledger: Ledger) -> None:
    ledger.note(SCORED, 0, [100, 101, 102, 103])
    ledger.note(DUPLICATE, 0, [104])
    ledger.note(CONFLICT, 0, [105])
    # The last of the ticks came to the stream, which takes them for bad payments.
    ledger.note(TICK, 0, [107, 108, 109])
    ledger.note(REJECTED, 0, [106, 109])
    ledger.note(SCORED, 2, range(5))
    assert ledger.messages() == 15
    assert ledger.counts() == {
        "scored": 9,
        "duplicate": 1,
        "conflict": 1,
        "rejected": 2,
        "tick": 2,
        "sent again": 0,
    }
    assert not ledger.unaccounted() and not ledger.waiting() and not ledger.doubled()


def test_what_no_table_names_is_unaccounted_or_waits(ledger: Ledger) -> None:
    ledger.note(SCORED, 0, [100, 102, 105])
    ledger.note(TICK, 0, [101])
    assert ledger.unaccounted() == [Place(0, 103), Place(0, 104)]
    # After the last stored one of the partition: the stream has not read it yet.
    assert ledger.waiting() == [Place(0, n) for n in range(106, 110)] + [
        Place(2, n) for n in range(5)
    ]


def test_a_message_sent_again_is_not_unaccounted(ledger: Ledger) -> None:
    ledger.note(SCORED, 0, range(101, 110))
    ledger.note_places(REDRIVEN, [Place(0, 100)])
    assert ledger.unaccounted() == []
    assert ledger.counts()["sent again"] == 1
    # Stored after all.
    ledger.note(SCORED, 0, [100])
    assert ledger.counts()["sent again"] == 0


@pytest.mark.parametrize("other", [DUPLICATE, CONFLICT, REJECTED])
def test_two_claims_are_doubled(ledger: Ledger, other: int) -> None:
    ledger.note(SCORED, 0, range(100, 109))
    ledger.note(other, 0, [104, 109])
    assert ledger.doubled() == [Place(0, 104)]


def test_places_outside_the_stretch_are_passed_over(ledger: Ledger) -> None:
    ledger.note(SCORED, 0, [99, 110, -1])
    ledger.note(SCORED, 1, [7])
    ledger.note(SCORED, 9, [1])
    assert sum(ledger.counts().values()) == 0 and ledger.without_message() == []


def test_a_stored_place_without_a_message_is_named() -> None:
    ledger = Ledger(Stretch({0: 0}, {0: 3}))
    # Offset 1 has no message: a transaction's end takes an offset as well.
    ledger.note(MESSAGE, 0, [0, 2])
    ledger.note(SCORED, 0, [0, 2])
    assert ledger.without_message() == [] and ledger.messages() == 2
    ledger.note(SCORED, 0, [1])
    assert ledger.without_message() == [Place(0, 1)]


def test_ticks_of_earlier_versions_are_told_from_payments() -> None:
    assert is_tick(b'{"kind":"tick","event_ms":1893456000123}')
    for value in (
        None,
        b"",
        b'{"transaction_id":"p1"}',
        b'{"kind":"tick","transaction_id":"p1"}',
        b'{"kind":"tick","event_ms":1893456000123,"amount_cents":1}',
        b'{"kind": "tick", "event_ms": 1893456000123}',
        b'[{"kind":"tick","event_ms":1893456000123}]',
        b"[" * 100_000,
    ):
        assert not is_tick(value)
