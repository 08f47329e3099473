"""A Flink client's long error is reported in one line."""

import pytest

from swipestream.jobs.client import condensed


@pytest.mark.parametrize(
    ("output", "fact", "hint"),
    [
        (
            "WARNING: something\nerror: sql/a.sql needs X\nhint: add it to .env\nat org.apache\n",
            "sql/a.sql needs X",
            "add it to .env",
        ),
        (
            "org.apache.flink.client.program.ProgramAbortException: wrapper\n"
            "\tat org.apache.flink.Client.run(Client.java:1)\n"
            "Caused by: java.lang.RuntimeException: outer\n"
            "Caused by: org.apache.flink.table.api.ValidationException: no column a\n"
            "\t... 5 more\n",
            "org.apache.flink.table.api.ValidationException: no column a",
            "",
        ),
        (
            "Traceback (most recent call last):\nValueError: bad value\n",
            "ValueError: bad value",
            "",
        ),
        ("only this\n", "only this", ""),
        ("", "the client said nothing", ""),
    ],
)
def test_the_line_that_matters(output: str, fact: str, hint: str) -> None:
    assert condensed(output) == (fact, hint)
