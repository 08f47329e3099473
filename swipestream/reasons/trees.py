"""LightGBM's trees by its C library alone.

Its Python package imports pandas, SciPy and PyArrow, which takes two seconds and 100 MB of a
process that otherwise needs 40. The library reads a model and explains a prediction with two calls.

Source: https://lightgbm.readthedocs.io/en/stable/C-API.html
"""

import ctypes
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

Matrix = np.ndarray[Any, Any]

_FLOAT32 = 0
_CONTRIBUTIONS = 3
_ROW_MAJOR = 1
_ALL_TREES = -1
# The machine's other cores belong to Flink.
_PARAMETERS = b"num_threads=1 verbosity=-1"


class TreesError(Exception):
    """LightGBM refused something; holds what it said."""


class Trees:
    """A model of LightGBM in memory."""

    def __init__(self, text: bytes) -> None:
        """
        :param text: the model as LightGBM writes it.
        :raises TreesError: it is not one.
        """
        self._handle = ctypes.c_void_p()
        count = ctypes.c_int()
        _call(
            "LGBM_BoosterLoadModelFromString", text, ctypes.byref(count), ctypes.byref(self._handle)
        )
        features = ctypes.c_int()
        _call("LGBM_BoosterGetNumFeature", self._handle, ctypes.byref(features))
        self.feature_count = features.value

    def __del__(self) -> None:
        if self._handle:
            _library().LGBM_BoosterFree(self._handle)

    def contributions(self, features: Matrix) -> Matrix:
        """
        SHAP values: what each feature adds to the raw score of each row.

        :param features: float32, shape (n, feature_count); NaN for unknown.
        :return: float64, shape (n, feature_count + 1); the last column is what all rows begin with.
        :raises TreesError: another number of columns.
        """
        rows = np.ascontiguousarray(features, dtype=np.float32)
        if rows.ndim != 2 or rows.shape[1] != self.feature_count:
            raise TreesError(f"features of shape {rows.shape} for {self.feature_count} features")
        found = np.empty((len(rows), self.feature_count + 1), dtype=np.float64)
        if not len(rows):
            return found
        length = ctypes.c_int64()
        _call(
            "LGBM_BoosterPredictForMat",
            self._handle,
            rows.ctypes.data_as(ctypes.c_void_p),
            *map(ctypes.c_int, (_FLOAT32, *rows.shape, _ROW_MAJOR, _CONTRIBUTIONS, 0, _ALL_TREES)),
            _PARAMETERS,
            ctypes.byref(length),
            found.ctypes.data_as(ctypes.c_void_p),
        )
        if length.value != found.size:
            raise TreesError(f"{length.value} numbers for {found.size}")
        return found


@cache
def _library() -> ctypes.CDLL:
    spec = importlib.util.find_spec("lightgbm")
    if spec is None or not spec.submodule_search_locations:
        raise TreesError("lightgbm is not installed")
    path = Path(spec.submodule_search_locations[0]) / "lib" / "lib_lightgbm.so"
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise TreesError(f"{path.name} cannot be loaded: {error}") from None
    library.LGBM_GetLastError.restype = ctypes.c_char_p
    return library


def _call(name: str, *arguments: Any) -> None:
    """:raises TreesError: the library says that it failed."""
    library = _library()
    if getattr(library, name)(*arguments):
        said = library.LGBM_GetLastError() or b"no reason given"
        raise TreesError(said.decode(errors="replace").splitlines()[0])
