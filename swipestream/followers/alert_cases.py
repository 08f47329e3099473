"""Alert cases: alerts become cases for the analyst's desk, and its verdicts become labels.

Without this process alerts are stored as before and analysts work on the cases there are; new cases
and the labels of verdicts follow when it is back. While Kafka is away, labels wait in the outbox.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg
from psycopg.rows import TupleRow

from flink_jobs.feature_registry import FeatureEntry, feature_registry
from swipestream.cases import opening, outbox
from swipestream.cases.rows import Row
from swipestream.database.connection import connect
from swipestream.errors import ServiceError, first_line
from swipestream.followers.alert_reasons import Models, explained, store_each
from swipestream.followers.pulse import Pulse
from swipestream.models.bundles import job_in_force
from swipestream.sending.sender import Sender
from swipestream.settings import Settings

LOG = logging.getLogger("swipestream.followers.alert_cases")

POLL_SECONDS = 1.0
# Scored, and stored up to this much later: a sink may have to wait for the database.
RECENT_SECONDS = 120.0
# What else is in no case: alerts of a time when this process, the desk or the database was away.
ALL_SECONDS, ALL_AGAIN_SECONDS = 86_400.0, 600.0
LABELS_SECONDS = 5.0
STEP_SECONDS = 10.0
KAFKA_AGAIN_SECONDS = 10.0


@dataclass
class Due:
    """
    Something that is done every so many seconds.

    :param seconds: from one time to the next.
    """

    seconds: float
    _next: float = field(default=float("-inf"))

    def comes(self) -> bool:
        """Whether it is time; then the next time is set."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self.seconds
        return True

    def at_once(self) -> None:
        """There is more to do."""
        self._next = float("-inf")


class Labels:
    """
    Sends the labels of verdicts; Kafka may be away.

    :param settings: of the topic.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sender: Sender | None = None
        self._again = Due(KAFKA_AGAIN_SECONDS)
        self._is_away = False

    def send(self, postgres: psycopg.Connection[TupleRow]) -> int:
        """
        Send what waits, unless Kafka was away a moment ago.

        :return: how many labels were sent.
        """
        count, _ = outbox.waiting(postgres)
        if not count or (self._is_away and not self._again.comes()):
            return 0
        topic = self._settings.labels_topic
        try:
            self._sender = self._sender or Sender(self._settings, (topic,))
            sent = outbox.send_labels(postgres, self._sender, topic)
        except ServiceError as error:
            if not self._is_away:
                LOG.warning("labels wait count=%d reason=%s", count, error.fact)
            # One that has failed counts its failures on.
            self._sender, self._is_away = None, True
            self._again.comes()
            return 0
        self._is_away = False
        return sent


@dataclass
class Rounds:
    """
    The work, round after round.

    :param models: that explain the control sample, as they explain alerts.
    :param registry: of the features.
    """

    labels: Labels
    models: Models
    registry: Mapping[str, FeatureEntry]
    _all: Due = field(default_factory=lambda: Due(ALL_AGAIN_SECONDS))
    _known: Due = field(default_factory=lambda: Due(LABELS_SECONDS))
    _step: Due = field(default_factory=lambda: Due(STEP_SECONDS))

    def step(self, postgres: psycopg.Connection[TupleRow]) -> bool:
        """
        One round.

        :param postgres: in autocommit mode.
        :return: whether there is more to do at once.
        """
        opened = opening.open_cases(postgres, RECENT_SECONDS)
        if self._all.comes():
            older = opening.open_cases(postgres, ALL_SECONDS)
            opened = max(opened, older)
            if older >= opening.BATCH_ROWS:
                self._all.at_once()
        known = opening.note_labels(postgres) if self._known.comes() else 0
        if self._step.comes() and not self._look_through(postgres):
            self._step.at_once()
        sent = self.labels.send(postgres)
        if opened or known or sent:
            LOG.debug("payments=%d labels_noted=%d labels_sent=%d", opened, known, sent)
        return max(opened, sent) >= opening.BATCH_ROWS

    def _look_through(self, postgres: psycopg.Connection[TupleRow]) -> bool:
        """:return: whether all payments were looked through."""
        step = opening.next_step(postgres)
        opening.note_devices(postgres, step)
        self._explain(postgres, opening.draw_controls(postgres, step))
        opening.step_done(postgres, step)
        return step.is_last

    def _explain(self, postgres: psycopg.Connection[TupleRow], payments: list[Row]) -> None:
        """Give the control sample reasons like those of alerts: it must look like them."""
        if not payments:
            return
        # A policy's rule would be named only of an alert.
        found = explained(payments, self.models, {}, self.registry)
        store_each(postgres, found, self.models)


def run(settings: Settings, pulse: Pulse) -> None:
    """
    Run until the process is to end; a database that is away is waited for.

    :raises StoppedError: then.
    """
    models = Models(settings.models_dir)
    registry = feature_registry(job_in_force(settings))
    rounds = Rounds(Labels(settings), models, registry)
    while True:
        try:
            with connect(settings.stream_url, autocommit=True) as postgres:
                while True:
                    is_more = rounds.step(postgres)
                    pulse.beat()
                    pulse.wait(0.0 if is_more else POLL_SECONDS)
        except psycopg.OperationalError as error:
            LOG.warning("database away reason=%s", first_line(error))
            pulse.wait(POLL_SECONDS)
