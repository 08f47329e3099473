"""The names by which browsers may reach the desk; another one that leads here is refused."""

from urllib.parse import urlsplit

from swipestream.settings import LOOPBACK, DeskSettings


def allowed_hosts(settings: DeskSettings) -> frozenset[str]:
    """
    What the header Host may say, and where a form may come from.

    Otherwise the script of another site could read pages as if they were its own, once that site's
    name leads to this machine.
    """
    names = (LOOPBACK, "localhost", "[::1]")
    found = {f"{name}:{settings.desk_port}" for name in names}
    if settings.desk_url:
        found.add(urlsplit(settings.desk_url).netloc.lower())
    return frozenset(found)
