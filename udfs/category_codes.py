"""Numbers for text features, as a bundle's dictionaries have them."""

from collections.abc import Mapping
from typing import Any

from udfs.model_bundle import ModelBundle


class CategoryCodes(dict[Any, float]):
    """Codes by text: a text in no dictionary gets the unknown code, a missing one NaN."""

    def __init__(self, codes: Mapping[str, float], unknown_code: float) -> None:
        super().__init__(codes)
        self.unknown_code = unknown_code

    def __missing__(self, value: Any) -> float:
        # None, NaN and pandas' NA are the values that stand for "unknown" in a column of text.
        return self.unknown_code if isinstance(value, str) else float("nan")


def category_codes(bundle: ModelBundle) -> dict[int, CategoryCodes]:
    """The dictionary of each categorical feature, by its place in the model's input."""
    return {
        position: CategoryCodes(bundle.categories[feature.name], bundle.unknown_code)
        for position, feature in enumerate(bundle.features)
        if feature.kind == "categorical"
    }
