"""Nothing of a stack with dashboards can be reached from another machine."""

import pytest

from swipestream.settings import Settings
from swipestream.stack.listening import listeners

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1800)]


def test_nothing_listens_beyond_loopback(dashboards: Settings) -> None:
    found = list(listeners(dashboards))
    assert "superset" in {listener.program for listener in found}
    assert [str(listener) for listener in found if not listener.is_on_loopback] == []
