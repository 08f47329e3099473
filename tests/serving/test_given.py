"""The newest answers are known, and no more than so many."""

from serving.decisions.given import GivenAnswers


def test_an_answer_is_known_as_it_was_given() -> None:
    given = GivenAnswers()
    answer = {"decision": "review", "score": 0.1, "event_ms": 1_800_000_000_123}
    given.note(("t", "c"), "hash", answer)
    found = given.known(("t", "c"))
    assert found and (found.request_hash, found.answer) == ("hash", answer)
    assert given.known(("t", "other")) is None


def test_those_that_were_not_asked_for_are_forgotten_first() -> None:
    given = GivenAnswers(most=2)
    for number in (1, 2):
        given.note((f"t{number}", "c"), "hash", {})
    assert given.known(("t1", "c"))
    given.note(("t3", "c"), "hash", {})
    assert len(given) == 2
    assert given.known(("t1", "c")) and given.known(("t3", "c"))
    assert given.known(("t2", "c")) is None
