"""What a peer has to do: a JSON file, the only argument of every peer."""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Work:
    """
    Where payments come from and where rows go.

    :param kafka: address of the broker.
    :param topic: of payments, read from its beginning.
    :param partitions: how many it has.
    :param postgres: address of the database, with a user who may write `table`.
    :param table: like scored_payments; a row that is there already is replaced.
    :param bundle: folder of the model.
    :param state_dir: an empty folder, for a peer that keeps state on disk.
    :param parallelism: how many workers.
    :param is_bulk: large batches, for throughput; else a payment waits for as few as possible.
    """

    kafka: str
    topic: str
    partitions: int
    postgres: str
    table: str
    bundle: str
    state_dir: str
    parallelism: int
    is_bulk: bool

    @classmethod
    def read(cls) -> Self:
        """From the file named on the command line."""
        return cls(**json.loads(Path(sys.argv[1]).read_text("utf-8")))

    def write(self, path: Path) -> None:
        """As `read` wants it."""
        path.write_text(json.dumps(asdict(self), indent=2), "utf-8")
