"""Views say what people say: words for codes, durations, countries, and links that are safe."""

from typing import Any
from urllib.parse import unquote

import psycopg
import pytest

pytestmark = pytest.mark.stack

HOSTILE = """'!"<script>alert(1)</script>&%25 ü"""


def said(connection: psycopg.Connection, call: str, *values: object) -> Any:
    row = connection.execute(f"SELECT dashboards.{call}".encode(), values).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("gift_cards", "Gift cards"),
        ("atm", "Cash machine"),
        ("pos", "Terminal"),
        ("online", "Online"),
        ("unknown", "Unknown"),
        (None, "Unknown"),
    ],
)
def test_a_code_is_said_in_words(people: psycopg.Connection, code: str | None, words: str) -> None:
    assert said(people, "in_words(%s)", code) == words


@pytest.mark.parametrize(
    ("code", "name"),
    [("DE", "Germany"), ("GB", "United Kingdom"), ("ZZ", "ZZ"), (None, "Unknown")],
)
def test_a_country_has_its_name(people: psycopg.Connection, code: str | None, name: str) -> None:
    assert said(people, "country_name(%s)", code) == name


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (119.9, "119 s"),
        (120, "2 min"),
        (7_199, "119 min"),
        (7_200, "2 h 0 min"),
        (12_000, "3 h 20 min"),
        (172_800, "2 d 0 h"),
        (700_000, "8 d 2 h"),
        (None, None),
    ],
)
def test_a_duration_is_said_as_people_say_it(
    people: psycopg.Connection, seconds: float | None, words: str | None
) -> None:
    assert said(people, "duration_in_words(%s::double precision)", seconds) == words


@pytest.mark.parametrize("text", ["p-7-1a", HOSTILE, ""])
def test_nothing_of_an_escaped_text_but_hex_is_left(people: psycopg.Connection, text: str) -> None:
    escaped = said(people, "url_escaped(%s)", text)
    assert set(escaped) <= set("%0123456789abcdef")
    assert unquote(escaped) == text


def test_a_card_keeps_its_name(people: psycopg.Connection) -> None:
    name = said(people, "card_label(%s, %s, %s)", "00915ad288be2d921ac081de29e2292c", "5970", "DE")
    assert name == "… 5970, Germany (29e2292c)"
    assert said(people, "card_label(%s, NULL, NULL)", "tutorial-card") == (
        "… ????, Unknown (ial-card)"
    )


def test_a_link_to_a_card_holds_its_name_as_the_filter_writes_it(
    people: psycopg.Connection,
) -> None:
    link = said(people, "card_link(%s, %s)", HOSTILE, "12<b>34")
    address, _, text = link.removeprefix('<a href="').removesuffix("</a>").partition('">')
    page, _, filters = address.partition("?native_filters=")
    assert page == "/superset/dashboard/card-time-line/"
    assert set(filters) <= set("%0123456789abcdef")
    # Rison escapes quotes and exclamation marks by an exclamation mark.
    written = "'" + HOSTILE.replace("!", "!!").replace("'", "!'") + "'"
    assert f"filters:!((col:card,op:IN,val:!({written})))" in unquote(filters)
    assert text == "… 1234"
