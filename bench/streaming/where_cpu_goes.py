"""`python -m bench.streaming.where_cpu_goes`: our job's CPU seconds, by process and Java thread."""

import re
import signal
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from os import sysconf
from pathlib import Path

import click
import psutil

from bench.streaming.meter import family
from bench.streaming.plan import OURS, Plan
from bench.streaming.run import FROM_SHARE, TO_SHARE, measuring, read_topic, told
from bench.streaming.stage import set_up
from bench.streaming.systems import OurStream
from swipestream.console.progress import since_now
from swipestream.settings import Settings
from swipestream.stack.supervision import Supervisor
from swipestream.verify.topic_reading import topic_stretch

TASKMANAGER = "flink-taskmanager"
PROGRAMS = (TASKMANAGER, "flink-jobmanager", "kafka", "postgres")
NUMBERS = re.compile(r"[\s\[(#:-]*\d.*$")
TICKS = sysconf("SC_CLK_TCK")
MOST_SHOWN = 30

# By process and thread: what it is and its CPU seconds; thread 0 is a process.
Taken = dict[tuple[int, int], tuple[str, float]]


def threads(pid: int) -> Taken:
    """The TaskManager's living threads. Linux keeps 15 characters of their names."""
    found: Taken = {}
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        seconds = sum(map(int, rest.split()[11:13])) / TICKS
        found[pid, int(stat.parent.name)] = (f"{TASKMANAGER}: {NUMBERS.sub('', name)}", seconds)
    return found


def look(roots: Mapping[str, int], taken: Taken) -> dict[str, float]:
    """
    CPU seconds so far, by what took them.

    :param roots: process of each program.
    :param taken: what was seen so far, because ended threads count too; updated in place.
    """
    for program, root in roots.items():
        for process in family(root):
            try:
                seconds, line = sum(process.cpu_times()[:2]), " ".join(process.cmdline())
            except psutil.Error:
                continue
            # Such as "walwriter" of "postgres: walwriter", or the first word of a command.
            kind, _, title = line.partition(": ")
            title = title.strip() if kind == "postgres" else Path(line.partition(" ")[0]).name
            name = program if process.pid == root else f"{program}, {NUMBERS.sub('', title)}"
            if name == TASKMANAGER:
                taken |= threads(root)
                seconds -= sum(
                    used for (pid, tid), (_, used) in taken.items() if pid == root and tid
                )
                name += ": threads that have ended"
            taken[process.pid, 0] = (name, seconds)
    found: defaultdict[str, float] = defaultdict(float)
    for name, used in taken.values():
        found[name] += used
    return dict(found)


@click.command()
@click.option("--payments", default=500_000, show_default=True, type=click.IntRange(10_000))
@click.option("--cards", default=50_000, show_default=True, type=click.IntRange(100))
def main(payments: int, cards: int) -> None:
    """Run the job over a full topic on a separate stack; print CPU seconds per million."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    settings, say = Settings.load(), since_now()
    folder = settings.state_dir / "benchmarks" / "streaming"
    plan = replace(Plan(), payments=payments, cards=cards)
    looks: list[tuple[int, dict[str, float]]] = []
    with set_up(settings, plan, folder, say) as stage, measuring(stage) as stored:
        states, taken = Supervisor(stage.settings).states(), Taken()
        passed, roots = stored.passed, {name: states[name].pid for name in PROGRAMS}

        def passed_with_a_look() -> int:
            looks.append((passed(), look(roots, taken)))
            return looks[-1][0]

        stored.passed = passed_with_a_look  # type: ignore[method-assign]
        partitions = len(topic_stretch(stage.settings, stage.settings.payments_topic).end)
        ours = OurStream(stage.settings, partitions)
        say(told(read_topic(stage, plan, ours, stored, OURS), stage))
    (first, before), (last, after) = (
        next(found for found in looks if found[0] >= share * looks[-1][0])
        for share in (FROM_SHARE, TO_SHARE)
    )
    million = (last - first) / 1e6
    cost = {name: (used - before.get(name, 0)) / million for name, used in after.items()}
    for name, seconds in sorted(cost.items(), key=lambda item: -item[1])[:MOST_SHOWN]:
        click.echo(f"{seconds:8.1f}  {name}")
    click.echo(f"{sum(cost.values()):8.1f}  all")


if __name__ == "__main__":
    main()
