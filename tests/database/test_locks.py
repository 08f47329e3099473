"""Locks of one database have one list of keys, so that strangers never wait for each other."""

import re

from swipestream.settings import REPO_ROOT

TAKEN = re.compile(r"pg_(?:try_)?advisory_(?:xact_)?(?:un)?lock\(%s\)\"(.*)")


def test_every_lock_is_one_of_the_list() -> None:
    taken = {
        path.name: found
        for path in (REPO_ROOT / "swipestream").rglob("*.py")
        if (found := TAKEN.findall(path.read_text("utf-8")))
    }
    assert len(taken) > 5
    for name, found in taken.items():
        assert all("Lock." in rest for rest in found), name
