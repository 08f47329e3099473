"""What the rules of the fraud team say of payments: the stream's checker on batches of columns."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from flink_jobs.pipelines import PAYMENTS
from udfs.rule_check import Fired, RuleChecker
from udfs.rule_set import Rule, RuleColumns, read_rules

COLUMNS = RuleColumns(PAYMENTS.job.rule_numbers, PAYMENTS.job.rule_texts)
# As the stream's function returns them.
FIELDS = pa.schema(
    [
        ("rules_fired", pa.string()),
        ("shadow_rules_fired", pa.string()),
        ("rule_action", pa.string()),
        ("rules_version", pa.int32()),
    ]
)


class Rules:
    """The rules of a file."""

    def __init__(self, path: Path) -> None:
        """
        :param path: as `RuleSet.text` writes it.
        :raises RuleError: it cannot be used.
        """
        found = read_rules(path, COLUMNS)
        self.rules: tuple[Rule, ...] = found.rules
        self._checker = RuleChecker(found, COLUMNS)

    @property
    def columns(self) -> tuple[str, ...]:
        """What `fields` needs of a batch."""
        return (*COLUMNS.numbers, *COLUMNS.texts)

    def fields(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        """The columns of `FIELDS` for a batch that has `columns`."""
        numbers = np.column_stack(
            [
                batch.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False)
                for name in COLUMNS.numbers
            ]
        )
        fired = self._checker.check(numbers, _Texts(batch))
        return _fields(fired, len(batch), self._checker.version)


def no_rules(count: int) -> dict[str, pa.Array]:
    """The columns of `FIELDS` where there are no rules."""
    return {field.name: pa.nulls(count, field.type) for field in FIELDS}


class _Texts(dict[str, list[Any]]):
    """Columns of text, made when a rule looks at one."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        super().__init__()
        self._batch = batch

    def __missing__(self, name: str) -> list[Any]:
        self[name] = self._batch.column(name).to_pylist()
        return self[name]


def _fields(fired: Fired, count: int, version: int | None) -> dict[str, pa.Array]:
    values: Mapping[str, Any] = {
        "rules_fired": fired.live,
        "shadow_rules_fired": fired.shadow,
        "rule_action": fired.actions,
        "rules_version": [version] * count,
    }
    return {field.name: pa.array(values[field.name], field.type) for field in FIELDS}
