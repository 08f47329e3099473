"""The desk's pages, as a browser without script sees them, on a real database."""

import dataclasses
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from typing import Any

import psycopg
import pytest

from swipestream.cases import analysts, sessions
from swipestream.cases.rows import Row, fetch_all
from swipestream.settings import OWNER, Settings
from swipestream.stack.ports import free_ports
from swipestream.stack.postgres import admin_url
from tests.cases.stored import (
    PASSWORD,
    Database,
    add_people,
    case,
    events_of,
    label,
    labels_of,
    new_case,
    open_all,
    payments_of,
    store,
)
from tests.eventually import eventually
from tests.serving.desk.browser import Browser, Page
from tests.serving.desk.desk_process import DeskProcess

CARD_NUMBER = "4111111111111111"
MARKUP = "<script>alert(1)</script><b>bold</b> \" onmouseover='x"


def path_of(row: Row) -> str:
    return f"/cases/{row['case_number']}"


def decide(browser: Browser, page: Page, row: Row, **changes: Any) -> Page:
    """Close a case on its page."""
    sent = {"reason": "stolen_card", "verdict": "fraud"} | changes
    return browser.send(page, f"{path_of(row)}/verdict", **sent)


def test_from_an_alert_to_a_verdict(desk: DeskProcess, owner: Database) -> None:
    payment = store(owner, "c1", amount_cents=123_456, score=0.93)
    owner.execute(
        "INSERT INTO alert_reasons (transaction_id, card_id, rank, kind, code, text, codes_version)"
        " VALUES (%s, 'c1', 1, 'for', 'R02', '4 payments within 5 minutes', 1)",
        [payment],
    )
    (row,) = open_all(owner)
    ann = desk.browser("ann")
    queue = ann.get("/queue")
    assert "1,234.56 EUR" in queue.text and "4 payments within 5 minutes" in queue.text
    page = ann.send(queue, "/next")
    assert "speaks for fraud 4 payments within 5 minutes" in page.text
    assert "yours until" in page.text
    # What the stream decided is not told before the verdict.
    assert "0.93" not in page.html and "the stream had decided" not in page.text
    closed = decide(ann, page, row, note="the customer has lost it")
    assert closed.status == 200
    assert "score 0.930" in closed.text and "Fraud: Stolen or lost card" in closed.text
    assert "the customer has lost it" in closed.text
    (sent,) = labels_of(owner, row["case_number"])
    assert (sent["transaction_id"], sent["is_fraud"], sent["source"]) == (
        *(payment, True),
        "analyst.ann",
    )
    assert events_of(owner, row["case_number"]) == ["opened", "claimed", "verdict"]


def test_the_case_of_a_payment_has_a_fixed_address(desk: DeskProcess, owner: Database) -> None:
    row = new_case(owner, "c1")
    (payment,) = payments_of(owner, row["case_number"])
    ann = desk.browser("ann")
    answer = ann.ask("GET", f"/cases/by-payment/{payment}")
    assert (answer.status, answer.headers["location"]) == (303, path_of(row))
    # Signing in leads to where a link from elsewhere wanted to go.
    stranger = desk.browser()
    page = stranger.sign_in("bob", PASSWORD, f"/cases/by-payment/{payment}")
    assert f"Case {row['case_number']}" in page.text


def test_a_payment_without_a_case_gets_one_on_request(desk: DeskProcess, owner: Database) -> None:
    payment = store(owner, "c1", decision="approve")
    ann = desk.browser("ann")
    page = ann.get(f"/cases/by-payment/{payment}")
    assert page.status == 200
    opened = ann.send(page, f"/cases/by-payment/{payment}")
    assert "yours until" in opened.text
    assert ann.get(f"/cases/by-payment/{payment}").text == ann.get(opened_path(owner)).text


def opened_path(owner: Database) -> str:
    (row,) = fetch_all(owner, "SELECT case_number FROM cases")
    return path_of(row)


@pytest.mark.parametrize(
    "path",
    [
        *("/cases/by-payment/t-unknown", "/cases/999999", "/cards/c-unknown", "/nothing"),
        *("/cases/0", "/cases/abc", "/cases/by-payment/a%20b", "/cases/99999999999999999999"),
    ],
)
def test_what_is_not_there_is_said_with_a_next_step(
    desk: DeskProcess, owner: Database, path: str
) -> None:
    page = desk.browser("ann").get(path)
    assert page.status == 404
    assert re.search(r"(There is no|No stored payment|No payment)", page.text)
    assert "To the queue" in page.text


def test_a_verdict_on_an_unknown_payment_is_refused_in_place(
    desk: DeskProcess, owner: Database
) -> None:
    row = new_case(owner, "c1")
    other = store(owner, "c2")
    ann = desk.browser("ann")
    page = decide(ann, ann.get(path_of(row)), row, payment=["t-unknown", other])
    assert page.status == 422
    assert "The case has no payment t-unknown." in page.text
    assert labels_of(owner, row["case_number"]) == []


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({"reason": None}, "The verdict has no reason."),
        ({"reason": "travel"}, "Travel is not a reason for fraud."),
        ({"verdict": None}, "The verdict is missing."),
        ({"payment": None}, "The verdict is about no payment."),
        ({"note": "x" * 2001}, "The note has 2,001 characters."),
    ],
)
def test_a_verdict_that_lacks_something_is_refused_in_place(
    desk: DeskProcess, owner: Database, changes: dict[str, Any], fact: str
) -> None:
    row = new_case(owner, "c1")
    ann = desk.browser("ann")
    sent = {"note": "what I wrote"} | changes
    page = decide(ann, ann.get(path_of(row)), row, **sent)
    assert page.status == 422
    assert fact in page.text
    assert sent["note"] in page.html
    assert case(owner, row["case_number"])["status"] == "open"
    # The same form can be sent again, put right.
    assert decide(ann, page, row, payment=payments_of(owner, row["case_number"])).status in (
        *(200, 422),
    )


def test_a_double_click_is_one_verdict(desk: DeskProcess, owner: Database) -> None:
    row = new_case(owner, "c1")
    ann = desk.browser("ann")
    action = f"{path_of(row)}/verdict"
    form = ann.get(path_of(row)).form(action)
    sent = {"reason": "stolen_card", "verdict": "fraud"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ann.post(form, action, sent), range(4)))
    assert {(answer.status, answer.headers["location"]) for answer in answers} == {
        (303, path_of(row))
    }
    assert len(labels_of(owner, row["case_number"])) == 1


def test_a_verdict_after_a_note_of_the_same_form_counts(desk: DeskProcess, owner: Database) -> None:
    row = new_case(owner, "c1")
    ann = desk.browser("ann")
    page = ann.get(path_of(row))
    ann.send(page, f"{path_of(row)}/note", note="called the customer")
    # Back to the page as it was.
    assert "Fraud: Stolen or lost card" in decide(ann, page, row).text
    assert len(labels_of(owner, row["case_number"])) == 1


def test_of_two_on_one_case_the_second_keeps_what_they_wrote(
    desk: DeskProcess, owner: Database
) -> None:
    row = new_case(owner, "c1")
    ann, bob = desk.browser("ann"), desk.browser("bob")
    anns, bobs = ann.get(path_of(row)), bob.get(path_of(row))
    assert decide(ann, anns, row).status == 200
    page = decide(bob, bobs, row, verdict="genuine", reason="travel", note="on holiday")
    assert page.status == 409
    assert "has changed since you opened it" in page.text and "on holiday" in page.html
    assert "Fraud: Stolen or lost card" in page.text
    assert [item["is_fraud"] for item in labels_of(owner, row["case_number"])] == [True]


def test_a_case_that_somebody_has_taken_is_theirs(desk: DeskProcess, owner: Database) -> None:
    row = new_case(owner, "c1")
    ann, bob = desk.browser("ann"), desk.browser("bob")
    bobs = bob.get(path_of(row))
    ann.send(ann.get("/queue"), "/next")
    page = decide(bob, bobs, row)
    assert page.status == 409 and "Ann works on case" in page.text
    assert "Nothing is left to take" in bob.send(bob.get("/queue"), "/next").text
    assert "ann works on this case" in bob.get(path_of(row)).text


def test_ten_browsers_at_once_get_no_case_twice(desk: DeskProcess, owner: Database) -> None:
    people = [f"q{number}" for number in range(10)]
    add_people(owner, **dict.fromkeys(people, "analyst"))
    for number in range(20):
        store(owner, f"card-{number}", amount_cents=1_000 + number)
    open_all(owner)
    begin = threading.Barrier(10, timeout=60)

    def work(login: str) -> list[str]:
        browser, taken = desk.browser(login), []
        begin.wait()
        page = browser.send(browser.get("/queue"), "/next")
        while (found := re.search(r"<h1>Case (\d+)</h1>", page.html)) is not None:
            taken.append(found[1])
            closed = decide(browser, page, {"case_number": found[1]})
            assert closed.status == 200, closed.text
            page = browser.send(closed, "/next")
        return taken

    with ThreadPoolExecutor(10) as pool:
        taken = [number for numbers in pool.map(work, people) for number in numbers]
    assert len(taken) == len(set(taken)) == 20
    (count,) = fetch_all(owner, "SELECT COUNT(*) AS labels FROM label_outbox")
    assert count["labels"] == 20


def test_a_note_is_text_and_holds_no_card_number(desk: DeskProcess, owner: Database) -> None:
    row = new_case(owner, "c1")
    ann = desk.browser("ann")
    note = f"{MARKUP} {CARD_NUMBER[:4]} {CARD_NUMBER[4:8]} {CARD_NUMBER[8:12]} {CARD_NUMBER[12:]}"
    page = ann.send(ann.get(path_of(row)), f"{path_of(row)}/note", note=note)
    assert "<script>alert(1)" not in page.html and "<b>bold" not in page.html
    assert MARKUP in page.text or "alert(1)" in page.text
    (event,) = fetch_all(owner, "SELECT note FROM case_events WHERE kind = 'note'")
    assert event["note"].startswith(MARKUP) and event["note"].endswith("1111")
    assert "4111 1111" not in event["note"] and "4111 1111" not in page.html


def test_a_merchants_name_is_text(desk: DeskProcess, owner: Database) -> None:
    owner.execute("INSERT INTO merchants (merchant_id, name) VALUES ('m-evil', %s)", [MARKUP])
    row = new_case(owner, "c1", merchant_id="m-evil", device_id="d1")
    ann = desk.browser("ann")
    for path in ("/queue", path_of(row), "/cards/c1"):
        page = ann.get(path)
        assert "<script>alert" not in page.html, path
        assert "&lt;script&gt;alert" in page.html, path


def test_a_form_of_another_session_or_site_is_refused(desk: DeskProcess, owner: Database) -> None:
    row = new_case(owner, "c1")
    ann, bob = desk.browser("ann"), desk.browser("bob")
    action = f"{path_of(row)}/verdict"
    form = ann.get(path_of(row)).form(action)
    sent = {"reason": "stolen_card", "verdict": "fraud"}
    for browser, changes, headers in (
        (ann, {"form_key": "0" * 64}, {}),
        (ann, {"form_key": None}, {}),
        (bob, {}, {}),
        (Browser(desk.settings.desk_port), {}, {}),
        (ann, {}, {"Origin": "http://elsewhere.example"}),
        (ann, {}, {"Origin": "null"}),
        (ann, {}, {"Sec_Fetch_Site": "cross-site"}),
    ):
        answer = browser.post(form, action, sent | changes, **headers)
        assert answer.status == 403, (changes, headers, answer.text)
        assert "Nothing" not in answer.text or "saved" in answer.text
    assert labels_of(owner, row["case_number"]) == []
    assert ann.post(form, action, sent).status == 303


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/json", 415),
        (b"note=%FF", "application/x-www-form-urlencoded", 400),
        (b"note=" + b"x" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"a=1&" * 600, "application/x-www-form-urlencoded", 400),
        (b"note=%00", "application/x-www-form-urlencoded", 400),
    ],
)
def test_what_is_no_form_of_ours_is_refused(
    desk: DeskProcess, owner: Database, body: bytes, kind: str, status: int
) -> None:
    ann = desk.browser("ann")
    assert ann.ask("POST", "/next", body, Content_Type=kind).status == status


def test_another_name_of_this_machine_is_refused(desk: DeskProcess) -> None:
    assert Browser(desk.settings.desk_port).ask("GET", "/login", Host="evil.example").status == 400


def test_a_session_that_is_over_loses_nothing_that_was_written(
    desk: DeskProcess, owner: Database
) -> None:
    row = new_case(owner, "c1")
    ann = desk.browser("ann")
    page = ann.get(path_of(row))
    owner.execute("UPDATE analyst_sessions SET expires_at = NOW()")
    answer = decide(ann, page, row, note="a long story")
    assert answer.status == 401
    assert "Your session is over" in answer.text and "a long story" in answer.html
    assert labels_of(owner, row["case_number"]) == []
    back = ann.send(answer, "/login", login="ann", password=PASSWORD)
    assert f"Case {row['case_number']}" in back.text


@pytest.mark.parametrize(
    ("page", "action"),
    [
        ("/cases/by-payment/{payment}", "/cases/by-payment/{payment}"),
        ("/analysts", "/analysts/bob/password"),
        ("/analysts", "/analysts"),
        ("/queue", "/next"),
    ],
)
def test_after_a_session_that_was_over_the_page_of_the_form_comes_back(
    desk: DeskProcess, owner: Database, page: str, action: str
) -> None:
    payment = store(owner, "c1", decision="approve")
    page, action = page.format(payment=payment), action.format(payment=payment)
    eve = desk.browser("eve")
    shown = eve.get(page)
    owner.execute("UPDATE analyst_sessions SET expires_at = NOW()")
    answer = eve.send(shown, action)
    assert answer.status == 401
    back = eve.send(answer, "/login", login="eve", password=PASSWORD)
    assert back.status == 200
    assert back.form(action)


def test_nobody_sees_anything_without_signing_in(desk: DeskProcess, owner: Database) -> None:
    row = new_case(owner, "c1")
    for path in ("/", "/queue", path_of(row), "/cards/c1", "/search?q=4242", "/day", "/audit",
                 "/analysts", "/password"):  # fmt: skip
        page = desk.browser().get(path)
        assert "Sign in to the desk" in page.text, path


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "/login", "x", "/é"]
)
def test_signing_in_leads_nowhere_else(desk: DeskProcess, wanted: str) -> None:
    browser = desk.browser()
    page = browser.get("/login")
    form = page.form("/login")
    sent = {"login": "ann", "password": PASSWORD, "next": wanted}
    assert browser.post(form, "/login", sent).headers["location"] == "/queue"


def test_five_wrong_passwords_lock_a_login(desk: DeskProcess, owner: Database) -> None:
    add_people(owner, mal="analyst")
    analysts.set_password(owner, "mal", PASSWORD, "tests")
    browser = desk.browser()
    for _ in range(5):
        page = browser.sign_in("mal", "not the password")
        assert page.status == 401 and "wrong, or there were too many tries" in page.text
    assert browser.sign_in("mal", PASSWORD).status == 401
    eve = desk.browser("eve")
    page = eve.get("/analysts")
    assert "locked until" in page.text
    form = page.form("/analysts/mal")
    assert eve.post(form, "/analysts/mal", {"do": "unlock"}).status == 303
    assert browser.sign_in("mal", PASSWORD).status == 200


def test_a_new_session_has_another_token(desk: DeskProcess) -> None:
    browser = desk.browser()
    before = (browser.get("/login"), browser.cookie)[1]
    browser.sign_in("ann", PASSWORD)
    assert browser.cookie and browser.cookie != before
    page = browser.get("/queue")
    old = browser.cookie
    browser.send(page, "/logout")
    browser.cookie = old
    assert "Sign in to the desk" in browser.get("/queue").text


def test_a_viewer_reads_and_changes_nothing(desk: DeskProcess, owner: Database) -> None:
    row = new_case(owner, "c1")
    vic = desk.browser("vic")
    page = vic.get(path_of(row))
    assert "A viewer changes nothing" in page.text
    assert f"{path_of(row)}/verdict" not in page.html and "/next" not in page.html
    form = page.form("/logout")
    sent = {"version": "1", "verdict": "fraud", "reason": "stolen_card", "payment": "x"}
    for name in ("verdict", "claim", "note", "skip", "wait", "name"):
        assert vic.post(form, f"{path_of(row)}/{name}", sent).status == 403
    assert vic.get("/audit").status == 200
    assert vic.get("/analysts").status == 403


def test_a_lead_adds_somebody_who_chooses_another_password(
    desk: DeskProcess, owner: Database
) -> None:
    eve = desk.browser("eve")
    login = f"new-{os.getpid()}"
    page = eve.send(eve.get("/analysts"), "/analysts", login=login, role="analyst")
    found = re.search(r'<code class="password">([a-z0-9-]{23})</code>', page.html)
    assert found is not None
    browser = desk.browser()
    assert browser.sign_in(login, found[1]).status == 200
    page = browser.get("/password")
    changed = {"old": found[1], "new": "another password", "again": "another password"}
    assert browser.send(page, "/password", **(changed | {"again": "x"})).status == 422
    assert "Your password is changed" in browser.send(page, "/password", **changed).text
    assert desk.browser().sign_in(login, "another password").status == 200
    assert eve.send(eve.get("/analysts"), "/analysts", login=login).status == 422
    eve.post(eve.get("/analysts").form(f"/analysts/{login}"), f"/analysts/{login}", {"do": "close"})
    assert "Sign in to the desk" in browser.get("/queue").text


def test_analysts_do_not_look_after_each_other(desk: DeskProcess, owner: Database) -> None:
    ann = desk.browser("ann")
    assert ann.get("/analysts").status == 403
    assert ann.get("/audit").status == 403
    form = ann.get("/queue").form("/logout")
    for path in ("/analysts", "/analysts/bob", "/analysts/bob/password"):
        sent = {"login": "x", "role": "lead", "do": "close"}
        assert ann.post(form, path, sent).status == 403


def test_a_customers_name_is_shown_on_request_and_that_is_recorded(
    desk: DeskProcess, owner: Database
) -> None:
    owner.execute(
        "INSERT INTO customers (customer_id, name, email) VALUES ('h-named', 'Ada Lovelace', 'a@b')"
        " ON CONFLICT DO NOTHING"
    )
    row = new_case(owner, "c1", customer_id="h-named")
    ann = desk.browser("ann")
    page = ann.get(path_of(row))
    assert "Ada Lovelace" not in page.html
    assert "Ada Lovelace" in ann.send(page, f"{path_of(row)}/name").text
    assert "Ada Lovelace" not in desk.browser("bob").get(path_of(row)).html
    assert "name shown" in events_of(owner, row["case_number"])


def test_a_search_finds_cards_payments_and_cases(desk: DeskProcess, owner: Database) -> None:
    row = new_case(owner, "c-one", card_last4="9876", merchant_id="m-shop")
    (payment,) = payments_of(owner, row["case_number"])
    ann = desk.browser("ann")
    for text in ("9876", payment, "c-one", "m-shop"):
        assert "•••• 9876" in ann.get(f"/search?q={text}").text, text
    assert f"Case {row['case_number']}" in ann.get(f"/search?q={row['case_number']:05d}").text
    for text in ("no-such-thing", "a b", "%00", "' OR 1=1 --"):
        page = ann.get("/search?q=" + text.replace(" ", "%20").replace("'", "%27"))
        assert page.status == 200 and "•••• 9876" not in page.text, text


def test_a_card_number_that_is_searched_for_is_not_repeated(desk: DeskProcess) -> None:
    ann = desk.browser("ann")
    answer = ann.ask("GET", f"/search?q={CARD_NUMBER}")
    assert CARD_NUMBER not in answer.headers["location"]
    assert "Card numbers are not stored" in ann.get(answer.headers["location"]).text


def test_other_cards_on_the_device_are_shown(desk: DeskProcess, owner: Database) -> None:
    row = new_case(owner, "c1", device_id="d-shared")
    fraud = store(owner, "c2", device_id="d-shared", card_last4="7777", decision="approve")
    label(owner, fraud, is_fraud=True)
    owner.execute(
        "INSERT INTO device_cards SELECT device_id, card_id, MIN(event_time), MAX(event_time) "
        "FROM scored_payments WHERE device_id IS NOT NULL GROUP BY 1, 2"
    )
    page = desk.browser("ann").get(path_of(row))
    assert "Other cards on the device" in page.text
    assert "•••• 7777 d-shared" in page.text


def test_a_lead_opens_a_case_again(desk: DeskProcess, owner: Database) -> None:
    row = new_case(owner, "c1")
    eve = desk.browser("eve")
    closed = decide(eve, eve.get(path_of(row)), row)
    page = eve.send(closed, f"{path_of(row)}/reopen", note="the customer called back")
    assert "yours until" in page.text
    page = decide(eve, page, row, verdict="genuine", reason="customer_confirmed")
    assert "Genuine: The customer confirmed it" in page.text
    assert [item["is_fraud"] for item in labels_of(owner, row["case_number"])] == [True, False]


def test_my_day_counts_what_i_decided_and_who_agrees(desk: DeskProcess, owner: Database) -> None:
    row = new_case(owner, "c1", amount_cents=50_000)
    ann = desk.browser("ann")
    decide(ann, ann.get(path_of(row)), row)
    label(owner, payments_of(owner, row["case_number"])[0], is_fraud=True)
    page = ann.get("/day")
    assert "Cases closed 1" in page.text and "Others agree 1 of 1" in page.text
    assert "Cases closed 0" in desk.browser("bob").get("/day").text
    assert "Cases closed 1" in desk.browser("eve").get("/day?of=all").text
    assert ann.get("/day?on=nonsense").status == 200


def test_the_audit_shows_who_did_what(desk: DeskProcess, owner: Database) -> None:
    row = new_case(owner, "c1")
    ann = desk.browser("ann")
    decide(ann, ann.get(path_of(row)), row, note="because")
    eve = desk.browser("eve")
    page = eve.get(f"/audit?case={row['case_number']}")
    assert "fraud, Stolen or lost card" in page.text and "because" in page.text
    assert "because" not in eve.get("/audit?actor=bob").text
    assert "because" not in eve.get("/audit?kind=signed%20in&actor=ann").text


def test_older_events_of_a_case_are_those_of_the_case(desk: DeskProcess, owner: Database) -> None:
    row = new_case(owner, "c1")
    owner.execute(
        "INSERT INTO case_events (case_number, actor, kind, note) "
        "SELECT %s, 'ann', 'note', 'note ' || n FROM GENERATE_SERIES(1, 150) AS n",
        [row["case_number"]],
    )
    eve = desk.browser("eve")
    found = re.search(r'href="([^"]+)">Older', eve.get(f"/audit?case={row['case_number']}").html)
    assert found is not None
    older = eve.get(unescape(found[1]))
    assert "note 50" in older.text and "note 51" not in older.text
    assert f"case={row['case_number']}" in found[1]


def test_a_page_that_fails_says_so_is_counted_and_not_kept(
    desk: DeskProcess, owner: Database
) -> None:
    row = new_case(owner, "c1")
    ann = desk.browser("ann")
    owner.execute("ALTER TABLE merchants RENAME TO merchants_away")
    try:
        page = ann.get(path_of(row))
    finally:
        owner.execute("ALTER TABLE merchants_away RENAME TO merchants")
    assert page.status == 500 and "The page cannot be shown" in page.text
    assert page.headers["cache-control"] == "no-store"
    counts = ann.ask("GET", "/metrics").html
    assert 'swipestream_desk_answers_total{status="500"}' in counts


@pytest.mark.parametrize(
    "path", ["/login", "/queue", "/cases/{case}", "/cards/c1", "/search?q=4242", "/day", "/audit",
             "/analysts", "/password", "/nothing"],
)  # fmt: skip
def test_pages_hold_no_script_and_load_nothing_from_elsewhere(
    desk: DeskProcess, owner: Database, path: str
) -> None:
    row = new_case(owner, "c1", device_id="d1")
    browser = desk.browser() if path == "/login" else desk.browser("eve")
    page = browser.get(path.replace("{case}", str(row["case_number"])))
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-frame-options"] == "DENY"
    assert not re.search(r"<script(?![^>]* src=\"/static/)", page.html)
    assert not re.search(r"<[^>]+\s(?:style|on[a-z]+)=", page.html)
    assert not re.search(r"(?:src|href|action)=\"(?!/|#)", page.html)
    for asset in re.findall(r"(?:src|href)=\"(/static/[^\"]+)\"", page.html):
        answer = browser.ask("GET", asset)
        assert answer.status == 200 and "immutable" in answer.headers["cache-control"], asset


def test_the_cookie_is_for_this_site_and_no_script(desk: DeskProcess) -> None:
    header = Browser(desk.settings.desk_port).ask("GET", "/login").headers["set-cookie"].lower()
    assert "httponly" in header and "samesite=lax" in header and "path=/" in header
    # If the browser forgot it with the session, the desk could not say that the session is over.
    kept = re.search(r"max-age=(\d+)", header)
    assert kept is not None and int(kept[1]) >= 2 * 3600 * sessions.SESSION_HOURS


def test_health_and_metrics_need_no_login_and_tell_nothing_of_cases(
    desk: DeskProcess, owner: Database
) -> None:
    new_case(owner, "c-secret")
    browser = Browser(desk.settings.desk_port)
    assert browser.ask("GET", "/healthz").status == 200
    assert browser.ask("GET", "/readyz").status == 200
    counts = browser.ask("GET", "/metrics").html
    assert "swipestream_desk_page_seconds" in counts and 'page="/cases/{case_number}"' in counts
    assert "c-secret" not in counts


def test_the_log_holds_nothing_that_was_written(desk: DeskProcess, owner: Database) -> None:
    row = new_case(owner, "c-secret")
    ann = desk.browser("ann")
    ann.send(ann.get(path_of(row)), f"{path_of(row)}/note", note="a very private note")
    desk.browser().sign_in("bob", "not the password")
    log = desk.log.read_text()
    for text in ("very private", "c-secret", "not the password", PASSWORD, "analyst_sessions"):
        assert text not in log, text


def another(settings: Settings, home: Path, **changes: Any) -> Settings:
    """For a second desk on the same database, with another folder and port."""
    (port,) = free_ports(1)
    (home / "secrets.env").write_text(settings.secrets_file.read_text())
    values: dict[str, Any] = {"desk_port": port, "home": str(home)}
    return dataclasses.replace(settings, **(values | changes))


def test_a_desk_that_is_killed_in_the_middle_of_a_verdict_loses_and_doubles_nothing(
    desk_settings: Settings, owner: Database, tmp_path: Path
) -> None:
    row = new_case(owner, "c1")
    own = another(desk_settings, tmp_path)
    action = f"{path_of(row)}/verdict"
    sent = {"reason": "stolen_card", "verdict": "fraud"}
    with DeskProcess(own) as first, ThreadPoolExecutor(1) as pool:
        ann = first.wait().browser("ann")
        form = ann.get(path_of(row)).form(action)
        with psycopg.connect(desk_settings.postgres_url) as blocker:
            # The verdict waits for this in the middle of its transaction.
            blocker.execute("LOCK TABLE label_outbox IN ACCESS EXCLUSIVE MODE")
            asked = pool.submit(ann.post, form, action, sent)
            eventually(
                lambda: owner.execute(
                    "SELECT 1 FROM pg_locks WHERE relation = 'label_outbox'::regclass "
                    "AND NOT granted"
                ).fetchone()
            )
            first.kill()
            blocker.rollback()
        assert asked.exception(60) is not None
    assert eventually(lambda: case(owner, row["case_number"])) == row
    assert labels_of(owner, row["case_number"]) == []
    with DeskProcess(own) as second:
        second.wait()
        # The same form, from the page that is still open.
        for _ in range(2):
            assert ann.post(form, action, sent).status == 303
    assert len(labels_of(owner, row["case_number"])) == 1
    assert events_of(owner, row["case_number"]) == ["opened", "verdict"]


def test_without_a_database_the_pages_say_so_and_keep_what_was_written(
    desk: DeskProcess, desk_settings: Settings, owner: Database, tmp_path: Path
) -> None:
    row = new_case(owner, "c1")
    own = another(desk_settings, tmp_path)
    with (
        DeskProcess(own) as process,
        psycopg.connect(admin_url(own, OWNER), autocommit=True) as admin,
    ):
        ann = process.wait().browser("ann")
        page = ann.get(path_of(row))
        pids = [
            item["pid"]
            for item in fetch_all(
                owner, "SELECT pid FROM pg_stat_activity WHERE usename = 'swipestream_desk'"
            )
        ]
        admin.execute("ALTER ROLE swipestream_desk CONNECTION LIMIT 0")
        try:
            for pid in pids:
                admin.execute("SELECT pg_terminate_backend(%s)", [pid])
            answer = decide(ann, page, row, note="what I wrote")
            ready = ann.ask("GET", "/readyz")
        finally:
            admin.execute("ALTER ROLE swipestream_desk CONNECTION LIMIT 15")
        assert answer.status == 503
        assert "The database does not answer" in answer.text and "what I wrote" in answer.html
        assert ready.status == 503
        eventually(lambda: ann.ask("GET", "/readyz").status == 200)
        assert decide(ann, ann.get(path_of(row)), row).status == 200
    # The desk of the other tests has lost its connections, too.
    eventually(lambda: desk.browser().ask("GET", "/readyz").status == 200)


def test_sessions_of_one_person_are_independent(desk: DeskProcess, desk_settings: Settings) -> None:
    one, other = desk.browser("ann"), desk.browser("ann")
    one.send(one.get("/queue"), "/logout")
    assert "Queue" in other.get("/queue").text
    with psycopg.connect(desk_settings.desk_database, autocommit=True) as connection:
        assert sessions.who(connection, other.cookie.partition("=")[2]) is not None
