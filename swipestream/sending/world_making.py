"""Making and reading worlds for the command line, with something to look at meanwhile."""

import datetime
import time
from pathlib import Path

from rich.status import Status

from simulator import World
from simulator.scenarios import read_scenarios
from swipestream.console.terminal import stderr


def make_world(
    seed: int,
    customers: int,
    merchants: int,
    days: int,
    end: datetime.datetime | None,
    fraud_share: float,
    pace: float,
    scenarios: Path | None,
) -> World:
    """
    Make a world with its payments.

    :param end: UTC, without a zone; None is now.
    :param scenarios: folder of scenario files; None for the built-in ones.
    :raises SimulatorError: numbers or scenarios that make no world.
    """
    moment = end.replace(tzinfo=datetime.UTC).timestamp() if end else time.time()
    with Status("making people and shops", console=stderr) as status:
        world = World.generate(
            seed=seed,
            customers=customers,
            merchants=merchants,
            days=days,
            end_ms=int(moment * 1000),
            fraud_share=fraud_share,
            pace=pace,
            scenarios=read_scenarios(scenarios) if scenarios else None,
        )
        for text, step in (
            ("making payments", lambda: world.past),
            ("making fraud", lambda: world.payments),
            ("making labels", lambda: world.labels),
        ):
            status.update(text)
            step()
    return world


def read_world(folder: Path) -> World:
    """
    Read a world and make its payments again.

    :raises WorldError: there is none.
    """
    with Status("remembering the past", console=stderr):
        world = World.read(folder)
        _ = world.past
    return world
