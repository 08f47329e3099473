"""Who may use the desk, and how they get in."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from swipestream.cases import analysts, passwords, sessions
from swipestream.cases.errors import AnalystError
from swipestream.cases.rows import fetch_all
from swipestream.cases.verdicts import source_of
from tests.cases.stored import PASSWORD, Database, wait_until_blocked

OTHER = "another password"


@pytest.fixture
def login(owner: Database) -> str:
    """Somebody new."""
    found = fetch_all(owner, "SELECT COUNT(*) AS people FROM analysts")
    name = f"new-{found[0]['people']}"
    analysts.add(owner, name, "analyst", PASSWORD, "tests")
    return name


def test_a_made_password_is_long_and_never_the_same() -> None:
    made = {passwords.made() for _ in range(100)}
    assert len(made) == 100
    assert {len(password) for password in made} == {23}


def test_only_a_hash_is_kept(owner: Database, login: str) -> None:
    (row,) = fetch_all(owner, "SELECT password_hash FROM analysts WHERE login = %s", [login])
    assert row["password_hash"].startswith("$argon2id$")
    assert PASSWORD not in row["password_hash"]


@pytest.mark.parametrize("name", ["", "Ann", "1ann", "a b", "a" * 41, "ann\n", "ann.b", "-ann"])
def test_a_login_that_cannot_be(owner: Database, name: str) -> None:
    with pytest.raises(AnalystError, match="cannot be a login"):
        analysts.add(owner, name, "analyst", PASSWORD, "tests")


def test_a_login_is_not_given_twice_not_even_when_closed(owner: Database, login: str) -> None:
    analysts.close(owner, login, "tests")
    with pytest.raises(AnalystError, match="there is an analyst"):
        analysts.add(owner, login, "analyst", PASSWORD, "tests")


@pytest.mark.parametrize("password", ["short", "x" * 201])
def test_a_password_that_is_too_short_or_long(owner: Database, password: str) -> None:
    with pytest.raises(AnalystError, match=f"has {len(password)} characters"):
        analysts.add(owner, "somebody", "analyst", password, "tests")


def test_who_signs_in_has_a_session_until_they_sign_out(desk: Database, login: str) -> None:
    token = sessions.sign_in(desk, login, PASSWORD)
    assert token is not None
    person = sessions.who(desk, token)
    assert person is not None and (person.login, person.role) == (login, "analyst")
    sessions.sign_out(desk, token)
    assert sessions.who(desk, token) is None


def test_a_token_is_kept_as_a_hash(owner: Database, desk: Database, login: str) -> None:
    token = sessions.sign_in(desk, login, PASSWORD) or ""
    kept = fetch_all(owner, "SELECT token_hash FROM analyst_sessions WHERE login = %s", [login])
    assert [row["token_hash"] for row in kept] == [sessions.hash_of(token)]
    assert token and token not in sessions.form_key(token)


@pytest.mark.parametrize("password", [OTHER, "", PASSWORD + " ", "\x00"])
def test_a_wrong_password_lets_nobody_in(desk: Database, login: str, password: str) -> None:
    assert sessions.sign_in(desk, login, password) is None
    assert sessions.sign_in(desk, "nobody", PASSWORD) is None


def test_five_wrong_passwords_lock_a_login_also_for_the_right_one(
    owner: Database, desk: Database, login: str
) -> None:
    for _ in range(5):
        assert sessions.sign_in(desk, login, OTHER) is None
    assert sessions.sign_in(desk, login, PASSWORD) is None
    owner.execute("UPDATE analysts SET locked_until = NOW() WHERE login = %s", [login])
    assert sessions.sign_in(desk, login, PASSWORD) is not None
    kinds = [
        row["kind"]
        for row in fetch_all(
            owner, "SELECT kind FROM case_events WHERE actor = %s ORDER BY event_number", [login]
        )
    ]
    assert kinds == [*["sign-in refused"] * 5, "locked", "signed in"]


def test_a_right_password_forgives_wrong_ones(desk: Database, login: str) -> None:
    for _ in range(2):
        for _ in range(4):
            assert sessions.sign_in(desk, login, OTHER) is None
        assert sessions.sign_in(desk, login, PASSWORD) is not None


def test_a_lock_that_is_over_is_not_shown(owner: Database, desk: Database, login: str) -> None:
    def is_locked() -> bool:
        return any(item.locked_until for item in analysts.analysts(owner) if item.login == login)

    for _ in range(5):
        sessions.sign_in(desk, login, OTHER)
    assert is_locked()
    owner.execute("UPDATE analysts SET locked_until = NOW() WHERE login = %s", [login])
    assert not is_locked()


def test_a_lead_unlocks(owner: Database, desk: Database, login: str) -> None:
    for _ in range(5):
        sessions.sign_in(desk, login, OTHER)
    analysts.unlock(desk, login, "eve")
    assert sessions.sign_in(desk, login, PASSWORD) is not None


def test_a_session_is_over_after_its_time(owner: Database, desk: Database, login: str) -> None:
    token = sessions.sign_in(desk, login, PASSWORD) or ""
    owner.execute("UPDATE analyst_sessions SET expires_at = NOW() WHERE login = %s", [login])
    assert sessions.who(desk, token) is None


def test_a_role_counts_at_once_and_a_closed_login_is_out(desk: Database, login: str) -> None:
    token = sessions.sign_in(desk, login, PASSWORD) or ""
    analysts.set_role(desk, login, "viewer", "eve")
    person = sessions.who(desk, token)
    assert person is not None and not person.may_work
    analysts.close(desk, login, "eve")
    assert sessions.who(desk, token) is None
    assert sessions.sign_in(desk, login, PASSWORD) is None
    with pytest.raises(AnalystError, match="may use the desk"):
        analysts.unlock(desk, login, "eve")


def test_another_password_ends_all_sessions_but_one(desk: Database, login: str) -> None:
    here, elsewhere = (sessions.sign_in(desk, login, PASSWORD) or "" for _ in range(2))
    analysts.set_password(desk, login, OTHER, login, sessions.hash_of(here))
    assert sessions.who(desk, here) is not None
    assert sessions.who(desk, elsewhere) is None
    assert sessions.sign_in(desk, login, PASSWORD) is None
    assert sessions.sign_in(desk, login, OTHER) is not None


def test_the_last_lead_stays(owner: Database) -> None:
    with pytest.raises(AnalystError, match="eve is the last lead"):
        analysts.close(owner, "eve", "eve")
    with pytest.raises(AnalystError, match="eve is the last lead"):
        analysts.set_role(owner, "eve", "viewer", "eve")


def test_two_leads_who_close_each_other_leave_one(
    owner: Database, desk: Database, stream: Database, login: str
) -> None:
    analysts.set_role(owner, login, "lead", "tests")
    with ThreadPoolExecutor(1) as pool, desk.transaction():
        analysts.set_role(desk, login, "viewer", "eve")
        closing = pool.submit(analysts.close, owner, "eve", login)
        wait_until_blocked(stream)
    with pytest.raises(AnalystError, match="eve is the last lead"):
        closing.result()


def test_a_role_that_is_not_there(owner: Database, login: str) -> None:
    with pytest.raises(AnalystError, match="boss is not a role"):
        analysts.set_role(owner, login, "boss", "tests")
    with pytest.raises(psycopg.errors.CheckViolation):
        owner.execute("UPDATE analysts SET role = 'boss' WHERE login = %s", [login])


@pytest.mark.parametrize(
    ("name", "source"),
    [("ann", "analyst.ann"), ("a b/c", "analyst.a-b-c"), ("x" * 80, f"analyst.{'x' * 56}")],
)
def test_a_source_is_one_that_the_topic_takes(name: str, source: str) -> None:
    assert source_of("analyst", name) == source
