"""What `swipestream doctor` looks at; every check works when nothing is up."""

import itertools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from swipestream.cases import program as desk
from swipestream.database import migrations, roles
from swipestream.errors import SwipestreamError
from swipestream.followers import merchant_risk
from swipestream.operate import control
from swipestream.operate.job_health import check_heaps, check_jobs
from swipestream.operate.payment_flow import check_flow, check_identity, check_timestamps
from swipestream.operate.programs import programs
from swipestream.settings import (
    ChampionSettings,
    DatabaseSettings,
    DeskSettings,
    FlinkSettings,
    HomeSettings,
    JobSettings,
    KafkaSettings,
    Settings,
)
from swipestream.stack import core_sharing, flink, kafka, postgres
from swipestream.stack.functions_jar import functions_jar
from swipestream.stack.jars import is_intact, read_lock
from swipestream.stack.java import java_home
from swipestream.stack.listening import listeners
from swipestream.stack.ports import describe_holder, is_free
from swipestream.stack.program import NotReadyError

DISK_GB_NEEDED = 5
MEMORY_GB_NEEDED = 4
# The follower sends the labels of verdicts every second.
UNSENT_SECONDS = 60.0
START = "run `swipestream up`"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    level: str  # "ok", "warn" or "FAIL"
    name: str
    fact: str
    hint: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """
    Look at everything, one finding after the other.

    :param settings: nothing is started or changed.
    """
    is_up = any(service.pid for service in control.status(settings))
    checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("python", check_python),
        ("jre", check_java),
        ("jars", lambda: check_jars(settings)),
        ("disk", lambda: check_disk(settings)),
        ("memory", lambda: check_memory(is_up)),
        ("cores", check_cores),
        ("ports", lambda: check_ports(settings, is_up)),
        ("listening", lambda: check_listening(settings)),
        ("services", lambda: check_services(settings)),
        ("broker", lambda: check_broker(settings)),
        ("database", lambda: check_database(settings)),
        ("desk", lambda: check_desk(settings)),
        ("cluster", lambda: check_cluster(settings)),
        ("payments", lambda: check_payments(settings)),
        ("model", lambda: check_model(settings)),
        ("rules", lambda: check_rule_file(settings)),
        ("drift", lambda: check_drift(settings)),
        ("left-over", lambda: check_left_over(settings)),
    ]
    for name, check in checks:
        try:
            yield from check()
        except SwipestreamError as error:
            yield Finding("FAIL", name, error.fact, error.hint)
        except NotReadyError as error:
            yield Finding("FAIL", name, str(error), START)


def check_python() -> Iterator[Finding]:
    """The interpreter and what is installed beside it."""
    number = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] != (3, 11):
        yield Finding("FAIL", "python", f"{number}, needs 3.11", "run `make setup`")
        return
    missing = [name for name in ("pyflink", "confluent_kafka", "psycopg") if not find_package(name)]
    if missing:
        yield Finding("FAIL", "python", f"{', '.join(missing)} missing", "run `make setup`")
        return
    yield Finding("ok", "python", f"{number} in {sys.prefix}")


def find_package(name: str) -> bool:
    """Whether a package is installed, without importing it."""
    import importlib.util

    return importlib.util.find_spec(name) is not None


def check_java() -> Iterator[Finding]:
    """The Java of the wheel really runs."""
    java = java_home() / "bin" / "java"
    try:
        result = subprocess.run([java, "-version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        yield Finding("FAIL", "jre", f"{java} does not run: {error}", "run `make clean setup`")
        return
    yield Finding("ok", "jre", result.stderr.splitlines()[0])


def check_jars(settings: HomeSettings) -> Iterator[Finding]:
    """Every jar is in the cache with the content the lock says, and ours is compiled."""
    lock = read_lock()
    bad = [jar.file_name for jar in lock if not is_intact(settings, jar)]
    if bad:
        fact = f"{len(bad)} of {len(lock)} missing or damaged, such as {bad[0]}"
        yield Finding("FAIL", "jars", fact, "run `swipestream jars`")
    else:
        yield Finding("ok", "jars", f"{len(lock)} in {settings.cache_dir}, hashes match")
    functions = functions_jar(settings)
    if functions.exists():
        yield Finding("ok", "jars", f"functions/ compiled as {functions}")
    else:
        yield Finding("FAIL", "jars", "functions/ is not compiled", "run `swipestream jars`")


def check_disk(settings: HomeSettings) -> Iterator[Finding]:
    """Room where the data goes."""
    folder = settings.state_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 2**30
    level = "ok" if free >= DISK_GB_NEEDED else "FAIL" if free < 1 else "warn"
    hint = f"free some, {DISK_GB_NEEDED} GB is comfortable, or set SWIPESTREAM_HOME elsewhere"
    yield Finding(level, "disk", f"{free:.0f} GB free at {folder}", "" if level == "ok" else hint)


def check_memory(is_up: bool) -> Iterator[Finding]:
    """Memory left for the stack, or left beside it."""
    free = psutil.virtual_memory().available / 2**30
    needed = 1 if is_up else MEMORY_GB_NEEDED
    level = "ok" if free >= needed else "warn"
    hint = "" if level == "ok" else "end other programs, or lower the *_HEAP_MB settings"
    yield Finding(level, "memory", f"{free:.1f} GB available", hint)


def check_cores() -> Iterator[Finding]:
    """Whether few cores are shared so that checkpoints have a lower priority."""
    fact = f"{len(os.sched_getaffinity(0))} for this process"
    if core_sharing.has_few_cores() and core_sharing.shares_by_session():
        yield Finding(
            "warn",
            "cores",
            f"{fact}, shared by session: the database waits while a checkpoint is written",
            "for a steady latency run `sysctl -w kernel.sched_autogroup_enabled=0` as root",
        )
        return
    yield Finding("ok", "cores", fact)


def check_ports(settings: Settings, is_up: bool) -> Iterator[Finding]:
    """Ports are free, or held by this stack."""
    ports = {name: port for p in programs(settings) for name, port in p.ports.items()}
    if is_up:
        yield Finding("ok", "ports", f"{len(ports)} in use by this stack")
        return
    taken = {name: port for name, port in ports.items() if not is_free(port)}
    for name, port in taken.items():
        hint = f"stop that process, or set {name} to a free port in .env"
        yield Finding("FAIL", "ports", f"{port} ({name}) taken by {describe_holder(port)}", hint)
    if not taken:
        yield Finding("ok", "ports", f"{len(ports)} free")


def check_listening(settings: HomeSettings) -> Iterator[Finding]:
    """Nothing of the stack can be reached from another machine."""
    found = list(listeners(settings))
    beyond = [listener for listener in found if not listener.is_on_loopback]
    for listener in beyond:
        fact = f"other machines can reach {listener}"
        hint = "run `swipestream down` and `swipestream up`; see docs/security.md"
        yield Finding("FAIL", "listening", fact, hint)
    if found and not beyond:
        yield Finding("ok", "listening", f"{len(found)} sockets, all on loopback")


def check_services(settings: Settings) -> Iterator[Finding]:
    """What the supervisor says of its programs."""
    for service in control.status(settings):
        if service.state == "running":
            yield Finding("ok", service.name, f"running, pid {service.pid}")
        elif service.state == "external":
            yield Finding("ok", service.name, f"external at {service.address}")
        elif service.state == "stopped":
            yield Finding("warn", service.name, "not running", START)
        else:
            hint = f"read `swipestream logs {service.name}`"
            yield Finding("FAIL", service.name, service.problem or service.state, hint)


def check_broker(settings: KafkaSettings) -> Iterator[Finding]:
    """The broker answers and has the topics."""
    existing = kafka.topics(settings)
    how = settings.kafka_security_protocol
    if settings.kafka_uses_sasl:
        how += f" with {settings.kafka_sasl_mechanism} as {settings.kafka_sasl_username}"
    yield Finding("ok", "broker", f"{settings.kafka_address} answers, {how}")
    for name, wanted in kafka.wanted_topics(settings).items():
        found = existing.get(name)
        if found is None:
            yield Finding("FAIL", f"topic {name}", "does not exist", START)
        elif found != wanted:
            hint = "PAYMENTS_PARTITIONS counts only when the topic is created"
            yield Finding(
                "warn", f"topic {name}", f"{found} partitions, settings say {wanted}", hint
            )
        else:
            yield Finding("ok", f"topic {name}", f"{found} partitions")


def check_database(settings: DatabaseSettings) -> Iterator[Finding]:
    """The database answers and has the newest tables."""
    import psycopg

    known = migrations.read_migrations()
    try:
        with psycopg.connect(settings.postgres_url, connect_timeout=3) as connection:
            missing = migrations.pending(connection, known)
            number = connection.info.server_version // 10000
            tls = "with TLS" if connection.pgconn.ssl_in_use else "without TLS"
            existing = roles.existing(connection)
    except psycopg.OperationalError as error:
        if not postgres.embedded(settings):
            postgres.refuse("DATABASE_URL", error)
        raise NotReadyError(postgres.first_line(error)) from None
    yield Finding("ok", "database", f"PostgreSQL {number} answers, {tls}")
    if missing:
        yield Finding("FAIL", "migrations", f"{len(missing)} of {len(known)} not applied", START)
        return
    yield Finding("ok", "migrations", f"{len(known)} applied")
    try:
        yield from check_roles(settings, existing)
        yield from check_merchant_risk(settings)
    except psycopg.ProgrammingError as error:
        # Somebody has changed what the migrations made.
        hint = "compare the tables with sql/postgres/schema.sql; restore what is missing"
        yield Finding("FAIL", "tables", postgres.first_line(error), hint)


def check_roles(settings: DatabaseSettings, existing: list[str]) -> Iterator[Finding]:
    """The job's user gets in, may do its work, and no more than that."""
    import psycopg

    postgres.check_stream_user(settings)
    with psycopg.connect(settings.stream_url, connect_timeout=3) as connection:
        user, lacks, owns = roles.of_the_stream(connection)
    absent = sorted(set(roles.role_names()) - set(existing))
    hint = "see docs/security.md, or run `swipestream up`"
    if lacks:
        yield Finding("FAIL", "roles", f"the job's user {user} may not write {lacks}", hint)
    elif owns:
        yield Finding("warn", "roles", f"the job's user {user} owns the tables", hint)
    elif absent:
        yield Finding("warn", "roles", f"{', '.join(absent)} missing", hint)
    else:
        yield Finding("ok", "roles", f"the job is {user}; {len(existing)} users with own rights")


def check_merchant_risk(settings: DatabaseSettings) -> Iterator[Finding]:
    """Payments find a snapshot of the hour they ask for."""
    import psycopg

    name = "merchant risk"
    with psycopg.connect(settings.postgres_url, connect_timeout=3) as connection:
        newest_ms = merchant_risk.newest_hour_ms(connection)
    needed_ms = merchant_risk.asked_for_ms(round(time.time() * 1000))
    if newest_ms is None:
        hint = "read `swipestream logs merchant-risk`"
        yield Finding("warn", name, "there is no snapshot, so it is unknown to payments", hint)
    elif newest_ms < needed_ms:
        hours = (needed_ms - newest_ms) // merchant_risk.HOUR_MS
        hint = "read `swipestream logs merchant-risk`; missing hours are made up for"
        yield Finding("warn", name, f"the newest snapshot is {hours} h too old", hint)
    else:
        newest = datetime.fromtimestamp(newest_ms / 1000, UTC)
        yield Finding("ok", name, f"newest snapshot of {newest:%Y-%m-%d %H:%M} UTC")


def check_desk(settings: DeskSettings) -> Iterator[Finding]:
    """Somebody may use the desk, and what they said reaches the topic."""
    from swipestream.cases import analysts, outbox
    from swipestream.database.connection import open_database

    if not desk.is_wanted(settings):
        return
    with open_database(settings) as connection:
        people = [item for item in analysts.analysts(connection) if not item.closed_at]
        count, since = outbox.waiting(connection)
    if not people:
        hint = "run `swipestream analyst add LOGIN --role lead`"
        yield Finding("warn", "analysts", "nobody may use the desk", hint)
    else:
        yield Finding("ok", "analysts", f"{len(people)} may use the desk")
    age = 0.0 if since is None else (datetime.now(UTC) - since).total_seconds()
    if age > UNSENT_SECONDS:
        fact = f"{count} verdicts have not reached the topic for {age:,.0f} s"
        yield Finding("warn", "verdicts", fact, "read `swipestream logs alert-cases`")


def check_cluster(settings: FlinkSettings) -> Iterator[Finding]:
    """Flink answers, has slots, and its jobs run."""
    overview = flink.rest(settings, "/overview")
    total, free = overview["slots-total"], overview["slots-available"]
    fact = f"Flink {overview['flink-version']}, {free} of {total} slots free"
    if total == 0:
        yield Finding("FAIL", "cluster", fact, "read `swipestream logs flink-taskmanager`")
    else:
        yield Finding("ok", "cluster", fact)
    for level, name, fact, hint in itertools.chain(check_heaps(settings), check_jobs(settings)):
        yield Finding(level, name, fact, hint)


def check_payments(settings: JobSettings) -> Iterator[Finding]:
    """Payments that come are scored, and come as they should."""
    for level, name, fact, hint in itertools.chain(
        check_timestamps(settings), check_identity(settings), check_flow(settings)
    ):
        yield Finding(level, name, fact, hint)


def check_model(settings: ChampionSettings) -> Iterator[Finding]:
    """Champion and challenger can be used, the stream uses them, and the audit knows them."""
    from swipestream.models.health import check_models

    for level, name, fact, hint in check_models(settings):
        yield Finding(level, name, fact, hint)


def check_rule_file(settings: ChampionSettings) -> Iterator[Finding]:
    """The rules of the team are published, and the stream applies them."""
    from swipestream.models.bundles import job_in_force
    from swipestream.rules.columns import rule_columns
    from swipestream.rules.health import check_rules

    for level, name, fact, hint in check_rules(settings, rule_columns(job_in_force(settings))):
        yield Finding(level, name, fact, hint)


def check_drift(settings: ChampionSettings) -> Iterator[Finding]:
    """Nothing has moved since the champion was trained, and no merchant is attacked."""
    from swipestream.drift import health

    for level, name, fact, hint in health.check_drift(settings):
        yield Finding(level, name, fact, hint)


def check_left_over(settings: DatabaseSettings) -> Iterator[Finding]:
    """Database folders outside the state folder whose state folder is gone."""
    root = Path(settings.postgres_root)
    for marker in sorted(root.glob("*/state-folder")):
        try:
            owner = Path(marker.read_text().strip())
            is_known = (owner / "postgres-id").read_text().strip() == marker.parent.name
        except OSError:
            is_known = False
        if not is_known:
            fact = f"{marker.parent} is the database of a state folder that is gone"
            yield Finding("warn", "left-over", fact, f"rm -r {marker.parent}")
