"""`python -m bench.exactness`: a disordered topic and a job that is stopped change no result.

Payments arrive up to 40 hours after they were made, twice, and several in one millisecond. While
the job reads them, it is cancelled and continued, and its TaskManager is killed. Then every
feature, score and outcome is computed again from the topic and compared.
"""

import dataclasses
import os
import signal
import sys
import time
from collections.abc import Iterator

import click
import numpy as np
import psycopg

from bench.catch_up import DISORDER
from bench.streaming.growth import HEAP, ROCKSDB, restarted
from bench.streaming.payments_file import messages
from bench.streaming.plan import Plan
from bench.streaming.run import measuring
from bench.streaming.stage import Stage, set_up, telling
from bench.streaming.stored import Stored
from bench.streaming.systems import JOB_NAME
from bench.streaming.watching import looks
from simulator import World
from simulator.disorder import Account, Disorder, Message, disturbed, with_event_ms
from swipestream.console.progress import Say, since_now, step_bar
from swipestream.errors import ServiceError
from swipestream.jobs import ending, submission
from swipestream.sending.sender import BULK_LINGER_MS, Sender
from swipestream.settings import JobSettings, Settings
from swipestream.stack.supervision import Supervisor
from swipestream.verify.parity.run import run as check_parity
from swipestream.verify.reconcile.run import reconcile

# Share of the payments that are made in the same millisecond as their card's previous one.
SAME_MS_SHARE = 0.02
STOPS = 4
# After so long without a new row, none will come.
STALLED_SECONDS = 180.0
# The parallelism, and where the state is.
CASES = {
    f"{parallelism}-{name}": (parallelism, backend)
    for name, backend in (("heap", HEAP), ("rocksdb", ROCKSDB))
    for parallelism in (1, 2)
}
COLUMNS = (
    *("case", "payments", "mismatched", "missing", "extra", "other outcome"),
    *("messages", "unaccounted", "doubled", "minutes"),
)


def in_order(world: World, seed: int) -> Iterator[Message]:
    """The world's payments, some of them in the same millisecond as their card's previous one."""
    is_same = np.random.default_rng(seed).random(len(world.payments)) < SAME_MS_SHARE
    before: dict[str, int] = {}
    moments = world.payments.event_ms.tolist()
    for number, (card_id, line) in enumerate(messages(world, copies=0.0, seed=seed)):
        event_ms = moments[number]
        if is_same[number]:
            event_ms = before.get(card_id, event_ms)
            line = with_event_ms(line, event_ms)
        before[card_id] = event_ms
        yield Message(moments[number], card_id.encode(), line, str(number))


def fill_topic(stage: Stage, disorder: Disorder, seed: int, say: Say) -> Account:
    """
    Send the world's payments in disorder.

    :return: what was done to them.
    :raises ServiceError: the broker did not take them all.
    """
    account, tell = Account(), telling(say)
    count = len(stage.world.payments)
    with Sender(stage.settings, linger_ms=BULK_LINGER_MS) as sender:
        for message in disturbed(in_order(stage.world, seed), disorder, account, seed):
            sender.send(stage.settings.payments_topic, message.key, message.value)
            if account.messages % 20_000 == 0:
                tell(min(account.messages, count), count)
    say(f"{account.messages:,} messages are in the topic, of {account.payments:,} payments")
    return account


def stop_and_go_on(settings: JobSettings, number: int, say: Say) -> None:
    """Cancel the job and continue it from its newest checkpoint, or kill its TaskManager."""
    if number % 2 == 0:
        ending.cancel_all(settings, JOB_NAME)
        submission.submit(settings, JOB_NAME, restore_from=submission.NEWEST)
        say("the job was cancelled, and resumes from its newest checkpoint")
    else:
        os.kill(Supervisor(settings).states()["flink-taskmanager"].pid, signal.SIGKILL)
        say("the TaskManager was killed")


def read_with_stops(settings: JobSettings, stored: Stored, account: Account, say: Say) -> None:
    """
    Let the job read the topic, and interrupt it on the way.

    :raises ServiceError: it does not get to the end.
    """
    submission.submit(settings, JOB_NAME)
    stops = 0
    for look in looks(stored, account.messages, account.payments):
        if look.idle_seconds > STALLED_SECONDS:
            raise ServiceError(
                f"nothing was stored for {STALLED_SECONDS:.0f} s", "see `swipestream doctor`"
            )
        if stops < STOPS and look.passed > account.messages * (stops + 1) / (STOPS + 1):
            stop_and_go_on(settings, stops, say)
            stops += 1


def run_case(stage: Stage, case: str, account: Account, say: Say) -> tuple[str, bool]:
    """
    Read the topic once with these settings, then check all results.

    :return: the table's row, and whether nothing differs.
    """
    parallelism, backend = CASES[case]
    begin = time.monotonic()
    with restarted(stage, backend) as settings, measuring(stage) as stored, step_bar() as bar:
        settings = dataclasses.replace(settings, parallelism=parallelism)
        try:
            read_with_stops(settings, stored, account, say)
            parity = check_parity(settings, tell=bar)
            found = reconcile(settings, tell=bar)
        finally:
            ending.cancel_all(settings, JOB_NAME)
    counts = (
        *(parity.payments, parity.mismatched, len(parity.unstored), len(parity.unsent)),
        *(len(parity.misjudged), found.messages, len(found.unaccounted), len(found.doubled)),
    )
    minutes = (time.monotonic() - begin) / 60
    row = f"| {case} | {' | '.join(f'{count:,}' for count in counts)} | {minutes:.1f} |"
    return row, parity.is_clean and found.is_complete


@click.command()
@click.option("--payments", default=1_000_000, show_default=True, type=click.IntRange(1_000))
@click.option("--cards", default=50_000, show_default=True, type=click.IntRange(100))
@click.option("--seed", default=7, show_default=True, help="Another seed is another world.")
@click.option(
    "--case",
    "cases",
    multiple=True,
    type=click.Choice(list(CASES)),
    help="Parallel copies and state backend; several times.  [default: all]",
)
def main(payments: int, cards: int, seed: int, cases: tuple[str, ...]) -> None:
    """Read a disordered topic with stops on the way, and compare everything with what it should be.

    5 % of the payments arrive up to 40 hours late, 2 % arrive twice, 2 % are in the same
    millisecond as another payment of their card. Prints a row for each case; exits with 1 if
    anything differs. Starts a separate stack.

    \b
    Examples:
      python -m bench.exactness --payments 100000 --case 1-heap
      python -m bench.exactness
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    settings, say = Settings.load(), since_now()
    plan = dataclasses.replace(Plan(), payments=payments, cards=cards, seed=seed)
    folder = settings.state_dir / "benchmarks" / "exactness"
    is_clean = True
    with set_up(settings, plan, folder, say, with_topic=False) as stage:
        account = fill_topic(stage, DISORDER, seed, say)
        with psycopg.connect(stage.settings.postgres_url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        click.echo(f"| {' | '.join(COLUMNS)} |\n| --- |{' ---: |' * (len(COLUMNS) - 1)}")
        for case in cases or CASES:
            row, is_case_clean = run_case(stage, case, account, say)
            click.echo(row)
            is_clean &= is_case_clean
    sys.exit(0 if is_clean else 1)


if __name__ == "__main__":
    main()
