"""Python workers whose TaskManager was killed: they wait for work forever, with a model in memory.

A TaskManager that ends in order ends its workers itself.
"""

import psutil

from swipestream.settings import HomeSettings
from swipestream.stack import supervision
from swipestream.stack.processes import processes_of, with_patience

# Flink's Java starts this script, and the script starts the worker.
RUNNER = "pyflink-udf-runner"
FLINK = "java"


def orphaned_workers(settings: HomeSettings) -> list[psutil.Process]:
    """The scripts of this stack that no Java started that still lives, and their workers."""
    found: list[psutil.Process] = []
    for process in processes_of(supervision.instance_id(settings)):
        try:
            if not any(RUNNER in argument for argument in process.cmdline()[:2]):
                continue
            parent = process.parent()
            if parent is None or parent.name() != FLINK:
                found += [process, *process.children(recursive=True)]
        except psutil.Error:
            continue
    return found


def end_orphaned_workers(settings: HomeSettings) -> int:
    """
    Kill them; they hold nothing that anybody waits for.

    :return: how many processes there were.
    """
    orphans = orphaned_workers(settings)
    for process in orphans:
        with_patience(process.kill)
    return len(orphans)
