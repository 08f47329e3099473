"""What `trailing_windows` has to know of a relation beyond its SQL. Knows no Flink."""

from dataclasses import dataclass

DAY_MS = 86_400_000


@dataclass(frozen=True)
class History:
    """
    How the rows of one key are identified, put in order and kept.

    A row is kept from when it arrives until it is `kept_ms` older than the newest of its key, or
    until `most` younger ones are there. A window sees what is kept.

    :param id: column that says which rows are the same one, sent again.
    :param time_ms: BIGINT column with a row's time, in milliseconds; never NULL in a row that is
        not skipped.
    :param time: TIMESTAMP(3) column with the same time; what windows of an INTERVAL are ordered by.
    :param arrival: column that grows with each row of a key; of rows with equal times the one that
        arrived first is the earlier one.
    :param skip_if: column that is not NULL in a row that neither has a history nor becomes part of
        one.
    :param same: columns whose values a row sent again must repeat; else it is a conflict.
    :param kept_ms: how long a row is kept.
    :param most: how many rows of a key are kept.
    :param forgotten_ms: after so long without a row, by the clock, a key is forgotten.
    """

    id: str
    time_ms: str
    time: str
    arrival: str
    skip_if: str
    same: tuple[str, ...]
    kept_ms: int
    most: int
    forgotten_ms: int

    @property
    def guarded_ms(self) -> int:
        """
        How far back LAG and ROWS may look: two days less than what is kept, so that a row that
        comes up to two days behind the newest of its key still sees all it may.
        """
        return self.kept_ms - 2 * DAY_MS
