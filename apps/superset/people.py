"""Who may do what in Superset: an administrator, and analysts who look, ask and change nothing."""

from typing import Any

from superset import db, security_manager


def make_role(name: str, permissions: list[list[str]]) -> None:
    """
    Give a role exactly these permissions.

    :param permissions: permission and what it is for, as Superset names them.
    :raises LookupError: Superset knows no such permission.
    """
    role = security_manager.add_role(name) or security_manager.find_role(name)
    wanted = []
    for permission, view in permissions:
        found = security_manager.find_permission_view_menu(permission, view)
        if found is None and permission.endswith("_access"):
            found = security_manager.add_permission_view_menu(permission, view)
        if found is None:
            raise LookupError(f"role {name}: Superset has no permission {permission} on {view}")
        wanted.append(found)
    role.permissions = wanted
    db.session.commit()


def make_user(name: str, password: str, roles: list[str]) -> None:
    """Make a user, or bring password and roles up to date."""
    wanted = [security_manager.find_role(role) for role in roles]
    user: Any = security_manager.find_user(username=name)
    if user is None:
        security_manager.add_user(
            name, name.capitalize(), "swipestream", f"{name}@swipestream.invalid", wanted, password
        )
        return
    user.roles = wanted
    db.session.commit()
    security_manager.reset_password(user.id, password)
