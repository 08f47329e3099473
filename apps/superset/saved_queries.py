"""Questions in SQL that an analyst finds on the SQL page, to run and to change."""

import uuid
from dataclasses import dataclass

from superset.models.core import Database
from superset.models.sql_lab import SavedQuery

from superset import db, security_manager

DATABASE, SCHEMA = "swipestream", "dashboards"
# Names of this stack's own; each query gets the same identifier every time.
NAMESPACE = uuid.UUID("6d6b63c1-6f6e-5f6e-9a39-0d6b1d5a9e77")


@dataclass(frozen=True)
class Query:
    """
    One of them.

    :param name: of its file.
    :param label: what the page lists it as.
    :param sql: with the comments of the file.
    """

    name: str
    label: str
    description: str
    sql: str


def make_saved_queries(queries: list[Query], owner: str) -> int:
    """
    Make each query as its file says; one that its owner has changed is overwritten.

    :param owner: name of the user who sees them: the page shows each user only their own.
    :return: how many there are.
    """
    user = security_manager.find_user(username=owner)
    database = db.session.query(Database).filter_by(database_name=DATABASE).one()
    for query in queries:
        number = uuid.uuid5(NAMESPACE, query.name)
        saved = db.session.query(SavedQuery).filter_by(uuid=number).one_or_none()
        if saved is None:
            saved = SavedQuery(uuid=number)
            db.session.add(saved)
        saved.label, saved.description, saved.sql = query.label, query.description, query.sql
        saved.db_id, saved.schema = database.id, SCHEMA
        saved.user_id = saved.created_by_fk = saved.changed_by_fk = user.id
    db.session.commit()
    return len(queries)
