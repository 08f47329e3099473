"""The SQL of lookups for engines whose tables do not change while they are read. Knows no Flink."""

import re

_AS_OF = re.compile(r"\s+FOR SYSTEM_TIME AS OF [\w.]+")


def at_rest(text: str) -> str:
    """
    A view of the job without what only Flink needs to know of a lookup.

    :param text: of its file.
    """
    return _AS_OF.sub("", text)
