"""What the challenger costs beside the champion, measured where both score."""

import json
import logging
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from udfs.model_bundle import write_atomically

LOG = logging.getLogger(__name__)
COST_FILE = "challenger.cost.json"


class ShadowCost:
    """
    Adds up the seconds that both models took over the same batches.

    Costs two additions a batch, and a small file every ``write_every_seconds``. With several
    workers the file is that of the one that wrote last: each measures the same two models.
    """

    def __init__(
        self,
        models_dir: Path,
        write_every_seconds: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        :param models_dir: where the file `COST_FILE` goes.
        :param clock: seconds; replaced by tests.
        """
        self._path = models_dir / COST_FILE
        self._write_every_seconds = write_every_seconds
        self._clock = clock
        self._next_write = clock() + write_every_seconds
        self._pair: tuple[str | None, str] | None = None

    def add(
        self,
        champion: str | None,
        challenger: str,
        payments: int,
        champion_seconds: float,
        challenger_seconds: float,
    ) -> None:
        """
        Count a batch; a new pair of models starts from zero.

        :param champion: its version; None if there is none.
        :param payments: in the batch.
        :param champion_seconds: from columns to scores, encoding included; the other alike.
        """
        if (champion, challenger) != self._pair:
            self._pair = (champion, challenger)
            self._begin = datetime.now(UTC)
            self._batches = self._payments = 0
            self._champion_seconds = self._challenger_seconds = 0.0
        self._batches += 1
        self._payments += payments
        self._champion_seconds += champion_seconds
        self._challenger_seconds += challenger_seconds
        if self._clock() >= self._next_write:
            self._next_write = self._clock() + self._write_every_seconds
            self._write()

    def _write(self) -> None:
        assert self._pair is not None
        cost = {
            "champion": self._pair[0],
            "challenger": self._pair[1],
            "batches": self._batches,
            "payments": self._payments,
            "champion_seconds": round(self._champion_seconds, 6),
            "challenger_seconds": round(self._challenger_seconds, 6),
            "worker": os.getpid(),
            "from": self._begin.isoformat(timespec="seconds"),
            "to": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        try:
            write_atomically(self._path, json.dumps(cost, indent=2) + "\n")
        except OSError as error:
            # A cluster may mount the models read-only; then nobody learns the cost.
            LOG.debug("cost not written file=%s reason=%s", self._path, error.strerror)
