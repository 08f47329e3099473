"""Payloads are read by offset: at once, with gaps, and after more messages have arrived."""

from collections.abc import Iterator

import pytest

from swipestream.followers.reject_payloads import PayloadReader
from swipestream.settings import Settings
from tests.verify.reconcile.own_topic import own_topic, send

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def settings(stack: Settings) -> Iterator[Settings]:
    with own_topic(stack, "payloads") as own:
        yield own


def test_a_message_that_came_after_the_end_was_seen_is_not_lost(settings: Settings) -> None:
    topic = settings.payments_topic
    reader = PayloadReader(settings)
    for number in range(3):
        value = b"message %d" % number
        send(settings, [(0, None, value)])
        assert list(reader.payloads([(topic, 0, number)])) == [((topic, 0, number), value)]
        # Nothing is there yet: what the reader now knows is the end of the partition.
        beyond = (topic, 0, number + 1)
        assert list(reader.payloads([beyond])) == [(beyond, None)]
    reader.close()


def test_places_with_gaps_are_read_and_what_is_not_there_is_said(settings: Settings) -> None:
    topic = settings.payments_topic
    send(settings, [(1, None, b"%d" % number) for number in range(3000)])
    wanted = [(topic, 1, offset) for offset in (0, 1, 3, 10, 900, 2500, 2999)]
    reader = PayloadReader(settings)
    found = list(reader.payloads([*wanted, (topic, 1, 3000)]))
    reader.close()
    assert found == [*((place, b"%d" % place[2]) for place in wanted), ((topic, 1, 3000), None)]
