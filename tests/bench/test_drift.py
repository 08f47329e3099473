"""The table of the drift benchmark says what was found, and what was found without drift."""

from bench.drift.run import Found, Result, tables


def test_each_drift_has_its_row() -> None:
    found = [
        Found("Nothing has changed", [], None, ""),
        Found("Prices rise", ["amount_cents", "alert rate"], 2.0, "amount_cents: moved"),
    ]
    lines = tables(Result(found, worlds=3, alarms=1, judged=1200, series={}))
    assert lines[2:4] == [
        "| Nothing has changed | - | nothing |  |",
        "| Prices rise | 2 days | `amount_cents`, alert rate | amount_cents: moved |",
    ]
    assert lines[-1] == (
        "In 3 worlds of a month each in which nothing drifts, 1,200 signals were judged, each of "
        "one day, and 1 fired."
    )
