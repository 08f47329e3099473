"""A stack of the benchmark's own, with a model, people, shops and a topic full of payments."""

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from bench.streaming.payments_file import make_world, send
from bench.streaming.plan import Plan
from simulator import World
from swipestream.console.progress import Say
from swipestream.demo.known_risk import load_known_risk
from swipestream.errors import SwipestreamError
from swipestream.models.bundles import current_user
from swipestream.models.changing_models import promote
from swipestream.models.decision_policy import CHANNELS, champion_thresholds, change
from swipestream.models.training_process import run_training
from swipestream.operate import control
from swipestream.sending.reference_rows import load_world
from swipestream.settings import (
    ChampionSettings,
    KafkaSettings,
    ModelSettings,
    Settings,
    fields,
)
from swipestream.stack.ports import free_ports
from swipestream.stack.postgres import admin_url
from swipestream.stack.supervision import Supervisor
from udfs.model_bundle import CHAMPION, read_pointer

DAY_MS = 24 * 3600 * 1000
TRAINING_DAYS = 90
# The optimizing compiler: the benchmark measures the long run.
JIT = "peak"
HEAP_MB = 4096
# Twice what a payment leaves on the heap, so that little of a run goes into collecting it.
HEAP_BYTES_PER_PAYMENT = 4096
HEAP_SHARE = 0.5
FIFTHS = 5
WRITTEN = (
    *("scored_payments", "alerts"),
    *("rejected_payments", "duplicate_payments", "conflicting_payments"),
)
SERVICES = {"kafka": ("kafka",), "postgres": ("postgres",)}


@dataclass(frozen=True)
class Stage:
    """
    What every system runs on.

    :param settings: of the benchmark's own stack.
    :param messages: in the topic.
    :param payments: different ones among them.
    :param message_bytes: of a message on average, key and value, as it was sent.
    """

    settings: Settings
    world: World
    folder: Path
    messages: int
    payments: int
    message_bytes: float = 0.0

    def empty_tables(self) -> None:
        """Forget what was scored."""
        with psycopg.connect(self.settings.postgres_url, autocommit=True) as connection:
            names = sql.SQL(", ").join(map(sql.Identifier, WRITTEN))
            connection.execute(sql.SQL("TRUNCATE {}").format(names))
        with psycopg.connect(admin_url(self.settings), autocommit=True) as connection:
            # Otherwise this run would include writing out what the previous run left.
            connection.execute("CHECKPOINT")

    def service_processes(self) -> Mapping[str, Iterable[int]]:
        """The roots of the process trees of broker and database."""
        states = Supervisor(self.settings).states()
        return {group: [states[name].pid for name in names] for group, names in SERVICES.items()}


@contextmanager
def set_up(
    base: Settings, plan: Plan, folder: Path, say: Say, with_topic: bool = True
) -> Iterator[Stage]:
    """
    Start a separate stack, fill it, and delete it in the end; the model is kept.

    :param base: whose cache and limits are used; its stack is left alone.
    :param folder: of the benchmark.
    :param with_topic: put the world's payments into the topic; otherwise it stays empty.
    :raises SwipestreamError: a step failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings = own_settings(base, folder, plan)
    ensure_model(settings, plan, folder, say)
    say("starting a stack of its own")
    try:
        settings = control.up(settings, with_superset=False)
        put_in_force(settings)
        say(f"making a world of {plan.cards:,} cards that pay for {plan.days} days")
        end_ms = round(time.time() * 1000)
        world = make_world(plan, end_ms, settings.world_dir)
        load_world(settings.postgres_url, world.customers_table(), world.merchants_table())
        load_known_risk(
            settings.postgres_url, settings.world_dir, end_ms - plan.days * DAY_MS, end_ms
        )
        with psycopg.connect(settings.postgres_url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        messages, payments, size = (
            fill_topic(settings, world, plan, say) if with_topic else (0, 0, 0)
        )
        yield Stage(settings, world, folder, messages, payments, size / max(1, messages))
    finally:
        # Not if the start failed before it owned its folder: then the reason must stay visible.
        if (settings.state_dir / "run" / "instance").exists():
            control.purge(settings)


def fill_topic(settings: KafkaSettings, world: World, plan: Plan, say: Say) -> tuple[int, int, int]:
    """Put the world's payments into the topic; their messages, their number and their bytes."""
    messages, payments, size = send(settings, world, plan, telling(say))
    say(f"{messages:,} messages are in the topic, {payments:,} different payments")
    return messages, payments, size


def telling(say: Say) -> Callable[[int, int], None]:
    """Says at each fifth of the way how many payments are sent."""
    told = 0

    def tell(done: int, total: int) -> None:
        nonlocal told
        if done * FIFTHS // total > told:
            told = done * FIFTHS // total
            say(f"sent {done:,} of {total:,}")

    return tell


def own_settings(base: Settings, folder: Path, plan: Plan) -> Settings:
    """A separate state folder and ports; only embedded services can be measured."""
    for name, value in (
        ("KAFKA_BOOTSTRAP", base.kafka_bootstrap),
        ("DATABASE_URL", base.database_url),
        ("FLINK_REST", base.flink_rest),
    ):
        if value:
            raise SwipestreamError(
                f"{name} is set, and the benchmark would fill that service with made-up payments",
                f"unset {name}",
            )
    ports = [item.name for item in fields() if item.name.endswith("_port")]
    return dataclasses.replace(
        base,
        home=str(folder / "home"),
        model_dir=str(folder / f"models-{plan.training_cards}-{plan.seed}"),
        flink_taskmanager_jit=JIT,
        flink_taskmanager_heap_mb=base.flink_taskmanager_heap_mb or heap_mb(plan.payments),
        **dict(zip(ports, free_ports(len(ports)), strict=True)),  # type: ignore[arg-type]
    ).with_secrets()


def heap_mb(payments: int) -> int:
    """The TaskManager's heap for so many payments in state, at most half of all memory."""
    most = int(psutil.virtual_memory().total * HEAP_SHARE)
    return min(max(HEAP_MB * 2**20, payments * HEAP_BYTES_PER_PAYMENT), most) // 2**20


def ensure_model(settings: ModelSettings, plan: Plan, folder: Path, say: Say) -> None:
    """
    Train a model if an earlier run has not.

    :raises SwipestreamError: training failed.
    """
    if read_pointer(settings.models_dir, CHAMPION) is not None:
        return
    say(f"training a model on {plan.training_cards:,} cards")
    world = World.generate(
        seed=plan.seed,
        customers=plan.training_cards,
        merchants=max(300, plan.training_cards // 8),
        days=TRAINING_DAYS,
        end_ms=round(time.time() * 1000),
    )
    world.write(folder / "training_world")
    trained = run_training(
        settings.models_dir,
        ("--world", (folder / "training_world").absolute(), "--seed", plan.seed),
    )
    if trained.version is None:
        raise SwipestreamError("no model was trained", "see the message above")
    (settings.models_dir / "trained").write_text(trained.version)


def put_in_force(settings: ChampionSettings) -> None:
    """Make the trained model the champion, and its thresholds the policy."""
    if read_pointer(settings.models_dir, CHAMPION) is None:
        version = (settings.models_dir / "trained").read_text()
        promote(
            settings, version, current_user(), "a benchmark's model", force=True, in_mlflow=False
        )
    with psycopg.connect(settings.postgres_url) as connection:
        change(connection, CHANNELS, champion_thresholds(settings.models_dir))
