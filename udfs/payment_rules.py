"""From a batch of payments to the rules that fire, whatever happens."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from udfs.rule_check import Fired
from udfs.rule_set import RuleColumns
from udfs.rule_watcher import RuleWatcher

if TYPE_CHECKING:
    import pandas as pd

# Between the texts that payments_scored.sql packs into one column; PostgreSQL stores no such one.
SEPARATOR = "\0"


class BatchTexts(dict[str, Sequence[Any]]):
    """The columns of text of a batch; packed ones are taken apart when one is asked for."""

    def __init__(
        self, names: Sequence[str], columns: Sequence["pd.Series[Any]"], packed: "pd.Series[Any]"
    ) -> None:
        """
        :param names: of the columns, then of the packed ones.
        :param columns: each of length n.
        :param packed: n texts with `SEPARATOR` between the values; an empty one is unknown.
        """
        super().__init__()
        self._columns = dict(zip(names, columns, strict=False))
        self._packed_names = names[len(columns) :]
        self._packed = packed

    def __missing__(self, name: str) -> Sequence[Any]:
        if name in self._columns:
            self[name] = self._columns[name].tolist()
            return self[name]
        parts = zip(*(text.split(SEPARATOR) for text in self._packed.tolist()), strict=True)
        self.update(zip(self._packed_names, parts, strict=True))
        return self[name]


class PaymentRules:
    """
    Checks batches with the rules in force and never raises.

    If the rules fail on a batch, none of them fires for it, and its rows have no `rules_version`.
    """

    def __init__(self, models_dir: str, numbers: str, texts: str) -> None:
        """
        :param models_dir: holds the file of rules; empty if not configured.
        :param numbers: names of the columns of numbers, comma separated; empty if not configured.
        :param texts: the same of text, the model's first.
        """
        self._columns = RuleColumns(tuple(numbers.split(",")), tuple(texts.split(",")))
        self._watcher: RuleWatcher | None = None
        if models_dir and numbers and texts:
            self._watcher = RuleWatcher(Path(models_dir), self._columns)

    def columns(
        self,
        vectors: "pd.Series[Any]",
        texts: Sequence["pd.Series[Any]"],
        packed: "pd.Series[Any]",
    ) -> dict[str, Any]:
        """
        Check one batch.

        :param vectors: n values of bytes, as ``float64_vector(...)`` of the SQL makes them.
        :param texts: the model's columns of text, each of length n.
        :param packed: as for `BatchTexts`.
        :return: columns of length n: rules_fired and shadow_rules_fired (names with commas between
            them, or None), rule_action (of `rule_set.ACTIONS`, or None) and rules_version (the
            number of the newest change, None without rules).
        """
        count = len(vectors)
        version, fired = None, None
        if self._watcher is not None:
            try:
                checker = self._watcher.rules()
                if checker is not None:
                    numbers = np.frombuffer(b"".join(vectors.tolist()), dtype="<f8")
                    numbers = numbers.reshape(count, -1)
                    named = BatchTexts(self._columns.texts, texts, packed)
                    fired = checker.check(numbers, named)
                    version = checker.version
                    self._watcher.note(None)
            except Exception as failure:
                fired = None
                self._watcher.note(f"{type(failure).__name__}: {failure}")
        found = fired or Fired(*(np.full(count, None, dtype=object) for _ in range(3)))
        return {
            "rules_fired": found.live,
            "shadow_rules_fired": found.shadow,
            "rule_action": found.actions,
            "rules_version": np.full(count, version, dtype=object),
        }
