"""What became of the messages sent: asked of the database, compared with what was sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg.rows import class_row, dict_row

from swipestream.database.queries import query

RECENT = timedelta(minutes=1)
# Each look counts everything since the beginning, so in a long run the looks get rarer instead of
# taking the database from the stream.
PAUSE_PER_LOOK = 10.0


@dataclass(frozen=True)
class Outcomes:
    """
    Messages by what became of them; each counts once.

    :param conflicts: numbers that came again on the same card with other content.
    :param degraded: of those scored, decided without a score or without a policy.
    :param p50_ms: latency from the payment to its committed row, None before the first.
    """

    scored: int = 0
    duplicates: int = 0
    conflicts: int = 0
    rejected: int = 0
    review: int = 0
    block: int = 0
    degraded: int = 0
    p50_ms: float | None = None
    p99_ms: float | None = None
    recent_p50_ms: float | None = None
    recent_p99_ms: float | None = None

    @property
    def accounted(self) -> int:
        """All messages whose outcome is stored."""
        return self.scored + self.duplicates + self.conflicts + self.rejected

    @property
    def alerts(self) -> int:
        """Payments to review or block."""
        return self.review + self.block


class OutcomeReader:
    """Reads the outcomes of everything that came after a point in the topic."""

    def __init__(self, postgres_url: str, topic: str, first_offsets: dict[int, int]) -> None:
        """
        :param first_offsets: by partition, the offset of the first message that counts.
        """
        self._topic = topic
        self._connection = psycopg.connect(postgres_url, autocommit=True)
        self._connection.execute(
            "CREATE TEMPORARY TABLE first_offsets (kafka_partition integer, first_offset bigint)"
        )
        with self._connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO first_offsets VALUES (%s, %s)", list(first_offsets.items())
            )
        # What came since is the end of an index, which the planner cannot know: it would read and
        # sort the whole table at every look, and take the time from the stream.
        self._connection.execute("ANALYZE first_offsets")
        self._connection.execute("SET enable_seqscan = off")

    def outcomes(self) -> Outcomes:
        """The counts and latencies now."""
        with self._connection.cursor(row_factory=class_row(Outcomes)) as cursor:
            found = cursor.execute(query("outcomes"), {"topic": self._topic}).fetchone()
        return found or Outcomes()

    def unaccounted(self, places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """
        Which messages are in no table.

        :param places: partition and offset of each message sent.
        :return: at most 20 of them.
        """
        self._connection.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS sent_messages "
            "(kafka_topic text, kafka_partition integer, kafka_offset bigint)"
        )
        self._connection.execute("TRUNCATE sent_messages")
        with self._connection.cursor() as cursor:
            with cursor.copy("COPY sent_messages FROM STDIN") as copy:
                for place in places:
                    copy.write_row((self._topic, *place))
            cursor.execute(query("unaccounted"))
            return [(partition, offset) for partition, offset in cursor.fetchall()]

    def alerted_ids(self) -> list[str]:
        """The payments to review or block, by transaction_id."""
        rows = self._connection.execute(query("alerted_ids")).fetchall()
        return [row[0] for row in rows]

    def known(self, transaction_ids: Iterable[str]) -> set[str]:
        """Which of these payments are stored."""
        rows = self._connection.execute(query("known_payments"), [list(transaction_ids)])
        return {row[0] for row in rows}

    def customers_since(self, event_ms: int) -> set[str]:
        """Who paid at that time, UTC epoch milliseconds, or later."""
        since = datetime.fromtimestamp(event_ms / 1000, UTC)
        rows = self._connection.execute(query("customers_since"), {"since": since})
        return {row[0] for row in rows}

    def latest_alerts(self, count: int) -> list[dict[str, object]]:
        """The newest alerts with their details, newest first."""
        recent = self._alerts(since=datetime.now(UTC) - RECENT)
        return sorted(recent, key=lambda alert: str(alert["event_time"]), reverse=True)[:count]

    def alerts(self) -> list[dict[str, object]]:
        """The alerts with their details, highest score first."""
        return self._alerts(since=datetime(2000, 1, 1, tzinfo=UTC))

    def _alerts(self, since: datetime) -> list[dict[str, object]]:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query("alert_details"), {"since": since}).fetchall()

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()
