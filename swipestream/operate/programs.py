"""The table of programs: everything `swipestream up` runs, in the order it is shown.

To add one, write a function that returns its Program and add a line below.
"""

from swipestream.cases import program as desk
from swipestream.dashboards import superset
from swipestream.decisions import program as decision_api
from swipestream.followers import supervised
from swipestream.settings import Settings
from swipestream.stack import flink, kafka, postgres
from swipestream.stack.program import Program


def programs(settings: Settings) -> list[Program]:
    """What the supervisor runs with these settings; services of the user's own are left out."""
    table: list[Program] = []
    if kafka.embedded(settings):
        table.append(kafka.program(settings))
    if postgres.embedded(settings):
        table.append(postgres.program(settings))
    if flink.embedded(settings):
        table.extend(flink.programs(settings))
    table.append(supervised.program(settings))
    if decision_api.is_wanted(settings):
        table.append(decision_api.program(settings))
    if desk.is_wanted(settings):
        table.append(desk.program(settings))
    if superset.is_wanted(settings):
        table.append(superset.program(settings))
    return table
