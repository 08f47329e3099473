"""
Conditions of rules as SQL, for PostgreSQL and DuckDB alike.

Says of stored payments what `udfs.rule_check` says of a batch; tests/rules/test_condition_sql.py
compares the two on random rules and rows.
"""

from udfs.rule_set import EQUAL, IN_LIST, IS_UNKNOWN, TIME, UNEQUAL, Condition, Rule, RuleColumns

PAYMENTS = "payments"
# Columns list_name, value and expires_ms, as the table of that name has them.
ENTRIES = "rule_list_entries"


def rule_sql(
    rule: Rule, columns: RuleColumns, payments: str = PAYMENTS, entries: str = ENTRIES
) -> str:
    """
    Whether a rule's conditions hold for a payment, as an expression that is never NULL.

    :param rule: checked.
    :param columns: what it may look at.
    :param payments: the relation or alias with the payments; it has all those columns.
    :param entries: the relation with the entries of lists.
    """
    parts = [condition_sql(c, columns, payments, entries) for c in rule.conditions]
    return f"COALESCE({' AND '.join(parts)}, FALSE)"


def condition_sql(
    condition: Condition, columns: RuleColumns, payments: str = PAYMENTS, entries: str = ENTRIES
) -> str:
    """One condition; NULL where it compares what is unknown. Parameters as for `rule_sql`."""
    column = f"{payments}.{condition.column}"
    if condition.column in columns.numbers:
        if condition.operator == IS_UNKNOWN:
            return f"{column} IS NULL"
        return f"{column} {condition.operator} {number_sql(condition.value)}"
    if condition.operator == EQUAL:
        return f"{column} = {text_sql(condition.value)}"
    if condition.operator == IN_LIST:
        return (
            f"EXISTS (SELECT 1 FROM {entries} AS entries "
            f"WHERE entries.list_name = {text_sql(condition.value)} AND entries.value = {column} "
            f"AND (entries.expires_ms IS NULL OR {payments}.{TIME} < entries.expires_ms))"
        )
    # An empty text is unknown, in the stream too.
    known = f"NULLIF({column}, '')"
    if condition.operator == UNEQUAL:
        return f"{known} <> {text_sql(condition.value)}"
    assert condition.operator == IS_UNKNOWN
    return f"{known} IS NULL"


def number_sql(value: object) -> str:
    """A number that both engines read as the same DOUBLE; an integer as it is written."""
    assert isinstance(value, int | float)
    if float(value).is_integer() and abs(value) < 2**53:
        return str(int(value))
    # As a literal, DuckDB would take it for a decimal, and round it in another way.
    return f"CAST('{float(value)!r}' AS DOUBLE PRECISION)"


def text_sql(value: object) -> str:
    """A text in quotes."""
    return "'" + str(value).replace("'", "''") + "'"
