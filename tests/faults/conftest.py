"""A job under disordered traffic, for one fault after the other."""

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from flink_jobs.score_payments import JOB
from simulator import World
from swipestream.jobs import cluster_jobs, submission
from swipestream.models.decision_policy import CHANNELS, change
from swipestream.sending.reference_rows import load_world
from swipestream.settings import Settings
from tests.faults.faults import FAULTS, chosen
from tests.faults.ground import Ground
from tests.faults.report import FOLDER, fill, table
from tests.faults.traffic import SEED, Traffic
from tests.faults.watch import Result, wait_until_live
from tests.udfs.tiny_bundle import publish_tiny_bundle
from udfs.model_bundle import CHAMPION, read_pointer

CARDS, MERCHANTS, DAYS = 12_000, 600, 10

SUMMARY = pytest.StashKey[str]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if SUMMARY in config.stash:
        terminalreporter.write_line(config.stash[SUMMARY])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "fault" in metafunc.fixturenames:
        try:
            faults = chosen(metafunc.config.getoption("--faults"))
        except ValueError as error:
            raise pytest.UsageError(str(error)) from None
        metafunc.parametrize("fault", faults, ids=lambda fault: fault.name)


@pytest.fixture(scope="session")
def rate(pytestconfig: pytest.Config) -> float:
    return float(pytestconfig.getoption("--faults-rate"))


@pytest.fixture(scope="session")
def ground(stack: Settings) -> Ground:
    """The stack with the scoring job and a tiny model."""
    world = World.generate(
        seed=SEED,
        customers=CARDS,
        merchants=MERCHANTS,
        days=DAYS,
        end_ms=round(time.time() * 1000),
        pace=0.1,
    )
    load_world(stack.postgres_url, world.customers_table(), world.merchants_table())
    if read_pointer(stack.models_dir, CHAMPION) is None:
        publish_tiny_bundle(
            stack.models_dir, JOB.model_features, categorical=("channel", "merchant_category")
        )
    with psycopg.connect(stack.postgres_url) as connection:
        change(connection, CHANNELS, {"review_score": 0.5, "block_score": 0.9})
    if not any(job.name == JOB.name for job in cluster_jobs.jobs(stack)):
        submission.submit(stack, JOB.name)
    return Ground(stack, world)


@pytest.fixture(scope="session")
def traffic(ground: Ground, rate: float) -> Iterator[Traffic]:
    """Payments that do not stop, whatever a test does."""
    traffic = Traffic(ground.settings, ground.world, rate)
    traffic.start()
    try:
        wait_until_live(ground)
        yield traffic
    finally:
        traffic.stop()


@pytest.fixture(scope="session")
def results(pytestconfig: pytest.Config, rate: float) -> Iterator[list[Result]]:
    """Of all faults; written down at the end."""
    found: list[Result] = []
    yield found
    if not found:
        return
    text = table(found, rate)
    pytestconfig.stash[SUMMARY] = f"{text}\nwritten to {FOLDER}"
    document = pytestconfig.getoption("--faults-report")
    if document and len(found) == len(FAULTS):
        fill(Path(document), text)
