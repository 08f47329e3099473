"""When ticks are sent, and what time they carry."""

from typing import Any

import pytest

from swipestream.heartbeat import TopicClock, payment_time

BASE = 1_893_456_000_000


def clock(*payments: tuple[int, int, float]) -> TopicClock:
    topic = TopicClock()
    for partition, event_ms, now in payments:
        topic.payment(partition, event_ms, now)
    return topic


def test_no_tick_while_payments_come() -> None:
    assert clock((0, BASE, 10.0)).ticks(10.19) == []


def test_a_silent_partition_gets_its_newest_time_plus_the_silence() -> None:
    # 300 ms of silence, of which 100 ms are held back.
    assert clock((0, BASE, 10.0)).ticks(10.3) == [(0, BASE + 200)]


def test_an_older_payment_does_not_turn_the_clock_back() -> None:
    assert clock((0, BASE, 9.0), (0, BASE - 5000, 10.0)).ticks(10.3) == [(0, BASE + 200)]


def test_ticks_come_every_200_ms_while_the_topic_is_in_use() -> None:
    topic = clock((0, BASE, 10.0))
    assert len(topic.ticks(10.25)) == 1
    assert topic.ticks(10.4) == []
    assert topic.ticks(10.5) == [(0, BASE + 400)]


def test_a_partition_that_is_quiet_longer_is_ticked_when_another_wakes_up() -> None:
    topic = clock((0, BASE, 10.0), (1, BASE + 60_000, 70.0))
    assert topic.ticks(70.1) == [(0, BASE + 60_000)]


def test_a_replayed_history_begins_time_anew() -> None:
    topic = clock((0, BASE, 10.0), (0, BASE - 86_400_000, 70.0))
    assert topic.ticks(70.3) == [(0, BASE - 86_400_000 + 200)]


def test_no_partition_is_moved_past_the_history_that_the_others_replay() -> None:
    topic = clock((0, BASE, 10.0), (1, BASE, 10.0), (1, BASE - 86_400_000, 70.0))
    assert topic.ticks(70.1) == [(0, BASE - 86_400_000)]


def test_a_topic_out_of_use_gets_no_ticks() -> None:
    assert clock((0, BASE, 10.0)).ticks(15.1) == []


def test_a_partition_without_payments_gets_no_ticks() -> None:
    assert TopicClock().ticks(10.0) == []


class Message:
    """As much of a Kafka message as the heartbeat looks at."""

    def __init__(self, value: bytes | None, kafka_ms: int = BASE) -> None:
        self.value = lambda: value
        self.timestamp = lambda: (1, kafka_ms)


@pytest.mark.parametrize(
    ("value", "event_ms"),
    [
        (b'{"transaction_id":"t1","event_ms":1893456000000}', BASE),
        (b'{"transaction_id":"t1", "event_ms" : 1893456000000 }', BASE),
        (b'{"kind":"tick","event_ms":1893456000000}', None),
        (b'{"transaction_id":"t1","event_ms":1893456300001}', None),
        (b'{"transaction_id":"t1"}', None),
        (b'{"transaction_id":"t1","event_ms":"soon"}', None),
        (b"", None),
        (None, None),
    ],
)
def test_only_payments_that_will_be_accepted_count(value: bytes | None, event_ms: Any) -> None:
    assert payment_time(Message(value)) == event_ms  # type: ignore[arg-type]
