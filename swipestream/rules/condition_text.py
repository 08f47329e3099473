"""Conditions as people write them: `amount_cents > 8000`, `card_id in list bad_cards`."""

import re

from udfs.rule_set import (
    IN_LIST,
    IS_UNKNOWN,
    OPERATORS,
    Condition,
    RuleColumns,
    RuleError,
    check_condition,
)

_COMPARED = re.compile(r"(\w+)\s*(<>|<=|>=|=|<|>)\s*(.*\S)", re.DOTALL)
_IN_LIST = re.compile(r"(\w+)\s+in\s+(?:list\s+)?([A-Za-z0-9_]+)")
_UNKNOWN = re.compile(r"(\w+)\s+is\s+unknown")
_QUOTED = re.compile(r"'(.*)'|\"(.*)\"")
HINT = (
    "write `COLUMN OPERATOR VALUE`, such as `amount_cents > 8000`, `card_id in list bad_cards` or "
    "`device_id is unknown`"
)


def condition_of(text: str, columns: RuleColumns, lists: dict[str, str]) -> Condition:
    """
    One condition.

    :param columns: what it may look at.
    :param lists: the kind of each list.
    :raises RuleError: it is not one, or cannot be evaluated; says what is allowed.
    """
    written = text.strip()
    condition = _parsed(written, columns)
    if condition is None:
        raise RuleError(
            f"{written!r:.80} is not a condition", f"{HINT}; operators are {', '.join(OPERATORS)}"
        )
    check_condition(condition, columns, lists)
    return condition


def _parsed(written: str, columns: RuleColumns) -> Condition | None:
    if found := _UNKNOWN.fullmatch(written):
        return Condition(found[1], IS_UNKNOWN)
    if found := _IN_LIST.fullmatch(written):
        return Condition(found[1], IN_LIST, found[2])
    if found := _COMPARED.fullmatch(written):
        return Condition(found[1], found[2], _value(found[1], found[3], columns))
    return None


def _value(column: str, text: str, columns: RuleColumns) -> float | str:
    if column in columns.numbers:
        try:
            number = float(text)
        except ValueError:
            # Refused with the column's name by the check of the condition.
            return text
        return int(number) if number.is_integer() else number
    quoted = _QUOTED.fullmatch(text)
    return next((part for part in quoted.groups() if part is not None), "") if quoted else text
