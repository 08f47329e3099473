"""`make audit` finds what is locked, and reports what is vulnerable and what was not checked."""

import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from scripts.audit.__main__ import KNOWLEDGE, audit, locked_jars, say_findings
from scripts.audit.locked import MAVEN, PYTHON, Component, in_python_locks, inside_jars
from scripts.audit.sources import (
    Finding,
    Knowledge,
    KnownFix,
    ask_osv,
    ask_pip_audit,
    below_known_fixes,
    in_groups,
    read_knowledge,
)
from swipestream.stack.ports import free_ports

DRIVER = Component(MAVEN, "org.postgresql:postgresql", "42.7.7")
PACKAGE = Component(PYTHON, "thing", "1.0")


@contextmanager
def osv(answer: Any, status: int = 200) -> Iterator[tuple[str, list[Any]]]:
    """A server on loopback that answers each batch alike: its address, and what it was asked."""
    asked: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/querybatch", asked
        server.shutdown()


def nobody() -> str:
    """An address where nobody listens."""
    return f"http://127.0.0.1:{free_ports(1)[0]}/"


def program(folder: Path, output: str, code: int) -> str:
    """A program that prints this and exits with this code, as pip-audit would."""
    path = folder / "pip-audit"
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{output}\nEND\nexit {code}\n")
    path.chmod(0o755)
    return str(path)


def report(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def run(*words: str) -> Result:
    return CliRunner().invoke(audit, words, catch_exceptions=False)


def test_the_locks_are_not_below_what_is_known() -> None:
    """The same as `make audit` finds without a network."""
    assert below_known_fixes(locked_jars(), read_knowledge(KNOWLEDGE)) == []


def test_an_older_version_is_found_and_a_newer_one_is_not() -> None:
    knowledge = Knowledge((KnownFix(DRIVER.name, "42.7.11", ("CVE-1", "CVE-2")),), {})
    found = below_known_fixes([DRIVER], knowledge)
    assert [finding.advisory for finding in found] == ["CVE-1", "CVE-2"]
    for version in ("42.7.11", "42.7.14", "42.10.0", "43.0"):
        assert below_known_fixes([Component(MAVEN, DRIVER.name, version)], knowledge) == []


def test_a_package_that_was_given_up_is_found_in_any_version() -> None:
    knowledge = Knowledge((KnownFix("org.lz4:lz4-java", "", ("CVE-1",)),), {})
    assert below_known_fixes([Component(MAVEN, "org.lz4:lz4-java", "99")], knowledge)


def test_every_package_of_the_python_locks_is_found(tmp_path: Path) -> None:
    (tmp_path / "streaming.txt").write_text(
        "# made by a tool\n"
        "Some_thing.else==1.0 \\\n    --hash=sha256:00\n"
        "other[extra]==2.0.post1 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n"
    )
    (tmp_path / "training.txt").write_text("other==3.0\n")
    (tmp_path / "jars.txt").write_text("a:b:1.0 00 kafka\n")
    assert in_python_locks(tmp_path) == [
        Component(PYTHON, "other", "2.0.post1"),
        Component(PYTHON, "other", "3.0"),
        Component(PYTHON, "some-thing-else", "1.0"),
    ]


def test_what_is_packed_in_a_jar_is_found(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "big.jar", "w") as jar:
        jar.writestr(
            "META-INF/NOTICE",
            "This project bundles the following dependencies\n\n"
            "- io.netty:netty-codec:4.1.100.Final\n"
            "- io.netty:netty-native:osx-x86_64:4.1.101.Final\n"
            "- io.netty:netty-epoll:4.1.102.Final:linux-x86_64\n"
            "See bundled license files for details.\n",
        )
    found = {component.name: component.version for component in inside_jars(tmp_path.glob("*"))}
    assert found == {
        "io.netty:netty-codec": "4.1.100.Final",
        "io.netty:netty-native": "4.1.101.Final",
        "io.netty:netty-epoll": "4.1.102.Final",
    }


def test_no_package_is_asked_for_twice_in_a_file() -> None:
    other = Component(PYTHON, "thing", "2.0")
    third = Component(PYTHON, "third", "1.0")
    assert in_groups([PACKAGE, other, third]) == [[PACKAGE, third], [other]]
    assert in_groups([]) == []


def test_osv_is_asked_by_name_and_version_and_understood() -> None:
    answer = {"results": [{}, {"vulns": [{"id": "GHSA-x", "modified": "2026-01-01T00:00:00Z"}]}]}
    with osv(answer) as (address, asked):
        found = ask_osv([PACKAGE, DRIVER], address)
    assert found.findings == [Finding(DRIVER, "GHSA-x")]
    assert found.unchecked == []
    assert asked[0]["queries"][1] == {
        "package": {"ecosystem": "Maven", "name": "org.postgresql:postgresql"},
        "version": "42.7.7",
    }


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        ({}, 503, "OSV answers with status 503"),
        ({"results": []}, 200, "OSV's answer is not understood"),
        ("no object", 200, "OSV's answer is not understood"),
    ],
)
def test_osv_that_says_nothing_of_use_is_told(answer: Any, status: int, reason: str) -> None:
    with osv(answer, status) as (address, _):
        found = ask_osv([DRIVER], address)
    assert (found.findings, found.unchecked, found.reason) == ([], [DRIVER], reason)


def test_pip_audit_is_understood(tmp_path: Path) -> None:
    other = Component(PYTHON, "other", "2.0")
    output = report(
        {"name": "thing", "version": "1.0", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1"]}]},
        {"name": "other", "skip_reason": "Dependency not found: other (2.0)"},
    )
    found = ask_pip_audit([PACKAGE, other], [program(tmp_path, output, 1)])
    assert found.findings == [Finding(PACKAGE, "CVE-1", "1.1")]
    assert found.unchecked == [other]
    assert found.reason == "Dependency not found"


def test_a_mirror_without_advisories_is_not_asked_for_all(tmp_path: Path) -> None:
    packages = [Component(PYTHON, f"thing-{number}", "1.0") for number in range(100)]
    skipped = [{"name": item.name, "skip_reason": "not found: all"} for item in packages]
    asked = tmp_path / "asked"
    command = program(tmp_path, report(*skipped), 0)
    counting = ["/bin/sh", "-c", f'cat "$2" >> {asked}; exec {command}', "sh"]
    assert ask_pip_audit(packages, counting).unchecked == packages
    assert len(asked.read_text().splitlines()) == 3


@pytest.mark.parametrize(("output", "code"), [("", 2), ("no JSON", 0), ("{}", 1)])
def test_a_pip_audit_that_fails_is_told(tmp_path: Path, output: str, code: int) -> None:
    found = ask_pip_audit([PACKAGE], [program(tmp_path, output, code)])
    assert (found.findings, found.unchecked) == ([], [PACKAGE])
    assert found.reason


def test_a_missing_pip_audit_is_told() -> None:
    assert ask_pip_audit([PACKAGE], ["/no/such"]).reason == "pip-audit is not installed"


def test_without_a_network_it_says_so_and_fails_nothing(tmp_path: Path) -> None:
    result = run("--pip-audit", program(tmp_path, "", 2), "--osv", nobody())
    assert result.exit_code == 0, result.output
    assert "warn: OSV cannot be reached" in result.output
    assert "not checked: " in result.output
    assert "\nhint: " in result.output
    assert "FAIL" not in result.output


def test_what_a_lock_names_fails_and_what_is_packed_in_a_jar_waits(
    capsys: pytest.CaptureFixture[str],
) -> None:
    packed = Component(MAVEN, "io.netty:netty-codec", "4.1.100.Final", "flink-dist-2.2.1.jar")
    nothing = Knowledge((), {})
    assert say_findings([Finding(packed, "CVE-1")], nothing)
    assert not say_findings(
        [Finding(packed, "CVE-1"), Finding(DRIVER, "CVE-2", "42.7.11")], nothing
    )
    lines = capsys.readouterr().out.splitlines()
    assert "warn io.netty:netty-codec 4.1.100.Final inside flink-dist-2.2.1.jar: CVE-1" in lines
    assert "FAIL org.postgresql:postgresql 42.7.7: CVE-2; fixed in 42.7.11" in lines


def test_what_was_accepted_is_said_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    knowledge = Knowledge((), {(DRIVER.name, "CVE-2"): "needs a hostile server"})
    assert say_findings([Finding(DRIVER, "CVE-2")], knowledge)
    assert "ok   org.postgresql:postgresql 42.7.7: CVE-2; needs a hostile server" in (
        capsys.readouterr().out
    )
    assert not say_findings([Finding(DRIVER, "CVE-2"), Finding(DRIVER, "CVE-3")], knowledge)
