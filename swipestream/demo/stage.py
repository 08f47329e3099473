"""Setting the stage: a world whose history ends now, a model of it, a job that has read it."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg

from flink_jobs.pipelines import PAYMENTS
from simulator import World
from simulator.errors import WorldError
from swipestream.console.progress import Say, StepDisplay, count_bar
from swipestream.demo.anew import MayBegin, Played, from_now_on, note, played, what_is_there
from swipestream.demo.continuing import DAY_MS, send_meanwhile
from swipestream.demo.known_labels import ensure_labels_job, send_known_labels
from swipestream.demo.known_risk import load_known_risk
from swipestream.demo.known_truth import note_history
from swipestream.demo.outcomes import PAUSE_PER_LOOK, OutcomeReader
from swipestream.demo.sender import TrackingSender
from swipestream.errors import ServiceError, SwipestreamError
from swipestream.jobs import cluster_jobs, ending, submission, wanted_jobs
from swipestream.jobs.upgrade.accounts import now_ms
from swipestream.jobs.upgrade.beginning import state_left
from swipestream.models.bundles import current_user
from swipestream.models.changing_models import promote
from swipestream.models.decision_policy import CHANNELS, Reason, champion_thresholds, change
from swipestream.models.training_process import run_training
from swipestream.operate import control
from swipestream.sending.reference_rows import load_world
from swipestream.sending.replay import replay
from swipestream.sending.sender import BULK_LINGER_MS
from swipestream.settings import (
    ChampionSettings,
    FlinkSettings,
    HomeSettings,
    JobSettings,
    Settings,
    TopicSettings,
)
from swipestream.verify.topic_reading import topic_stretch
from udfs.model_bundle import CHAMPION, read_pointer

JOB_NAME = PAYMENTS.job.name
REPLAY_DAYS = 8
# A stage this old can still be played on: less than an hour is missing from the windows.
STAGE_LASTS_MS = 3600 * 1000
# Its people have plans for so long.
CONTINUES_DAYS = 20
STALLED_SECONDS = 90
MERCHANTS_PER_CARD = 0.12
MIN_MERCHANTS = 300
POLL_SECONDS = 0.5


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


def set_stage(settings: Settings, seed: int, cards: int, say: Say, may_begin: MayBegin) -> Stage:
    """
    Bring up the stack and make a world, a model and a job that fit together.

    A world that was played before is continued. What is there is never deleted.

    :param cards: size of the world.
    :param may_begin: asked before a world begins beside what is there.
    :raises SwipestreamError: a step failed, or a world may not begin; running it again continues
        where that makes sense.
    """
    refuse_external(settings)
    before = played(settings)
    with ThreadPoolExecutor(1) as background:
        # The stack starts in this thread, whose signal handlers it needs.
        world_read = background.submit(world_of, settings, seed, cards, before)
        with StepDisplay() as display:
            settings = control.up(settings, display.report, with_superset=False)
        say("stack is up")
        world = world_read.result()
    reason = (
        why_not_continued(settings, before, seed, cards, world)
        if before and before.is_whole
        else what_is_there(settings)
        if before is None
        else ""
    )
    if reason and not may_begin(reason):
        raise SwipestreamError(
            f"the demo would start a new world beside existing payments: {reason}",
            "use --anew if that is what you want, or another SWIPESTREAM_HOME; nothing is deleted",
        )
    is_new = world is None or bool(reason) or before is None or not before.is_whole
    if world is None or (is_new and is_old(world)):
        world = new_world(seed, cards)
    facts = world.describe()
    say(
        f"world of {facts['customers']:,} cards and {facts['merchants']:,} merchants, "
        f"{facts['days']} days, {facts['payments']:,} payments, {facts['frauds']:,} of them fraud"
    )
    end_ms = world.arguments.end_ms
    if is_new:
        world.write(settings.world_dir)
        note(settings, Played(seed, cards, end_ms, is_whole=False))
        if ending.cancel_all(settings, JOB_NAME):
            say("ended the job that played an older world; its rows and messages stay")
        load_world(settings.postgres_url, world.customers_table(), world.merchants_table())
        load_past(settings, world, say)
    ensure_model(settings, seed, say)
    if is_new:
        replay_history(settings, world, say)
        note(settings, Played(seed, cards, end_ms, is_whole=True))
    else:
        go_on(settings, world, say)
    ensure_labels_job(settings)
    return Stage(settings, world, is_new)


def world_of(settings: HomeSettings, seed: int, cards: int, before: Played | None) -> World | None:
    """The world that was played before, if it is still there; else a new one if nothing was."""
    if before is None:
        return new_world(seed, cards)
    try:
        world = World.read(settings.world_dir)
    except WorldError:
        return None
    arguments = world.arguments
    is_it = (arguments.seed, arguments.customers, arguments.end_ms) == (seed, cards, before.end_ms)
    return world if is_it else None


def why_not_continued(
    settings: FlinkSettings, before: Played, seed: int, cards: int, world: World | None
) -> str:
    """Why the world that was played before cannot go on; empty if it can."""
    if (before.seed, before.cards) != (seed, cards):
        return f"a world of seed {before.seed} and {before.cards:,} cards was played here"
    if world is None:
        return f"the files of the world that was played here are gone from {settings.world_dir}"
    if now_ms() - world.arguments.end_ms > CONTINUES_DAYS * DAY_MS:
        return f"the world that was played here ended more than {CONTINUES_DAYS} days ago"
    if not cluster_jobs.running(settings, JOB_NAME) and not state_left(settings, JOB_NAME):
        return f"{JOB_NAME} left no state to resume from"
    return ""


def is_old(world: World) -> bool:
    """Whether more than a little is missing from the windows at the end of its history."""
    return not 0 <= now_ms() - world.arguments.end_ms < STAGE_LASTS_MS


def go_on(settings: JobSettings, world: World, say: Say) -> None:
    """
    Continue a world: its job, then what its cards paid meanwhile.

    :raises SwipestreamError: the job does not start, or payments do not come out.
    """
    # The keeper may be about to bring it back.
    with wanted_jobs.locked(settings):
        if not cluster_jobs.running(settings, JOB_NAME):
            submission.submit(settings, JOB_NAME, restore_from=submission.NEWEST)
            say(f"job {JOB_NAME} resumes where it stopped")
    for job in cluster_jobs.running(settings, JOB_NAME):
        cluster_jobs.wait_until_running(settings, job.job_id, JOB_NAME)
    reader, total = send_meanwhile(settings, world, now_ms())
    if total:
        wait_for(reader, total, lambda count: None, settings)
        say(f"the world goes on: {total:,} payments since it was played last")
    reader.close()


def refuse_external(settings: JobSettings) -> None:
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


def new_world(seed: int, cards: int) -> World:
    """A world whose history ends now."""
    merchants = max(MIN_MERCHANTS, round(cards * MERCHANTS_PER_CARD))
    return World.generate(seed=seed, customers=cards, merchants=merchants, end_ms=now_ms())


def load_past(settings: TopicSettings, world: World, say: Say) -> None:
    """Make known what the replay does not tell: truth, labels, merchants' risk hour by hour."""
    end_ms = world.arguments.end_ms
    note_history(settings, world, end_ms - REPLAY_DAYS * DAY_MS)
    labels = send_known_labels(settings, world)
    snapshots = load_known_risk(
        settings.postgres_url, settings.world_dir, end_ms - REPLAY_DAYS * DAY_MS, end_ms
    )
    say(f"{labels:,} labels sent; merchant risk of the last {REPLAY_DAYS} days: {snapshots:,} rows")


def ensure_model(settings: ChampionSettings, seed: int, say: Say) -> None:
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
        version = read_pointer(settings.models_dir, CHAMPION)
        reason = Reason(current_user(), "the demo decides as its model", f"thresholds of {version}")
        change(connection, CHANNELS, champion_thresholds(settings.models_dir), reason)
    say(f"model {read_pointer(settings.models_dir, CHAMPION)} decides")


def replay_history(settings: JobSettings, world: World, say: Say) -> None:
    """
    Send the last days to the topic, start the job, and wait until each payment is stored.

    :raises SwipestreamError: some payments do not come out.
    """
    end_ms = world.arguments.end_ms
    first_offsets = topic_stretch(settings, settings.payments_topic).end
    beginning = from_now_on(settings)
    with count_bar() as bar, ThreadPoolExecutor(1) as background:
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
        submission.submit(settings, JOB_NAME, replay=beginning)
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
    reader: OutcomeReader, total: int, progress: Callable[[int], None], settings: FlinkSettings
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
