"""The embedded broker: one KRaft node on loopback, its topics, and whether it answers."""

import base64
import shutil
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swipestream import kafka_security
from swipestream.errors import ServiceError
from swipestream.settings import LOOPBACK, HomeSettings, KafkaSettings
from swipestream.stack import kafka_listener
from swipestream.stack.files import write_if_changed
from swipestream.stack.jars import jar_paths
from swipestream.stack.java import argument_text, java_command, java_environment
from swipestream.stack.program import NotReadyError, Program

if TYPE_CHECKING:
    from confluent_kafka import KafkaError

LOG4J = """\
rootLogger.level = WARN
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %c{1}: %m%n
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = INFO
"""


def folder(settings: HomeSettings) -> Path:
    """Everything of the broker."""
    return settings.state_dir / "kafka"


def program(settings: KafkaSettings) -> Program:
    """How to run the broker."""
    home = folder(settings)
    arguments = [
        *jvm_options(settings),
        f"-Xmx{settings.kafka_heap_mb}m",
        f"-Xms{settings.kafka_heap_mb}m",
        "-XX:+UseG1GC",
        "-XX:+ExitOnOutOfMemoryError",
        "kafka.Kafka",
        str(home / "server.properties"),
    ]
    return Program(
        name="kafka",
        command=java_command(home / "broker.args"),
        files={
            home / "broker.args": argument_text(arguments),
            home / "server.properties": server_properties(settings),
            home / "log4j2.properties": LOG4J,
        },
        check=lambda: check(settings),
        ports={
            "KAFKA_PORT": settings.kafka_port,
            "KAFKA_CONTROLLER_PORT": settings.kafka_controller_port,
        },
        address=settings.kafka_address,
        prepare=lambda: prepare(settings),
        directory=home,
    )


def jvm_options(settings: HomeSettings) -> list[str]:
    """Class path and logging."""
    return [
        "-cp",
        ":".join(str(path) for path in jar_paths(settings, "kafka")),
        f"-Dlog4j2.configurationFile={folder(settings) / 'log4j2.properties'}",
    ]


def server_properties(settings: KafkaSettings) -> str:
    """The broker's configuration."""
    values = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "listeners": f"CLIENTS://{LOOPBACK}:{settings.kafka_port},"
        f"CONTROLLER://{LOOPBACK}:{settings.kafka_controller_port}",
        "advertised.listeners": f"CLIENTS://{LOOPBACK}:{settings.kafka_port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "CLIENTS",
        "listener.security.protocol.map": f"CLIENTS:{settings.kafka_security_protocol},"
        "CONTROLLER:PLAINTEXT",
        **kafka_listener.security(settings),
        "controller.quorum.bootstrap.servers": f"{LOOPBACK}:{settings.kafka_controller_port}",
        "log.dirs": folder(settings) / "data",
        "auto.create.topics.enable": "false",
        # One node: nothing to replicate to, and no second consumer to wait for.
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        # Stamped on arrival: retention then means age on this disk, also for replayed history.
        "log.message.timestamp.type": "LogAppendTime",
        # A rebuild reads the last 33 days again.
        "log.retention.hours": 24 * 35,
        "log.segment.bytes": 256 * 1024 * 1024,
    }
    return "".join(f"{name}={property_text(str(value))}\n" for name, value in values.items())


def property_text(value: str) -> str:
    """A value as Java's properties files have it: ASCII, all else as its UTF-16 code units."""
    units = memoryview(value.replace("\\", "\\\\").encode("utf-16-le")).cast("H")
    return "".join(chr(unit) if unit < 0x80 else f"\\u{unit:04x}" for unit in units)


def prepare(settings: KafkaSettings) -> None:
    """Make the certificate if the listener is to have one, and format the storage, both once."""
    if settings.kafka_uses_tls:
        kafka_listener.make_certificate(settings)
    format_storage(settings)


def format_storage(settings: HomeSettings) -> None:
    """
    Format the storage until a broker has run on it; an interrupted format is done again.

    :raises ServiceError: the storage tool failed.
    """
    home = folder(settings)
    if (home / "data" / "recovery-point-offset-checkpoint").exists():
        return
    shutil.rmtree(home / "data", ignore_errors=True)
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    arguments = [
        *jvm_options(settings),
        "kafka.tools.StorageTool",
        "format",
        f"--cluster-id={cluster_id}",
        f"--config={home / 'server.properties'}",
        "--standalone",
    ]
    write_if_changed(home / "format.args", argument_text(arguments))
    command = java_command(home / "format.args")
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, env=java_environment()
    )
    if result.returncode != 0:
        log = settings.state_dir / "logs" / "kafka-format.log"
        write_if_changed(log, result.stdout + result.stderr)
        raise ServiceError(
            f"kafka's storage in {home / 'data'} could not be formatted", f"read {log}"
        )


def admin(  # type: ignore[no-untyped-def]
    settings: KafkaSettings,
    timeout_seconds: float = 2,
    on_error: "Callable[[KafkaError], None]" = lambda error: None,
):
    """
    A Kafka admin client that keeps quiet about a broker that is not there yet.

    :param on_error: told why a connection failed, when the client is polled.
    """
    import logging

    from confluent_kafka.admin import AdminClient

    silent = logging.getLogger("swipestream.kafka")
    silent.addHandler(logging.NullHandler())
    silent.propagate = False
    options: dict[str, Any] = {
        **kafka_security.client_options(settings),
        "socket.timeout.ms": int(timeout_seconds * 1000),
        "reconnect.backoff.max.ms": 500,
        "error_cb": on_error,
    }
    return AdminClient(options, logger=silent)


def topics(settings: KafkaSettings, timeout_seconds: float = 2) -> dict[str, int]:
    """
    :return: partitions by topic.
    :raises NotReadyError: the broker does not answer.
    :raises ServiceError: it answers and refuses us.
    """
    from confluent_kafka import KafkaException

    errors: list[KafkaError] = []
    client = admin(settings, on_error=errors.append)
    try:
        metadata = client.list_topics(timeout=timeout_seconds)
    except KafkaException as error:
        client.poll(0)
        if not embedded(settings):
            kafka_security.raise_refusal(settings, errors)
        raise NotReadyError(str(error.args[0].str())) from None
    return {name: len(topic.partitions) for name, topic in metadata.topics.items()}


def topic_setting(settings: KafkaSettings, topic: str, name: str) -> str:
    """
    A setting of a topic as the broker has it.

    :raises KafkaException: no such topic, or we may not ask.
    """
    from confluent_kafka.admin import ConfigResource  # type: ignore[attr-defined]

    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    client = admin(settings, timeout_seconds=10)
    (future,) = client.describe_configs([resource], request_timeout=10).values()
    return str(future.result()[name].value)


def topic_id(settings: KafkaSettings, topic: str) -> str:
    """Kafka's own identifier of a topic, which a recreated topic does not keep; "" if unknown."""
    from confluent_kafka import KafkaException, TopicCollection

    client = admin(settings, timeout_seconds=10)
    try:
        (future,) = client.describe_topics(TopicCollection([topic]), request_timeout=10).values()
        return str(future.result().topic_id)
    except KafkaException:
        return ""


def check(settings: KafkaSettings) -> None:
    """:raises NotReadyError: the broker does not answer."""
    topics(settings)


def wanted_topics(settings: KafkaSettings) -> dict[str, int]:
    """Partitions by topic, for the topics the pipeline uses."""
    return {
        settings.payments_topic: settings.payments_partitions,
        settings.alerts_topic: 1,
        settings.labels_topic: 1,
        settings.events_topic: 1,
    }


def create_topics(settings: KafkaSettings) -> list[str]:
    """
    Create the topics that are missing; partitions of existing ones are left alone.

    :return: names of those created.
    :raises ServiceError: the broker refused.
    """
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]

    existing = topics(settings, timeout_seconds=10)
    missing = [
        NewTopic(name, num_partitions=count, replication_factor=1 if embedded(settings) else -1)
        for name, count in wanted_topics(settings).items()
        if name not in existing
    ]
    if not missing:
        return []
    client = admin(settings, timeout_seconds=15)
    for name, future in client.create_topics(missing).items():
        try:
            future.result()
        except KafkaException as error:
            raise ServiceError(
                f"topic {name} could not be created: {error.args[0].str()}",
                f"create it on {settings.kafka_address}, or give the user the right to",
            ) from None
    return [topic.topic for topic in missing]


def embedded(settings: KafkaSettings) -> bool:
    """Whether the stack runs its own broker."""
    return not settings.kafka_bootstrap
