"""
From standard SQL with windows to what Flink runs: one call of `trailing_windows`.

The text of a file is taken apart, not rewritten: each OVER call becomes a column that the
function returns, and the rest stays as its author wrote it. What the function does not know is
refused, with its line; docs/windows.md says what it knows.
"""

import json
from collections.abc import Mapping, Sequence

from sqlglot import exp

from flink_jobs.engine_differences import check_differences
from flink_jobs.history import History
from flink_jobs.sql_text import CallText, SqlText, line_of
from flink_jobs.window_calls import Call, CallReader
from flink_jobs.window_guards import GuardReader
from flink_jobs.windowed_view import WindowedView, read_view

# Columns that the function adds.
_ADDED = ("outcome", "differs")


def flink_text(text: str, shown_path: str, history: History) -> str:
    """
    Rewrite one view's windows for Flink.

    The view has every column that its text names, and more: those of the relation, if it says `*`,
    are followed by `outcome`, `differs`, and helpers `_w0`, `_a0`, `_f0`. Flink cannot leave a
    column out of a star; what reads the view takes columns by name.

    :param text: one CREATE TEMPORARY VIEW ... AS SELECT ... FROM relation WINDOW ...
    :param shown_path: of the file, for errors.
    :param history: of the relation.
    :raises JobFilesError: something in it is not known; never is anything left out or approximated.
    """
    source = SqlText(text, shown_path)
    view = read_view(source)
    reader = CallReader(source, history)
    texts = source.window_calls()
    if not texts:
        raise source.error(
            source.tokens[0], "the view has no window", "take the file out of the job's histories"
        )
    calls = [reader.read(call) for call in texts]
    placeholders = [f"_call{number}" for number in range(len(calls))]
    check_expressions(
        source,
        history,
        replaced(source, view, texts, placeholders, keep_lines=True),
        view.start,
        dict(zip(placeholders, calls, strict=True)),
        dict(zip(placeholders, texts, strict=True)),
    )
    for window in view.select.find_all(exp.Window):
        check_differences(source, window, {})
    outputs: dict[Call, str] = {}
    for call in calls:
        outputs.setdefault(call, f"_w{len(outputs)}")
    select = replaced(source, view, texts, [outputs[call] for call in calls])
    relation = relation_text(view.relation, reader)
    return (
        text[: view.start]
        + select
        + function_call(relation, reader.windows.key, spec(history, outputs), view.name)
    )


def replaced(
    source: SqlText,
    view: WindowedView,
    calls: Sequence[CallText],
    names: Sequence[str],
    *,
    keep_lines: bool = False,
) -> str:
    """
    A view's text from SELECT up to FROM, with a name instead of each call.

    :param keep_lines: even if a call was written on several.
    """
    pieces, start = [], view.start
    for call, name in zip(calls, names, strict=True):
        lines = source.text.count("\n", call.start, call.end) if keep_lines else 0
        pieces += [source.text[start : call.start], name, "\n" * lines]
        start = call.end
    return "".join([*pieces, source.text[start : view.end]])


def check_expressions(
    source: SqlText,
    history: History,
    text: str,
    start: int,
    calls: Mapping[str, Call],
    texts: Mapping[str, CallText],
) -> None:
    """
    :param text: from SELECT up to FROM, with placeholders for the calls.
    :param start: where it begins in the file.
    :param calls: what the placeholders stand for.
    :param texts: the same as written.
    :raises JobFilesError: an expression around the calls cannot be the same in Flink.
    """
    (select,) = source.parsed(start, text)
    for item in select.expressions:
        is_star = isinstance(item, exp.Star)
        if is_star and any(item.args.values()):
            raise source.error(line_of(item), "Flink has no EXCLUDE", "use * alone")
        if not is_star and not (isinstance(item, exp.Column) and item.name not in calls):
            if not isinstance(item, exp.Alias):
                raise source.error(line_of(item), "an expression has no name", "add AS name")
            if item.alias.lower() in _ADDED:
                raise source.error(
                    line_of(item), f"the view has a column {item.alias} already", "use another name"
                )
    for node in select.find_all(exp.AggFunc):
        raise source.error(
            line_of(node), f"`{node.sql()}` has no OVER", "say over which rows, or use another view"
        )
    check_differences(source, select, calls)
    GuardReader(source, history, calls, texts).check(select)


def relation_text(relation: str, reader: CallReader) -> str:
    """What the function reads: the relation, or that and the columns that calls need."""
    columns = [*reader.arguments.items(), *reader.conditions.items()]
    if not columns:
        return f"TABLE {relation}"
    lines = ["*", *(f"{expression} AS {name}" for expression, name in columns)]
    selected = ",\n            ".join(lines)
    return f"(\n        SELECT\n            {selected}\n        FROM {relation}\n    )"


def spec(history: History, outputs: Mapping[Call, str]) -> str:
    """The function's spec, as readable JSON."""
    used = {name for call in outputs for name in (call.column, call.filter)}
    # In an order that does not depend on the text's: another order would be another state.
    needed = [*history.same, *sorted(used.difference(history.same))]
    kept = [name for name in needed if name not in ("", history.time_ms)]
    parts = {
        "id": history.id,
        "time": history.time_ms,
        "skip_if": history.skip_if,
        "same": history.same,
        "keep_ms": history.kept_ms,
        "most": history.most,
        "forget_after_ms": history.forgotten_ms,
        "kept": kept,
    }
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in parts.items()]
    listed = ",\n            ".join(json.dumps(call.output(name)) for call, name in outputs.items())
    lines.append(f'"outputs": [\n            {listed}\n        ]')
    return "{\n        " + ",\n        ".join(lines) + "\n    }"


def function_call(relation: str, key: str, spec_text: str, uid: str) -> str:
    """FROM and the function, with its arguments."""
    return (
        "FROM trailing_windows(\n"
        f"    input => {relation} PARTITION BY {key},\n"
        f"    spec => '{spec_text}',\n"
        f"    uid => '{uid}'\n"
        ")\n"
    )
