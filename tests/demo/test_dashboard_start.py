"""The demo's dashboards are started once, in the background; the demo says if they are ready."""

import pytest

from swipestream.dashboards import superset
from swipestream.demo import dashboards
from swipestream.demo.dashboards import DashboardStart
from swipestream.settings import Settings
from swipestream.stack.files import make_folder
from swipestream.stack.program import NotReadyError
from tests.eventually import eventually


def away(settings: Settings) -> None:
    raise NotReadyError("nothing there")


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = Settings(
        home=str(tmp_path_factory.mktemp("home")),
        superset_analyst_password="of-the-analyst",
        superset_admin_password="of-the-admin",
    )
    make_folder(settings.state_dir / "logs")
    make_folder(superset.home(settings))
    monkeypatch.setattr(superset, "check", away)
    return settings


def said(settings: Settings, command: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a start with this command prints, up to its result."""
    monkeypatch.setattr(dashboards, "COMMAND", command)
    facts: list[str] = []
    start = DashboardStart(settings, facts.append)
    start.begin()
    start.begin()
    start.end()
    return eventually(
        lambda: facts,
        lambda facts: any("analyst" in fact or "not start" in fact for fact in facts),
        seconds=30,
    )


def test_the_logins_are_told_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = said(settings, "true", monkeypatch)
    assert sum("in the background" in fact for fact in facts) == 1
    assert sum("of-the-analyst" in fact for fact in facts) == 1
    again = " ".join(said(settings, "true", monkeypatch))
    assert superset.url(settings) in again
    assert "of-the-a" not in again
    assert str(settings.secrets_file) in again


def test_a_failure_points_to_the_log(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = said(settings, "echo no network >&2; exit 3", monkeypatch)
    log = settings.state_dir / "logs" / "dashboards-start.log"
    assert any(str(log) in fact for fact in facts)
    assert log.read_text() == "no network\n"
