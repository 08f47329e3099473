"""Where the dashboards are, and how to log in."""

from swipestream.dashboards import superset
from swipestream.dashboards.set_up import ADMIN, ANALYST
from swipestream.settings import DashboardSettings


def welcome(settings: DashboardSettings) -> str:
    """
    What to tell a person who has started the dashboards; the passwords the first time only.

    They stay in secrets.env, where the second time points to.
    """
    shown = superset.home(settings) / "passwords-shown"
    begin = f"dashboards: {superset.url(settings)}"
    if shown.exists():
        return f"{begin}  (user {ANALYST} or {ADMIN}; passwords in {settings.secrets_file})"
    shown.touch(mode=0o600)
    return (
        f"{begin}\n"
        f"  to look and ask:  {ANALYST}  {settings.superset_analyst_password}\n"
        f"  to change:        {ADMIN}    {settings.superset_admin_password}\n"
        f"  shown this once; kept in {settings.secrets_file}"
    )
