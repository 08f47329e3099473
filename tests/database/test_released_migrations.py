"""A migration that was released never changes: databases elsewhere have applied it as it was."""

import hashlib

import pytest

from swipestream.database.migrations import MIGRATIONS_DIR

# Written at each release, in that folder: sha256sum *.sql > ../released_migrations.sha256
RELEASED = MIGRATIONS_DIR.parent / "released_migrations.sha256"
SUMS = {
    name: checksum
    for checksum, name in (line.split() for line in RELEASED.read_text().splitlines())
}


def test_the_first_release_is_listed() -> None:
    assert len(SUMS) >= 12


@pytest.mark.parametrize("name", SUMS)
def test_a_released_file_is_as_it_was(name: str) -> None:
    found = hashlib.sha256((MIGRATIONS_DIR / name).read_bytes()).hexdigest()
    assert found == SUMS[name], f"{name} was released: put the change into a new migration"
