"""Whatever a CSV file holds, every line is accounted for and no row is made of two."""

import csv
import gzip
import io
import resource
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swipestream.sending.errors import InputFileError
from swipestream.sending.input_files import InputFile, TextForm
from swipestream.sending.rows import BrokenRow, Row

WIDTH = 4
HEADER = ",".join(f"c{number}" for number in range(WIDTH))
ANY_FILE = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read(path: Path, text: str) -> tuple[InputFile, list[Row | BrokenRow]]:
    """The rows of a file with that text."""
    path.write_bytes(text.encode("utf-8"))
    file = InputFile(path, TextForm("utf-8", ","))
    return file, list(file.rows())


@ANY_FILE
@given(body=st.text(alphabet='ab,"\n\r \u00e9', max_size=120))
def test_the_lines_of_any_text_add_up(body: str, tmp_path: Path) -> None:
    file, rows = read(tmp_path / "any.csv", f"{HEADER}\n{body}")
    account = file.account
    text = io.StringIO(f"{HEADER}\n{body}", newline="")
    assert account.lines == len(list(text)) == 1 + account.blank + account.rows + account.continued
    assert account.rows == len(rows)
    lines = [row.line or 0 for row in rows]
    assert lines == sorted(set(lines))


@ANY_FILE
@given(
    stray=st.lists(
        st.tuples(
            st.integers(0, 19), st.integers(0, WIDTH - 1), st.sampled_from(["before", "after"])
        ),
        max_size=6,
    )
)
def test_stray_quotes_make_no_row_of_two(stray: list[tuple[int, int, str]], tmp_path: Path) -> None:
    table = [[f"r{row}c{column}" for column in range(WIDTH)] for row in range(20)]
    for row, column, side in stray:
        value = table[row][column]
        table[row][column] = f'"{value}' if side == "before" else f'{value}"'
    body = "\n".join(",".join(values) for values in table)
    _, rows = read(tmp_path / "stray.csv", f"{HEADER}\n{body}\n")
    touched = {row for row, _, _ in stray}
    whole = {row.line for row in rows if isinstance(row, Row)}
    for found in rows:
        if isinstance(found, Row):
            assert found.line is not None
            number = found.line - 2
            assert all(f"r{number}c" in str(value) for value in found.values.values())
            assert "\n" not in "".join(map(str, found.values.values()))
    # What stands before the first stray quote is not lost.
    assert whole >= {number + 2 for number in range(min(touched, default=20))}
    assert len(rows) == 20


@ANY_FILE
@given(
    texts=st.lists(
        st.lists(st.text(alphabet='ab" \n', max_size=8), min_size=WIDTH, max_size=WIDTH),
        max_size=8,
    )
)
def test_well_formed_texts_are_read_as_they_are(texts: list[list[str]], tmp_path: Path) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(HEADER.split(","))
    writer.writerows(texts)
    _, rows = read(tmp_path / "quoted.csv", stream.getvalue())
    found = [list(row.values.values()) for row in rows if isinstance(row, Row)]
    # A row whose lines all look whole may be refused; none may be another one.
    kept = [values for values in texts if any(values)]
    refused = [values for values in kept if values not in found]
    assert all("\n" in "".join(values) for values in refused)
    assert [values for values in kept if values in found] == found


def test_a_line_of_gigabytes_is_refused_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(b'{"a": 1}\n{"a": "')
        for _ in range(200):
            stream.write(b"x" * 1_000_000)
        stream.write(b'"}\n{"a": 2}\n')
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = list(InputFile(path).rows())
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert [type(row) for row in rows] == [Row, BrokenRow, Row]
    assert isinstance(rows[1], BrokenRow)
    assert rows[1].reason == "the line is longer than 1,048,576 characters"
    assert [row.line for row in rows] == [1, 2, 3]
    assert grown_kb < 100_000


def test_a_list_with_an_object_of_gigabytes_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "bomb.json"
    path.write_text('[{"a": 1},\n{"a": "' + "x" * 3_000_000 + '"}]')
    with pytest.raises(InputFileError, match=r"bomb\.json, line 2: .* longer than 1,048,576"):
        InputFile(path)
