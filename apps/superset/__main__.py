"""Sets Superset up, imports and exports dashboards: python -m apps.superset prepare|import|export

Reads what it needs as JSON from standard input, so that no password is on a command line. Says
what it does on standard output, a JSON object per line: {"step": ...}, {"result": ...} or
{"error": ...}.
"""

import json
import logging
import sys
import warnings
from typing import Any


def tell(**facts: Any) -> None:
    """One line to the caller."""
    # Superset prints to standard output as well, so our lines are marked.
    assert sys.__stdout__, "this program is started with one"
    sys.__stdout__.write(f"swipestream {json.dumps(facts)}\n")
    sys.__stdout__.flush()


def make_tables(app: Any) -> None:
    """Make Superset's own tables, or bring them up to date."""
    from flask_migrate import upgrade

    with app.app_context():
        upgrade()


def prepare(app: Any, wanted: dict[str, Any]) -> None:
    """
    Permissions, roles, users and dashboards.

    :param wanted: `contents`, `database_password`, `queries` and their `query_owner` for the
        import; `roles`; `users`.
    """
    from apps.superset.people import make_role, make_user
    from superset import appbuilder, db, security_manager

    tell(step="making permissions")
    appbuilder.add_permissions(update_perms=True)
    security_manager.sync_role_definitions()
    db.session.commit()
    tell(step="making users")
    for name, permissions in wanted["roles"].items():
        make_role(name, permissions)
    for name, user in wanted["users"].items():
        make_user(name, user["password"], user["roles"])
    import_all(wanted)


def import_all(wanted: dict[str, Any]) -> None:
    """The files into Superset."""
    from apps.superset.assets import import_assets
    from apps.superset.saved_queries import Query, make_saved_queries

    tell(step="importing dashboards")
    log_in()
    counts = import_assets(wanted["contents"], wanted["database_password"])
    queries = [Query(**query) for query in wanted["queries"]]
    counts["queries"] = make_saved_queries(queries, wanted["query_owner"])
    tell(result=counts)


def log_in() -> None:
    """Be the administrator: who imports owns the objects, who exports gets what he may see."""
    from flask import g

    from superset import security_manager

    g.user = security_manager.find_user(username="admin")


def main() -> int:
    """:return: exit status."""
    verb = sys.argv[1]
    wanted = json.load(sys.stdin)
    warnings.simplefilter("ignore")
    tell(step="starting")
    from superset.app import create_app

    app = create_app()
    logging.getLogger().setLevel(logging.WARNING)
    if verb == "upgrade":
        tell(step="making its tables")
        make_tables(app)
        return 0
    with app.test_request_context():
        from apps.superset.assets import AssetError, export_assets

        try:
            if verb == "prepare":
                prepare(app, wanted)
            elif verb == "import":
                import_all(wanted)
            else:
                log_in()
                tell(result=export_assets())
        except (AssetError, LookupError) as error:
            tell(error=str(error))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
