"""Which jars the stack needs, and how locks/jars.txt is made from that."""

import logging
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from swipestream.settings import Settings
from swipestream.stack.jars import (
    LOCK_FILE,
    PARALLEL_DOWNLOADS,
    download,
    maven_context,
    sha256,
)

# Alone: these carry what they need, or what they need is in Flink already.
CONNECTORS = [
    "org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2",
    "org.apache.flink:flink-connector-jdbc-core:4.0.0-2.0",
    "org.apache.flink:flink-connector-jdbc-postgres:4.0.0-2.0",
    "org.postgresql:postgresql:42.7.7",
]
# With everything it depends on; that includes log4j but not the bridge to it.
BROKER = "org.apache.kafka:kafka_2.13:4.1.0"
BROKER_LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.24.3"
# Of those, what Flink needs beside its Kafka connector, which looks for this codec by its name.
CODECS = ("com.github.luben:zstd-jni:",)
# Compiles functions/; carries what it needs.
COMPILER = "org.eclipse.jdt:ecj:3.40.0"
# Runs the tests of functions/; likewise.
TEST_RUNNER = "org.junit.platform:junit-platform-console-standalone:1.14.4"
# Alone, for a benchmark only: what else these need is in the package pyspark.
SPARK_CONNECTORS = [
    "org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0",
    "org.apache.spark:spark-token-provider-kafka-0-10_2.13:4.2.0",
    "org.apache.kafka:kafka-clients:3.9.2",
    "org.apache.commons:commons-pool2:2.13.1",
]
HEADER = (
    "# Written by `make lock` from swipestream/stack/jar_lock.py: coordinate, SHA-256, purposes.\n"
)


def write_lock(settings: Settings, path: Path = LOCK_FILE) -> int:
    """
    Resolve, download and hash every jar.

    :param path: the lock to write.
    :return: how many jars it lists.
    :raises JarError: one of them cannot be had.
    """
    logging.getLogger("jgo").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        wanted = [(coordinate, "flink") for coordinate in CONNECTORS]
        wanted += [
            (coordinate, "flink,kafka" if coordinate.startswith(CODECS) else "kafka")
            for coordinate in closure(settings, scratch)
        ]
        wanted += [(COMPILER, "build"), (TEST_RUNNER, "test")]
        wanted += [(coordinate, "spark") for coordinate in SPARK_CONNECTORS]
        with ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool:
            files = pool.map(lambda item: download(settings, item[0], scratch), wanted)
            lines = [
                f"{coordinate} {sha256(file)} {purposes}\n"
                for (coordinate, purposes), file in zip(wanted, files, strict=True)
            ]
    path.write_text(HEADER + "".join(lines))
    return len(lines)


def closure(settings: Settings, scratch: Path) -> list[str]:
    """The broker's coordinates and all they need at run time, sorted."""
    context = maven_context(settings, scratch / "closure")
    resolved, transitive = context.resolver.resolve([context.create_dependency(BROKER)])
    coordinates = {
        ":".join(
            part for part in (item.groupId, item.artifactId, item.version, item.classifier) if part
        )
        for item in [*resolved, *transitive]
        if item.type == "jar" and item.scope in (None, "compile", "runtime")
    }
    return sorted(coordinates | {BROKER_LOGGING})
