"""Which jars the stack needs, and how locks/jars.txt is made from that."""

import logging
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from swipestream.settings import HomeSettings
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
    "org.postgresql:postgresql:42.7.14",
]
# With everything it depends on; that includes log4j but not the bridge to it.
BROKER = "org.apache.kafka:kafka_2.13:4.1.2"
LOGGING = "org.apache.logging.log4j"
BROKER_LOGGING = f"{LOGGING}:log4j-slf4j-impl"
# Newer than what the broker and Flink's wheel come with, because of what is known of those (see
# locks/advisories.toml). The first that begins like a coordinate counts.
NEWER = {
    f"{LOGGING}:": "2.25.5",
    "at.yawk.lz4:lz4-java": "1.11.4",
    "com.fasterxml.jackson.core:jackson-annotations": "2.21",
    "com.fasterxml.jackson.": "2.21.8",
}
# Of those, what comes before Flink's own on its class path.
BEFORE_FLINKS_OWN = [
    "at.yawk.lz4:lz4-java",
    f"{LOGGING}:log4j-1.2-api",
    f"{LOGGING}:log4j-api",
    f"{LOGGING}:log4j-core",
    f"{LOGGING}:log4j-layout-template-json",
    BROKER_LOGGING,
]
# Of those, what Flink needs beside its Kafka connector, which looks for this codec by its name.
CODECS = ("com.github.luben:zstd-jni:",)
# Compiles functions/; carries what it needs.
COMPILER = "org.eclipse.jdt:ecj:3.40.0"
# Runs the tests of functions/; not part of the stack either.
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


def write_lock(settings: HomeSettings, path: Path = LOCK_FILE) -> int:
    """
    Resolve, download and hash every jar.

    :param path: the lock to write.
    :return: how many jars it lists.
    :raises JarError: one of them cannot be had.
    """
    logging.getLogger("jgo").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        purposes: dict[str, list[str]] = {}
        broker = closure(settings, scratch)
        for purpose, coordinates in (
            ("flink", CONNECTORS),
            ("flink", [coordinate for coordinate in broker if coordinate.startswith(CODECS)]),
            ("flink-lib", [newer(name) for name in BEFORE_FLINKS_OWN]),
            ("kafka", broker),
            ("build", [COMPILER]),
            ("test", [TEST_RUNNER]),
            ("spark", SPARK_CONNECTORS),
        ):
            for coordinate in coordinates:
                purposes.setdefault(coordinate, []).append(purpose)
        with ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool:
            files = pool.map(lambda coordinate: download(settings, coordinate, scratch), purposes)
            lines = [
                f"{coordinate} {sha256(file)} {','.join(listed)}\n"
                for (coordinate, listed), file in zip(purposes.items(), files, strict=True)
            ]
    path.write_text(HEADER + "".join(lines))
    return len(lines)


def closure(settings: HomeSettings, scratch: Path) -> list[str]:
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
    return sorted({*map(newer, coordinates), newer(BROKER_LOGGING)})


def newer(coordinate: str) -> str:
    """
    The coordinate with the version that is to be used instead, if there is one.

    :param coordinate: may lack a version that `NEWER` has.
    """
    for beginning, version in NEWER.items():
        if coordinate.startswith(beginning):
            return ":".join([*coordinate.split(":")[:2], version])
    return coordinate
