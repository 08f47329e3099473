"""Sources of vulnerable versions: our own file, PyPI through pip-audit, and OSV."""

import json
import re
import subprocess
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from scripts.audit.locked import Component

OSV_BATCH = "https://api.osv.dev/v1/querybatch"
# The most that OSV takes in one request.
BATCH_SIZE = 1000
TIMEOUT_SECONDS = 30
PIP_AUDIT_SECONDS = 600
PROBES = 3
# Exit codes of pip-audit if it could ask: nothing found, something found.
ASKED = (0, 1)


@dataclass(frozen=True, order=True)
class Finding:
    """
    A vulnerable version.

    :param advisory: its id, such as a CVE's or GHSA's.
    :param fixed_in: a version without it; "" if unknown.
    """

    component: Component
    advisory: str
    fixed_in: str = ""


@dataclass(frozen=True)
class Answer:
    """
    What a source said.

    :param unchecked: what it could not say anything about.
    :param reason: why not.
    """

    findings: list[Finding] = field(default_factory=list)
    unchecked: list[Component] = field(default_factory=list)
    reason: str = ""


@dataclass(frozen=True)
class KnownFix:
    """A version that the locks must not go below, and why."""

    package: str
    fixed_in: str
    advisories: tuple[str, ...]


@dataclass(frozen=True)
class Knowledge:
    """
    What locks/advisories.toml says.

    :param accepted: reason by (package, advisory).
    """

    fixes: tuple[KnownFix, ...]
    accepted: dict[tuple[str, str], str]


def read_knowledge(path: Path) -> Knowledge:
    """
    :param path: of the file; it explains itself.
    :raises KeyError: an entry lacks one of its lines.
    """
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return Knowledge(
        fixes=tuple(
            KnownFix(item["package"], item["fixed_in"], tuple(item["advisories"]))
            for item in content.get("fixed", [])
        ),
        accepted={
            (item["package"], advisory): item["reason"]
            for item in content.get("accepted", [])
            for advisory in item["advisories"]
        },
    )


def below_known_fixes(components: Sequence[Component], knowledge: Knowledge) -> list[Finding]:
    """What our own file warns of; needs no network."""
    return [
        Finding(component, advisory, fix.fixed_in)
        for fix in knowledge.fixes
        for component in components
        if component.name == fix.package
        and (not fix.fixed_in or numbers(component.version) < numbers(fix.fixed_in))
        for advisory in fix.advisories
    ]


def numbers(version: str) -> tuple[int, ...]:
    """A version by its numbers, for comparison: "42.7.11" is above "42.7.7"."""
    return tuple(map(int, re.findall(r"\d+", version)))


def ask_pip_audit(components: Sequence[Component], command: Sequence[str]) -> Answer:
    """
    Ask PyPI for its advisories.

    :param components: Python packages.
    :param command: that runs pip-audit, with options if need be.
    """
    findings: list[Finding] = []
    checked: set[Component] = set()
    reason = ""
    for group in in_groups(components):
        # A mirror may have every package but no advisories: the first group shows that.
        if reason and not checked:
            break
        by_name = {component.name: component for component in group}
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "requirements.txt"
            file.write_text("".join(f"{item.name}=={item.version}\n" for item in group))
            report = run_pip_audit([*command, "--requirement", str(file)])
        if isinstance(report, str):
            reason = report
            continue
        for entry in report:
            # A skipped package has no version, and a reason.
            if "skip_reason" in entry:
                reason = reason or re.sub(r":.*", "", entry["skip_reason"])
                continue
            component = by_name[entry["name"]]
            checked.add(component)
            findings += [
                Finding(component, found["id"], ", ".join(found["fix_versions"]))
                for found in entry["vulns"]
            ]
    unchecked = [component for component in components if component not in checked]
    return Answer(findings, unchecked, reason if unchecked else "")


def in_groups(components: Sequence[Component]) -> list[list[Component]]:
    """Groups, a small one first; a requirements file allows one version of a package."""
    groups: list[dict[str, Component]] = []
    for component in components:
        for group in groups:
            if component.name not in group:
                group[component.name] = component
                break
        else:
            groups.append({component.name: component})
    first, *others = [list(group.values()) for group in groups] or [[]]
    return [group for group in (first[:PROBES], first[PROBES:], *others) if group]


def run_pip_audit(command: list[str]) -> list[dict[str, Any]] | str:
    """:return: its report's packages, or why there is none."""
    options = ["--disable-pip", "--no-deps", "--format", "json", "--progress-spinner", "off"]
    try:
        result = subprocess.run(
            [*command, *options],
            capture_output=True,
            text=True,
            timeout=PIP_AUDIT_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return "pip-audit is not installed"
    except subprocess.TimeoutExpired:
        return f"pip-audit had no answer within {PIP_AUDIT_SECONDS} s"
    try:
        if result.returncode in ASKED:
            packages: list[dict[str, Any]] = json.loads(result.stdout)["dependencies"]
            return packages
    except (ValueError, KeyError):
        pass
    lines = result.stderr.strip().splitlines() or ["pip-audit said nothing"]
    return lines[-1][:200]


def ask_osv(components: Sequence[Component], address: str = OSV_BATCH) -> Answer:
    """
    Ask OSV for the advisories of all ecosystems.

    :param components: of any.
    :param address: of its batch queries.
    """
    findings: list[Finding] = []
    for start in range(0, len(components), BATCH_SIZE):
        batch = components[start : start + BATCH_SIZE]
        queries: list[Any] = [
            {
                "package": {"ecosystem": item.ecosystem, "name": item.name},
                "version": item.version,
            }
            for item in batch
        ]
        try:
            response = requests.post(address, json={"queries": queries}, timeout=TIMEOUT_SECONDS)
            response.raise_for_status()
            results = response.json()["results"]
            findings += [
                Finding(component, found["id"])
                for component, result in zip(batch, results, strict=True)
                for found in result.get("vulns", [])
            ]
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            return Answer(findings, list(components[start:]), unreachable(error))
    return Answer(findings)


def unreachable(error: Exception) -> str:
    """One line about an answer that did not come or is malformed."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"OSV answers with status {error.response.status_code}"
    if isinstance(error, requests.JSONDecodeError) or not isinstance(error, OSError):
        return "OSV's answer is not understood"
    return "OSV cannot be reached"
