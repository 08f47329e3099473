"""Feature vectors as the SQL function float64_vector(...) makes them, without Flink."""

import struct
from collections.abc import Sequence
from typing import Any

import pandas as pd


def float64_vectors(*columns: Sequence[float | None]) -> "pd.Series[Any]":
    """
    Pack numbers row by row.

    :param columns: one per feature, all of length n; None is unknown.
    :return: n values of bytes.
    """
    return pd.Series(
        [
            struct.pack(f"<{len(row)}d", *(float("nan") if v is None else v for v in row))
            for row in zip(*columns, strict=True)
        ],
        dtype=object,
    )
