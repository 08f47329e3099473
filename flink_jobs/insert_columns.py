"""What an insert's star stands for: the columns of the table it writes to, by name."""

import re
from collections.abc import Callable, Sequence

_INSERT = re.compile(
    r"(?P<before>.*?)INSERT INTO (?P<table>\w+)\s+SELECT\s+\*(?P<more>.*?)(?P<from>\sFROM\s.*)",
    re.DOTALL,
)
_MADE = re.compile(r"\bAS (\w+)\s*(?=,|$)")
_COMMENT = re.compile(r"--[^\n]*")


def bound(statement: str, columns_of: Callable[[str], Sequence[str]]) -> str:
    """
    Name the columns of ``INSERT INTO table SELECT *, x AS y FROM view``.

    A view may have columns that are not stored, in any order. The star takes those of the table;
    one that the statement makes itself, here ``y``, is not taken from the view.

    :param statement: one without a star is left as it is.
    :param columns_of: the columns of a table.
    """
    found = _INSERT.fullmatch(statement)
    if not found:
        return statement
    made = _MADE.findall(_COMMENT.sub("", found["more"]))
    taken = [name for name in columns_of(found["table"]) if name not in made]
    names = ", ".join([*taken, *made])
    return (
        f"{found['before']}INSERT INTO {found['table']} ({names})\n"
        f"SELECT {', '.join(taken)}{found['more']}{found['from']}"
    )
