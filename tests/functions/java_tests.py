"""Compiles functions/test and runs it with JUnit on the Java of the wheel."""

import subprocess
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from swipestream.settings import REPO_ROOT, Settings
from swipestream.stack.flink import QUICK_CODE, module_options
from swipestream.stack.functions_jar import compile_java, ensure_functions_jar
from swipestream.stack.installed_flink import packaged_jars, python_jar
from swipestream.stack.jars import STACK, ensure_jars, jar_paths, read_lock
from swipestream.stack.java import java_home

TESTS = REPO_ROOT / "functions" / "test"
LAUNCHER = "org.junit.platform.console.ConsoleLauncher"
# A test that hangs is one failure and not the end of all others.
TIMEOUT_OF_A_TEST = "-Djunit.jupiter.execution.timeout.default=60s"
TIMEOUT_SECONDS = 300
TRACE_LINES = 12


@dataclass(frozen=True)
class Outcome:
    """One test method, or one call of a parameterized one."""

    name: str
    failure: str  # empty if it passed


def class_names() -> list[str]:
    """The test classes, as Java names them."""
    files = sorted(TESTS.rglob("*Test.java"))
    return [".".join(file.relative_to(TESTS).with_suffix("").parts) for file in files]


def run(settings: Settings, scratch: Path, tests: Path = TESTS) -> dict[str, list[Outcome]]:
    """
    Run every test below a folder.

    :param scratch: for class files and reports.
    :return: their results, by class.
    :raises CompileError: a source or a test does not compile.
    :raises AssertionError: JUnit itself failed; says what it said.
    """
    ensure_jars(settings, read_lock(purposes=(*STACK, "test")))
    functions = ensure_functions_jar(settings)
    class_path = [
        functions,
        *jar_paths(settings, "test"),
        *packaged_jars(),
        *jar_paths(settings, "flink"),
        *python_jar(),
    ]
    classes, reports = scratch / "classes", scratch / "reports"
    compile_java(settings, tests, class_path, classes)
    result = subprocess.run(
        [
            java_home() / "bin" / "java",
            "-XX:+UseSerialGC",
            QUICK_CODE,
            *module_options(),
            TIMEOUT_OF_A_TEST,
            "-cp",
            ":".join(map(str, [classes, *class_path])),
            LAUNCHER,
            "execute",
            f"--scan-classpath={classes}",
            f"--reports-dir={reports}",
            "--details=none",
            "--disable-banner",
        ],
        cwd=scratch,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    report = reports / "TEST-junit-jupiter.xml"
    assert report.exists(), f"JUnit ended with {result.returncode}:\n{result.stdout}{result.stderr}"
    return read_report(report)


def read_report(report: Path) -> dict[str, list[Outcome]]:
    """:param report: JUnit's, as XML."""
    outcomes: dict[str, list[Outcome]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        problem = case.find("failure")
        if problem is None:
            problem = case.find("error")
        failure = "" if problem is None else condensed(problem.text or problem.get("message") or "")
        outcomes.setdefault(case.attrib["classname"], []).append(
            Outcome(case.attrib["name"], failure)
        )
    return outcomes


def condensed(trace: str) -> str:
    """The message of a failure, and the lines of its trace in our code."""
    lines = [line.rstrip() for line in trace.strip().splitlines()]
    kept = [line for line in lines if line[:1] != "\t" or line.startswith("\tat swipestream.")]
    return "\n".join(kept[:TRACE_LINES])
