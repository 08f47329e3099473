"""What a job's state depends on, to compare a later version with it. Knows no Flink."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from flink_jobs.job import Job

# Steps of a compiled plan that remember nothing. Everything else, also what nobody here has heard
# of, counts as remembering.
STATELESS = ("calc", "python-calc", "exchange", "union", "lookup-join")
# An upsert by key remembers nothing; a topic's writer does.
STATELESS_CONNECTORS = ("jdbc", "postgres-upsert")
# No part of what a step does: numbers are compared apart, descriptions are for readers, and where a
# table is and how it is reached may change.
_IGNORED = ("id", "description", "configuration")
_CONNECTOR = re.compile(r"'connector'\s*=\s*'([\w-]+)'")
_COMMENT = re.compile(r"--[^\n]*")

Node = dict[str, Any]


def plan_record(plan: Mapping[str, Any], job: Job, settings: Mapping[str, str]) -> dict[str, Any]:
    """
    Describe a compiled plan by what its state depends on.

    :param plan: Flink's, parsed from JSON.
    :param settings: those the job's files were filled with.
    :return: JSON of `remembering` (the steps with state, each with the hash of all that leads to
        it), `files` (a hash each), `windows` (files that hold one) and what else must not change.
        Holds no address and no password.
    """
    nodes = {int(node["id"]): node for node in plan["nodes"]}
    inputs: dict[int, list[int]] = {number: [] for number in nodes}
    for edge in plan["edges"]:
        inputs[int(edge["target"])].append(int(edge["source"]))
    hashes: dict[int, str] = {}

    def fingerprint(number: int) -> str:
        if number not in hashes:
            node = nodes[number]
            text = json.dumps(own_part(node), sort_keys=True)
            if kind_of(node) != "sink":
                text += "".join(fingerprint(source) for source in inputs[number])
            hashes[number] = hashlib.sha256(text.encode()).hexdigest()[:16]
        return hashes[number]

    return {
        "flink": str(plan["flinkVersion"]),
        "topic": settings[job.topic],
        "version": job.version,
        "remembering": [
            {
                "id": number,
                "kind": kind_of(node),
                "about": about(node),
                "fingerprint": fingerprint(number),
            }
            for number, node in sorted(nodes.items())
            if remembers(node, job)
        ],
        "files": {
            file: hashlib.sha256(statement_of(job, file).encode()).hexdigest()[:16]
            for file in job.files
        },
        "windows": [file for file in job.files if re.search(r"\bOVER\b", statement_of(job, file))],
    }


def own_part(node: Node) -> Node:
    """What a step's state depends on, but for all that leads to it."""
    if kind_of(node) == "sink":
        # What it is sent may change; what it remembers is how far it has written.
        return {"type": node["type"], "sink": node["dynamicTableSink"]}
    if is_keyed_function(node):
        # What it gives back may change; what it remembers is rows of a key.
        texts = [part["value"] for part in node["functionCall"]["operands"] if "value" in part]
        return {
            "type": node["type"],
            "uid": node["uid"],
            "function": node["functionCall"]["systemName"],
            "told": [without_outputs(text) for text in texts],
        }
    return {key: value for key, value in node.items() if key not in _IGNORED}


def without_outputs(text: Any) -> Any:
    """The part of a `trailing_windows` spec about the rows it keeps; anything else as it is."""
    try:
        told = json.loads(text)
    except (TypeError, ValueError):
        return text
    return {name: part for name, part in told.items() if name != "outputs"}


def is_keyed_function(node: Node) -> bool:
    """Whether a step is a process table function of the rows of one key."""
    return kind_of(node) == "process-table-function" and any(
        part.get("partitionKeys") for part in node["functionCall"]["operands"]
    )


def kind_of(node: Node) -> str:
    """Such as "over-aggregate", of "stream-exec-over-aggregate_1"."""
    return str(node["type"]).removeprefix("stream-exec-").rpartition("_")[0]


def remembers(node: Node, job: Job) -> bool:
    """Whether a step may have state."""
    if kind_of(node) == "sink":
        return connector_of(job, node) not in STATELESS_CONNECTORS
    if kind_of(node) == "process-table-function":
        return is_keyed_function(node)
    return kind_of(node) not in STATELESS or "asyncLookupOptions" in node


def connector_of(job: Job, node: Node) -> str:
    """What a sink writes with; empty if no file says."""
    table = str(node["dynamicTableSink"]["table"].get("identifier", "")).rpartition(".")[2]
    seen: set[str] = set()
    while table and table not in seen:
        seen.add(table)
        file = job.file_of(table.strip("`"))
        text = statement_of(job, file) if file else ""
        found = _CONNECTOR.search(text)
        if found:
            return found[1]
        # A table that is like another one has its options too.
        alike = re.search(r"\bLIKE (\w+)", text)
        table = alike[1] if alike else ""
    return ""


def about(node: Node) -> str:
    """What a reader recognizes a step by."""
    if is_keyed_function(node):
        return str(node["uid"])
    description = str(node.get("description", ""))
    for pattern in (r"window=\[([^\]]*)\]", r"table=\[+([^\]\[]*?)[\],]"):
        found = re.search(pattern, description)
        if found:
            return found[1].strip().removeprefix("default_catalog, default_database, ")
    return ""


def statement_of(job: Job, file: str) -> str:
    """A file's SQL without its comments and its line breaks."""
    return " ".join(_COMMENT.sub("", job.path(file).read_text("utf-8")).split())
