"""`make audit`: ends with 1 if a version in a lock is known to be vulnerable.

A source that cannot be reached is reported but does not fail the audit. Neither do packages inside
a jar: they wait for a newer jar.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from scripts.audit.locked import Component, in_jar_lock, in_python_locks, inside_jars
from scripts.audit.sources import (
    OSV_BATCH,
    Answer,
    Finding,
    Knowledge,
    ask_osv,
    ask_pip_audit,
    below_known_fixes,
    read_knowledge,
)
from swipestream.settings import REPO_ROOT, Settings
from swipestream.stack.installed_flink import packaged_jars, python_jar
from swipestream.stack.jars import LOCK_FILE, jar_path, read_lock

LOCKS = REPO_ROOT / "locks"
KNOWLEDGE = LOCKS / "advisories.toml"
PURPOSES = ("flink", "flink-lib", "kafka", "build", "test", "spark")
EXAMPLES_SHOWN = 3


@click.command()
@click.option("--pip-audit", default="pip-audit", help="The program that asks PyPI.")
@click.option("--osv", default=OSV_BATCH, help="Where OSV takes batches of queries.")
def audit(pip_audit: str, osv: str) -> None:
    """Compare every version in locks/ with the advisories that can be reached."""
    knowledge = read_knowledge(KNOWLEDGE)
    packages, jars, packed = in_python_locks(LOCKS), locked_jars(), packed_in_jars()
    python = ask_pip_audit(packages, [pip_audit])
    # OSV may know what PyPI does not.
    other = ask_osv([*python.unchecked, *jars, *packed], osv)
    findings = {
        *below_known_fixes([*packages, *jars, *packed], knowledge),
        *python.findings,
        *other.findings,
    }
    say_unchecked(python, other)
    is_safe = say_findings(findings, knowledge)
    click.echo(
        f"audited {len(packages)} Python packages, {len(jars)} jars, {len(packed)} inside jars"
    )
    sys.exit(0 if is_safe else 1)


def locked_jars() -> list[Component]:
    """What locks/jars.txt names, for any purpose."""
    return in_jar_lock(read_lock(LOCK_FILE, PURPOSES))


def packed_in_jars() -> list[Component]:
    """What is inside the jars that are on this machine: Flink's wheel and the lock's."""
    settings = Settings.load()
    fetched = (jar_path(settings, jar) for jar in read_lock(LOCK_FILE, PURPOSES))
    return inside_jars([*packaged_jars(), *python_jar(), *filter(Path.is_file, fetched)])


def say_unchecked(python: Answer, other: Answer) -> None:
    """Print what no source could be asked about, and why."""
    if not other.unchecked:
        return
    names = sorted({str(component) for component in other.unchecked})
    examples = ", ".join(names[:EXAMPLES_SHOWN])
    for reason in filter(None, (python.reason, other.reason)):
        click.echo(f"warn: {reason}")
    click.echo(
        f"not checked: {len(names)} versions, such as {examples}\n"
        "hint: run `make audit` where PyPI's JSON interface or OSV can be reached"
    )


def say_findings(findings: Iterable[Finding], knowledge: Knowledge) -> bool:
    """
    Print the vulnerable versions, one line for each.

    :return: whether no version that a lock names is among them.
    """
    by_component: defaultdict[Component, list[Finding]] = defaultdict(list)
    for finding in sorted(findings):
        by_component[finding.component].append(finding)
    is_safe = True
    for component, listed in sorted(by_component.items()):
        left = [
            finding
            for finding in listed
            if (component.name, finding.advisory) not in knowledge.accepted
        ]
        level = "ok  " if not left else "warn" if component.inside else "FAIL"
        is_safe = is_safe and level != "FAIL"
        click.echo(f"{level} {component}: {described(left or listed, knowledge)}")
    if not is_safe:
        click.echo(
            "hint: raise the version in pyproject.toml or swipestream/stack/jar_lock.py and run "
            "`make lock`, or say in locks/advisories.toml why it may stay"
        )
    return is_safe


def described(findings: Sequence[Finding], knowledge: Knowledge) -> str:
    """The advisories of one version, where they are fixed, and why they were accepted if so."""
    advisories = ", ".join(dict.fromkeys(finding.advisory for finding in findings))
    fixed = next((finding.fixed_in for finding in findings if finding.fixed_in), "")
    first = findings[0]
    reason = knowledge.accepted.get((first.component.name, first.advisory), "")
    return "; ".join(filter(None, [advisories, f"fixed in {fixed}" if fixed else "", reason]))


if __name__ == "__main__":
    audit()
