"""The Java tests of functions/, one test here for each class there."""

from pathlib import Path

import pytest

from swipestream.errors import CompileError
from swipestream.settings import Settings
from tests.functions.java_tests import Outcome, class_names, read_report, run


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Outcome]]:
    """The results by class; all run in one JVM."""
    try:
        return run(Settings.load(), tmp_path_factory.mktemp("java"))
    except CompileError as error:
        pytest.fail(error.fact, pytrace=False)


@pytest.mark.parametrize("name", class_names())
def test_java(name: str, outcomes: dict[str, list[Outcome]]) -> None:
    check(outcomes.get(name, []), name)


def check(found: list[Outcome], name: str) -> None:
    """Fails with what the class's failed tests say, or if it has none."""
    failures = [f"{outcome.name}\n{outcome.failure}" for outcome in found if outcome.failure]
    if failures:
        pytest.fail("\n\n".join(failures), pytrace=False)
    assert found, f"{name} has no tests"


def test_a_failure_is_shown_without_junits_own_lines(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuite><testcase name="counts()" classname="p.ATest"/>'
        '<testcase name="adds()" classname="p.ATest"><failure message="m" type="t">'
        "org.opentest4j.AssertionFailedError: expected: 1 but was: 2\n"
        "\tat org.junit.jupiter.api.Assertions.fail(Assertions.java:1)\n"
        "\tat swipestream.ATest.adds(ATest.java:7)\n"
        "</failure></testcase></testsuite>"
    )
    with pytest.raises(pytest.fail.Exception) as caught:
        check(read_report(report)["p.ATest"], "p.ATest")
    assert str(caught.value) == (
        "adds()\norg.opentest4j.AssertionFailedError: expected: 1 but was: 2\n"
        "\tat swipestream.ATest.adds(ATest.java:7)"
    )


def test_a_class_without_tests_fails() -> None:
    with pytest.raises(AssertionError, match=r"p\.ATest has no tests"):
        check([], "p.ATest")
