"""Setting the stage: a world whose history ends now, a model of it, a job that has read it."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psycopg
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from simulator import World
from simulator.errors import WorldError
from swipestream.decision_policy import CHANNELS, champion_thresholds, change
from swipestream.demo.known_labels import ensure_labels_job, send_known_labels
from swipestream.demo.known_risk import load_known_risk
from swipestream.demo.outcomes import PAUSE_PER_LOOK, OutcomeReader
from swipestream.demo.sender import TrackingSender, forget_messages
from swipestream.errors import ServiceError, SwipestreamError
from swipestream.model_registry.bundles import current_user
from swipestream.model_registry.changing_models import promote
from swipestream.producing.reference_rows import load_world
from swipestream.producing.replay import replay
from swipestream.producing.sender import BULK_LINGER_MS
from swipestream.settings import Settings
from swipestream.stack import control, jobs
from swipestream.stack.program import NotReadyError
from swipestream.stack.progress import StepDisplay
from swipestream.stack.terminal import stderr
from swipestream.topic_reading import topic_stretch
from swipestream.training_process import run_training
from udfs.model_bundle import CHAMPION, read_pointer

JOB_NAME = "score_payments"
REPLAY_DAYS = 8
DAY_MS = 24 * 3600 * 1000
# A stage this old can still be played on: less than an hour is missing from the windows.
STAGE_LASTS_MS = 3600 * 1000
STALLED_SECONDS = 90
MERCHANTS_PER_CARD = 0.12
MIN_MERCHANTS = 300
POLL_SECONDS = 0.5

Say = Callable[[str], None]


def since_now() -> Say:
    """Says facts on standard error, each with the seconds that have passed since this call."""
    begin = time.monotonic()

    def say(fact: str) -> None:
        stderr.print(f"[dim]{time.monotonic() - begin:5.0f} s[/dim]  {fact}", soft_wrap=True)

    return say


@dataclass(frozen=True)
class Stage:
    """
    Everything live payments need.

    :param settings: with the passwords of the running stack.
    :param is_new: whether the history was replayed just now.
    """

    settings: Settings
    world: World
    is_new: bool


def set_stage(settings: Settings, seed: int, cards: int, say: Say) -> Stage:
    """
    Bring up the stack and make a world, a model and a job that fit together.

    :param cards: size of the world.

    :raises SwipestreamError: a step failed; running it again continues where that makes sense.
    """
    refuse_external(settings)
    running = running_jobs(settings)
    with ThreadPoolExecutor(1) as background:
        # The stack starts in this thread, whose signal handlers it needs.
        world_made = background.submit(world_for, settings, seed, cards)
        with StepDisplay() as display:
            settings = control.up(settings, display.report, with_superset=False)
        say("stack is up")
        world, is_new = world_made.result()
    facts = world.describe()
    say(
        f"world of {facts['customers']:,} cards and {facts['merchants']:,} merchants, "
        f"{facts['days']} days, {facts['payments']:,} payments, {facts['frauds']:,} of them fraud"
    )
    is_new = is_new or not is_playing(settings, world, running)
    if is_new:
        begin_anew(settings, say)
        load_world(settings.postgres_url, world.customers_table(), world.merchants_table())
        load_past(settings, world, say)
    ensure_model(settings, seed, say)
    if is_new:
        replay_history(settings, world, say)
        stage_file(settings).write_text(json.dumps({"end_ms": world.arguments.end_ms}))
    ensure_labels_job(settings)
    return Stage(settings, world, is_new)


def refuse_external(settings: Settings) -> None:
    """:raises SwipestreamError: simulated payments would get into services of the user's own."""
    for name, value in (
        ("KAFKA_BOOTSTRAP", settings.kafka_bootstrap),
        ("DATABASE_URL", settings.database_url),
        ("FLINK_REST", settings.flink_rest),
    ):
        if value:
            raise SwipestreamError(
                f"{name} is set, and the demo would fill that service with simulated payments",
                f"unset {name}, or use `swipestream simulate stream` if that is what you want",
            )


def world_for(settings: Settings, seed: int, cards: int) -> tuple[World, bool]:
    """
    The world of an earlier run if it is fresh, or else a new one whose history ends now.

    :return: the world, and whether it is new.
    """
    now_ms = round(time.time() * 1000)
    try:
        world = World.read(settings.world_dir)
        age_ms = now_ms - world.arguments.end_ms
        same = (world.arguments.seed, world.arguments.customers) == (seed, cards)
        if same and 0 <= age_ms < STAGE_LASTS_MS:
            return world, False
    except WorldError:
        pass
    merchants = max(MIN_MERCHANTS, round(cards * MERCHANTS_PER_CARD))
    world = World.generate(seed=seed, customers=cards, merchants=merchants, end_ms=now_ms)
    world.write(settings.world_dir)
    return world, True


def stage_file(settings: Settings) -> Path:
    """Says which world's history the running job has read."""
    return settings.state_dir / "run" / "demo.json"


def running_jobs(settings: Settings) -> set[str]:
    """The jobs that run, by id; none while there is no cluster."""
    try:
        return {job.job_id for job in jobs.jobs(settings) if job.state == "RUNNING"}
    except NotReadyError:
        return set()


def is_playing(settings: Settings, world: World, running: set[str]) -> bool:
    """
    Whether a job has read this world's history and is warm.

    :param running: jobs that ran before the stack was brought up. One that the keeper has just
        brought back would need half a minute to score its first live payments.
    """
    try:
        played = json.loads(stage_file(settings).read_text())
    except (OSError, ValueError):
        return False
    return played.get("end_ms") == world.arguments.end_ms and any(
        job.name == JOB_NAME and job.state == "RUNNING" and job.job_id in running
        for job in jobs.jobs(settings)
    )


def begin_anew(settings: Settings, say: Say) -> None:
    """End a running job and drop what the topic still holds; stored results stay."""
    stage_file(settings).unlink(missing_ok=True)
    if jobs.cancel_all(settings, JOB_NAME):
        say("ended the job that played an older history")
    if topic_stretch(settings, settings.payments_topic).offsets:
        forget_messages(settings, settings.payments_topic)
        say("dropped the topic's older messages; their rows in Postgres stay")


def load_past(settings: Settings, world: World, say: Say) -> None:
    """Make known what the replay does not tell: labels, and merchants' risk hour by hour."""
    end_ms = world.arguments.end_ms
    labels = send_known_labels(settings, world)
    snapshots = load_known_risk(
        settings.postgres_url, settings.world_dir, end_ms - REPLAY_DAYS * DAY_MS, end_ms
    )
    say(f"{labels:,} labels sent; merchant risk of the last {REPLAY_DAYS} days: {snapshots:,} rows")


def ensure_model(settings: Settings, seed: int, say: Say) -> None:
    """
    Train the first model if there is no champion, and let its thresholds decide.

    :raises SwipestreamError: training failed.
    """
    if read_pointer(settings.models_dir, CHAMPION) is None:
        say("training the first model")
        arguments = ("--world", settings.world_dir.absolute(), "--seed", seed)
        trained = run_training(settings.models_dir, arguments)
        if trained.version is None:
            raise SwipestreamError("the first model was not trained", "see the message above")
        # Whatever the gate says: a world may be too small for it, and the demo needs a model.
        promote(
            settings,
            trained.version,
            current_user(),
            "the demo's first model",
            force=not trained.is_passed,
            in_mlflow=False,
        )
    with psycopg.connect(settings.postgres_url) as connection:
        change(connection, CHANNELS, champion_thresholds(settings.models_dir))
    say(f"model {read_pointer(settings.models_dir, CHAMPION)} decides")


def replay_history(settings: Settings, world: World, say: Say) -> None:
    """
    Send the last days to the topic, start the job, and wait until each payment is stored.

    :raises SwipestreamError: some payments do not come out.
    """
    end_ms = world.arguments.end_ms
    first_offsets = topic_stretch(settings, settings.payments_topic).end
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=stderr,
        transient=True,
    )
    with bar, ThreadPoolExecutor(1) as background:
        sending = bar.add_task(f"sending the last {REPLAY_DAYS} days")
        with TrackingSender(settings, linger_ms=BULK_LINGER_MS) as sender:
            total = replay(
                world,
                end_ms - REPLAY_DAYS * DAY_MS,
                end_ms,
                sender,
                lambda count, total: bar.update(sending, completed=count, total=total),
            )
        starting = bar.add_task(f"starting the job {JOB_NAME}", total=None)
        jobs.submit(settings, JOB_NAME)
        bar.remove_task(starting)
        say(f"job {JOB_NAME} runs on http://{settings.flink_address}")
        labels_job = background.submit(ensure_labels_job, settings)
        begin = time.monotonic()
        scoring = bar.add_task(f"scoring the last {REPLAY_DAYS} days", total=total)
        reader = OutcomeReader(settings.postgres_url, settings.payments_topic, first_offsets)
        wait_for(reader, total, lambda count: bar.update(scoring, completed=count), settings)
        reader.close()
        seconds = time.monotonic() - begin
        labels_job.result()
    say(f"scored {total:,} payments of the last {REPLAY_DAYS} days in {seconds:.0f} s")


def wait_for(
    reader: OutcomeReader, total: int, progress: Callable[[int], None], settings: Settings
) -> None:
    """
    Wait until as many messages have an outcome.

    :raises ServiceError: nothing has moved for `STALLED_SECONDS`.
    """
    outcomes = reader.outcomes()
    moved_at = time.monotonic()
    looked_for = 0.0
    while outcomes.accounted < total:
        time.sleep(max(POLL_SECONDS, PAUSE_PER_LOOK * looked_for))
        begin = time.monotonic()
        newer = reader.outcomes()
        looked_for = time.monotonic() - begin
        if newer.accounted > outcomes.accounted:
            moved_at = time.monotonic()
        outcomes = newer
        progress(outcomes.accounted)
        if time.monotonic() - moved_at > STALLED_SECONDS:
            raise ServiceError(
                f"{total - outcomes.accounted:,} of {total:,} payments do not come out",
                f"see http://{settings.flink_address} and `swipestream doctor`",
            )
