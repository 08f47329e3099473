"""Tell the ticks of earlier versions from payments.

They moved the clock of a partition that was silent. Nothing sends or heeds them any more, but a
topic may still hold them, and they are not lost payments.
"""

import re

_TICK = re.compile(rb'\{"kind":"tick","event_ms":-?\d+\}')


def is_tick(value: bytes | None) -> bool:
    """Whether a message is a tick as they were written; takes well under a microsecond."""
    return value is not None and len(value) < 64 and _TICK.fullmatch(value) is not None
