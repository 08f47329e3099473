"""The embedded Flink cluster: one JobManager, one TaskManager, on loopback.

Java is started directly instead of through Flink's shell scripts: that saves three JVM starts per
process, and the scripts do not stand spaces in paths. The memory sizes the scripts would compute
are therefore spelled out here. Nothing is written to the installed pyflink folder.
"""

import base64
import hashlib
import json
import os
import re
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

from swipestream.settings import (
    LOOPBACK,
    OWNER,
    REPO_ROOT,
    FlinkSettings,
    HomeSettings,
    JobSettings,
    ModelSettings,
)
from swipestream.stack.files import make_folder
from swipestream.stack.functions_jar import flink_jars, functions_jar
from swipestream.stack.installed_flink import packaged_jars, pyflink_dir, python_jar
from swipestream.stack.jars import jar_path, read_lock
from swipestream.stack.java import LOCALE, argument_text, java_command, java_home
from swipestream.stack.ports import is_of_another_user
from swipestream.stack.program import NotReadyError, Program
from swipestream.stack.runtime_dir import runtime_dir, without_spaces
from swipestream.stack.supervision import instance_id

JOB_MANAGER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
TASK_MANAGER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
CLIENT = "org.apache.flink.client.cli.CliFrontend"

# The share of the machine's memory that the windows may take, and its limits.
HEAP_SHARE = 1 / 6
LEAST_HEAP_MB, MOST_HEAP_MB = 896, 4096
# With so many cores, the compiler that makes the fastest code has one to itself.
CORES_FOR_PEAK = 4
# The quick compiler alone.
QUICK_CODE = "-XX:TieredStopAtLevel=1"
FRAMEWORK_HEAP_MB = 128
FRAMEWORK_OFF_HEAP_MB = 128
TASK_OFF_HEAP_MB = 64
NETWORK_MB = 96
# By state backend. Python workers count against it, and so do the caches of RocksDB, which all
# steps of all jobs share.
MANAGED_MB = {"hashmap": 192, "rocksdb": 1024}
OVERHEAD_MB = 256
# For G1: the initial share of the heap, the size of the young generation, and how often an object
# is copied before it counts as old.
G1_HEAP_SHARE = 1 / 4
G1_YOUNG_MB = 192
G1_COPIES = 2
# With Flink's default of 256 the fourth or fifth job on one cluster fails in a restart loop.
METASPACE_MB = 1024
# Says in a cluster's configuration which state folder it is of; Flink passes over what it does not
# know.
INSTANCE, HOME = "swipestream.instance", "swipestream.home"
# All of them but one may be corrupt.
RETAINED_CHECKPOINTS = 3
# Hash of user:password for REST, for the guard in functions/; useless to anyone who reads it.
LOGIN_SHA256 = "swipestream.rest.login-sha256"
WRITE_BUFFER_BYTES = 256 * 1024
# Where functions/ makes the folder for the sockets that Python workers talk to.
WORKER_SOCKETS = "swipestream.workers.folder"

# What Flink's own config.yaml opens, but for jdk.compiler, which this Java does not have.
EXPORTS = ["java.rmi/sun.rmi.registry", "java.security.jgss/sun.security.krb5"]
OPENS = [
    "java.base/java.lang",
    "java.base/java.net",
    "java.base/java.io",
    "java.base/java.nio",
    "java.base/sun.nio.ch",
    "java.base/java.lang.reflect",
    "java.base/java.text",
    "java.base/java.time",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/java.util.concurrent.locks",
]
LOG4J = """\
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %c{1}: %m%n
logger.pekko.name = org.apache.pekko
logger.pekko.level = WARN
logger.kafka.name = org.apache.kafka
logger.kafka.level = WARN
logger.arrow.name = org.apache.arrow
logger.arrow.level = WARN
"""
LOG4J_CLIENT = LOG4J.replace("rootLogger.level = INFO", "rootLogger.level = WARN")


def embedded(settings: FlinkSettings) -> bool:
    """Whether the stack runs its own cluster."""
    return not settings.flink_rest


def folder(settings: HomeSettings) -> Path:
    """Everything of the cluster."""
    return settings.state_dir / "flink"


def heap_mb(settings: FlinkSettings) -> int:
    """The most that the embedded TaskManager's Java heap may take."""
    if settings.flink_taskmanager_heap_mb:
        return settings.flink_taskmanager_heap_mb
    machine_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
    return round(min(max(machine_mb * HEAP_SHARE, LEAST_HEAP_MB), MOST_HEAP_MB))


def compiles_quickly(settings: FlinkSettings) -> bool:
    """Whether the JVM should warm up soon after a start, at the price of its speed hours later."""
    if settings.flink_taskmanager_jit == "auto":
        return len(os.sched_getaffinity(0)) < CORES_FOR_PEAK
    return settings.flink_taskmanager_jit == "quick"


def garbage_collection(settings: FlinkSettings) -> list[str]:
    """
    The JVM options of the TaskManager's garbage collector.

    The parallel collector starts with its whole heap, because it runs a full collection each time
    before the heap grows: a tenth of the time of a replay, while the state grows. G1 would scan the
    heap as often while it grows. It pauses to copy new state; more frequent pauses are shorter.
    """
    heap = heap_mb(settings)
    if settings.flink_taskmanager_gc == "parallel":
        return ["-XX:+UseParallelGC", f"-Xms{heap}m"]
    return [
        "-XX:+UseG1GC",
        f"-Xms{round(heap * G1_HEAP_SHARE)}m",
        f"-Xmn{G1_YOUNG_MB}m",
        f"-XX:MaxTenuringThreshold={G1_COPIES}",
    ]


def programs(settings: JobSettings) -> list[Program]:
    """How to run the JobManager and the TaskManager."""
    home = folder(settings)
    job_manager = [
        f"-Xmx{settings.flink_jobmanager_heap_mb}m",
        "-XX:+UseSerialGC",
        # It is busy only when a job starts, and then everybody waits for it.
        QUICK_CODE,
        "-XX:MaxMetaspaceSize=512m",
        *jvm_options(settings, "jobmanager"),
        JOB_MANAGER,
        "--configDir",
        str(home / "conf"),
    ]
    direct = FRAMEWORK_OFF_HEAP_MB + TASK_OFF_HEAP_MB + NETWORK_MB
    task_manager = [
        f"-Xmx{heap_mb(settings)}m",
        *garbage_collection(settings),
        *([QUICK_CODE] if compiles_quickly(settings) else []),
        f"-XX:MaxDirectMemorySize={direct}m",
        f"-XX:MaxMetaspaceSize={METASPACE_MB}m",
        # Unix sockets need a short path.
        f"-D{WORKER_SOCKETS}={runtime_dir(settings)}",
        *jvm_options(settings, "taskmanager"),
        TASK_MANAGER,
        "--configDir",
        str(home / "conf"),
    ]
    return [
        Program(
            name="flink-jobmanager",
            command=java_command(home / "jobmanager.args"),
            files=configuration_files(settings)
            | {home / "jobmanager.args": argument_text(job_manager)},
            environment=environment(settings),
            directory=home,
            prepare=lambda: prepare(settings),
            check=lambda: check_job_manager(settings),
            ports={
                "FLINK_REST_PORT": settings.flink_rest_port,
                "FLINK_RPC_PORT": settings.flink_rpc_port,
                "FLINK_BLOB_PORT": settings.flink_blob_port,
            },
            address=f"http://{settings.flink_address}",
        ),
        Program(
            name="flink-taskmanager",
            command=java_command(home / "taskmanager.args"),
            files=configuration_files(settings)
            | {home / "taskmanager.args": argument_text(task_manager)},
            environment=environment(settings),
            directory=home,
            prepare=lambda: prepare(settings),
            check=lambda: check_task_manager(settings),
            address=f"{settings.flink_slots} slots",
        ),
    ]


def jvm_options(settings: HomeSettings, role: str) -> list[str]:
    """
    Class path, module access and logging.

    :param role: "jobmanager", "taskmanager" or "client".
    """
    home = folder(settings)
    log4j = home / "conf" / ("log4j-client.properties" if role == "client" else "log4j.properties")
    log = settings.state_dir / "logs" / f"flink-{role}.log"
    return [
        *module_options(),
        "-XX:+ExitOnOutOfMemoryError",
        f"-Dlog4j2.configurationFile={log4j}",
        f"-Dlog.file={log}",
        f"-Djava.io.tmpdir={scratch_dir(settings)}",
        "-cp",
        ":".join(str(path) for path in class_path(settings)),
    ]


def module_options() -> list[str]:
    """The parts of Java itself that Flink looks into."""
    return [
        *(f"--add-exports={name}=ALL-UNNAMED" for name in EXPORTS),
        *(f"--add-opens={name}=ALL-UNNAMED" for name in OPENS),
    ]


def class_path(settings: HomeSettings) -> list[Path]:
    """The jars every Flink process sees: Flink's own, PyFlink's, and ours.

    Of some in Flink's wheel the lock has a newer version, which takes their place; classes that are
    packed inside another jar, too, are loaded from the first that has them. PyFlink's is here, and
    not sent along with each job, so that its classes are loaded once and not once per job. It comes
    last, because one of our classes replaces one of its classes.
    """
    newer = read_lock(purposes=("flink-lib",))
    replaced = re.compile("|".join(rf"{re.escape(jar.artifact)}-\d.*" for jar in newer))
    return [
        *(jar_path(settings, jar) for jar in newer),
        *(path for path in packaged_jars() if not replaced.fullmatch(path.name)),
        *flink_jars(settings),
        *python_jar(),
    ]


def has_functions(settings: HomeSettings) -> bool:
    """Whether the cluster was started with what functions/ is now."""
    arguments = folder(settings) / "taskmanager.args"
    jar = functions_jar(settings)
    return arguments.exists() and f"{jar.parent.name}/{jar.name}" in arguments.read_text()


def environment(settings: ModelSettings) -> dict[str, str]:
    """For the cluster, its Python workers, and the client that submits jobs."""
    home = folder(settings)
    return LOCALE | {
        "JAVA_HOME": str(java_home()),
        "FLINK_HOME": str(pyflink_dir()),
        "FLINK_BIN_DIR": str(pyflink_dir() / "bin"),
        "FLINK_CONF_DIR": str(home / "conf"),
        "FLINK_LIB_DIR": str(home / "lib"),
        "FLINK_OPT_DIR": str(home / "opt"),
        "FLINK_PLUGINS_DIR": str(home / "plugins"),
        "FLINK_LOG_DIR": str(settings.state_dir / "logs"),
        # Python workers import `udfs` from here.
        "PYTHONPATH": str(REPO_ROOT),
        "TMPDIR": str(scratch_dir(settings)),
        "PATH": os.pathsep.join([str(python(settings).parent), "/usr/bin", "/bin"]),
        # One core each: parallelism is Flink's business.
        "OMP_NUM_THREADS": "1",
        "MODEL_DIR": str(settings.models_dir),
    }


def scratch_dir(settings: HomeSettings) -> Path:
    """For temporary files; of this stack alone, since PyFlink's default is shared by all users."""
    return without_spaces(settings, folder(settings) / "tmp")


def python(settings: HomeSettings) -> Path:
    """This environment's Python, by a path without spaces, which PyFlink's worker script needs."""
    return without_spaces(settings, Path(sys.prefix)) / "bin" / "python"


def configuration(settings: FlinkSettings) -> dict[str, Any]:
    """What goes into Flink's config.yaml."""
    home = folder(settings)
    heap = heap_mb(settings) - FRAMEWORK_HEAP_MB
    return {
        "jobmanager.rpc.address": LOOPBACK,
        "jobmanager.rpc.port": settings.flink_rpc_port,
        "jobmanager.bind-host": LOOPBACK,
        "taskmanager.host": LOOPBACK,
        "taskmanager.bind-host": LOOPBACK,
        "rest.address": LOOPBACK,
        "rest.bind-address": LOOPBACK,
        "rest.port": settings.flink_rest_port,
        "rest.bind-port": settings.flink_rest_port,
        "blob.server.port": settings.flink_blob_port,
        "blob.storage.directory": str(scratch_dir(settings)),
        "io.tmp.dirs": str(scratch_dir(settings)),
        "web.tmpdir": str(scratch_dir(settings)),
        "web.submit.enable": False,
        # The keeper would bring the job back: `swipestream cancel` ends it.
        "web.cancel.enable": False,
        "web.access-control-allow-origin": f"http://{LOOPBACK}:{settings.flink_rest_port}",
        LOGIN_SHA256: login_sha256(settings),
        "web.log.path": str(settings.state_dir / "logs" / "flink-jobmanager.log"),
        "taskmanager.log.path": str(settings.state_dir / "logs" / "flink-taskmanager.log"),
        # Always the same, so that a restarted TaskManager replaces its dead predecessor at once.
        "taskmanager.resource-id": "embedded",
        "taskmanager.numberOfTaskSlots": settings.flink_slots,
        "taskmanager.cpu.cores": settings.flink_slots,
        "taskmanager.memory.framework.heap.size": f"{FRAMEWORK_HEAP_MB}m",
        "taskmanager.memory.framework.off-heap.size": f"{FRAMEWORK_OFF_HEAP_MB}m",
        "taskmanager.memory.task.heap.size": f"{heap}m",
        "taskmanager.memory.task.off-heap.size": f"{TASK_OFF_HEAP_MB}m",
        "taskmanager.memory.network.min": f"{NETWORK_MB}m",
        "taskmanager.memory.network.max": f"{NETWORK_MB}m",
        "taskmanager.memory.managed.size": f"{MANAGED_MB[settings.flink_state_backend]}m",
        "taskmanager.memory.jvm-metaspace.size": f"{METASPACE_MB}m",
        "taskmanager.memory.jvm-overhead.min": f"{OVERHEAD_MB}m",
        "taskmanager.memory.jvm-overhead.max": f"{OVERHEAD_MB}m",
        "jobmanager.memory.heap.size": f"{settings.flink_jobmanager_heap_mb}m",
        "parallelism.default": settings.parallelism,
        # A TaskManager notices by this alone that its JobManager was replaced; Flink's default of
        # 50 s would add as much to the time until payments are scored again.
        "heartbeat.interval": "2 s",
        "heartbeat.timeout": "12 s",
        # Always: a job waits for slots instead of failing again and again, with growing pauses,
        # while a dead TaskManager is on its way back. More than 248 days are refused.
        "resourcemanager.standalone.start-up-time": "200 d",
        "restart-strategy.type": "exponential-delay",
        "restart-strategy.exponential-delay.initial-backoff": "1 s",
        "restart-strategy.exponential-delay.max-backoff": "10 s",
        "restart-strategy.exponential-delay.reset-backoff-threshold": "1 min",
        "state.backend.type": settings.flink_state_backend,
        # For RocksDB, which alone knows what has changed since the checkpoint before.
        "execution.checkpointing.incremental": settings.flink_state_backend == "rocksdb",
        "execution.checkpointing.interval": f"{settings.checkpoint_seconds} s",
        "execution.checkpointing.dir": address_of(home / "checkpoints"),
        "execution.checkpointing.savepoint-dir": address_of(home / "savepoints"),
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "execution.checkpointing.num-retained": RETAINED_CHECKPOINTS,
        # A call of the system for each 256 KB instead of for each 4.
        "execution.checkpointing.write-buffer-size": WRITE_BUFFER_BYTES,
        # Framed with checksums: a flipped bit fails the restore instead of changing a history.
        "execution.checkpointing.snapshot-compression": True,
        "python.executable": str(python(settings)),
        "python.client.executable": str(python(settings)),
        INSTANCE: instance_id(settings),
        HOME: str(settings.state_dir.resolve()),
    }


def address_of(path: Path) -> str:
    """A place on this machine as Flink's settings want it: it decodes nothing, not even spaces."""
    return f"file://{path}"


def configuration_text(values: Mapping[str, object]) -> str:
    """Settings as config.yaml has them."""
    return "".join(
        f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()
    )


def configuration_files(settings: FlinkSettings) -> dict[Path, str]:
    """Flink's configuration folder."""
    conf = folder(settings) / "conf"
    return {
        conf / "config.yaml": configuration_text(configuration(settings)),
        conf / "log4j.properties": LOG4J,
        conf / "log4j-client.properties": LOG4J_CLIENT,
    }


def prepare(settings: HomeSettings) -> None:
    """Make the cluster's folders and the links to its jars."""
    home = make_folder(folder(settings))
    for name in ("tmp", "plugins", "checkpoints", "savepoints"):
        make_folder(home / name)
    link_jars(make_folder(home / "lib"), class_path(settings))
    link_jars(make_folder(home / "opt"), python_jar())


def link_jars(target: Path, jars: list[Path]) -> None:
    """Make the folder hold links to exactly these jars."""
    wanted = {jar.name: jar for jar in jars}
    for link in target.iterdir():
        if link.name not in wanted or link.resolve() != wanted[link.name].resolve():
            link.unlink()
    for name, jar in wanted.items():
        if not (target / name).is_symlink():
            (target / name).symlink_to(jar)


def login_sha256(settings: FlinkSettings) -> str:
    """What the guard of the embedded REST endpoint knows of our password; "" lets nobody in."""
    login = settings.embedded_flink_login
    return hashlib.sha256(login.encode()).hexdigest() if login else ""


def authorization(settings: FlinkSettings) -> str:
    """The header by which REST knows us, for HTTP basic authentication; "" without a password."""
    login = settings.flink_login
    return f"Basic {base64.b64encode(login.encode()).decode()}" if login else ""


def open_rest(
    settings: FlinkSettings,
    path: str,
    content: bytes | None = None,
    *,
    method: str | None = None,
    content_type: str = "application/json",
    timeout_seconds: float = 10,
) -> HTTPResponse:
    """
    Ask Flink's REST endpoint, with our password.

    :param content: the request's body; without it the method is GET.
    :return: the answer, to be closed.
    :raises NotReadyError: somebody else's server has taken the embedded endpoint's port.
    :raises urllib.error.URLError: it does not answer, or refuses.
    """
    if embedded(settings) and is_of_another_user(settings.flink_rest_port):
        raise NotReadyError(f"port {settings.flink_rest_port} is taken by another user")
    headers = {"Content-Type": content_type} if content is not None else {}
    if login := authorization(settings):
        headers["Authorization"] = login
    request = urllib.request.Request(
        f"http://{settings.flink_address}{path}", data=content, headers=headers, method=method
    )
    response: HTTPResponse = urllib.request.urlopen(request, timeout=timeout_seconds)
    return response


def rest(settings: FlinkSettings, path: str, timeout_seconds: float = 3) -> Any:
    """
    GET from Flink's REST endpoint.

    :param path: for example "/jobs/overview".
    :return: the parsed answer.
    :raises NotReadyError: it does not answer, or answers with an error.
    """
    try:
        with open_rest(settings, path, timeout_seconds=timeout_seconds) as response:
            return json.load(response)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise no_answer(settings, error) from None


def no_answer(settings: FlinkSettings, error: Exception) -> NotReadyError:
    """The error for a REST endpoint that does not answer, or not to us."""
    if isinstance(error, urllib.error.HTTPError) and error.code == HTTPStatus.UNAUTHORIZED:
        where = settings.secrets_file if embedded(settings) else "FLINK_REST_PASSWORD"
        return NotReadyError(f"{settings.flink_address} does not know the password of {where}")
    reason = getattr(error, "reason", error)
    return NotReadyError(f"{settings.flink_address} does not answer: {reason}")


def post(
    settings: FlinkSettings,
    path: str,
    body: dict[str, Any] | None = None,
    timeout_seconds: float = 10,
) -> Any:
    """
    POST to Flink's REST endpoint.

    :param path: for example "/jobs/<id>/savepoints".
    :param body: sent as JSON.
    :return: the parsed answer.
    :raises NotReadyError: it does not answer, or refuses; says why.
    """
    content = json.dumps(body or {}).encode()
    try:
        with open_rest(settings, path, content, timeout_seconds=timeout_seconds) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        if error.code == HTTPStatus.UNAUTHORIZED:
            raise no_answer(settings, error) from None
        text = error.read().decode(errors="replace")
        found = re.search(r'"errors":\["([^"\\]*)', text)
        raise NotReadyError(f"flink refuses: {found[1] if found else error.reason}") from None
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise no_answer(settings, error) from None


def page(settings: FlinkSettings) -> str:
    """Where Flink's page is and how to log in, for people."""
    address = f"http://{settings.flink_address}"
    if not embedded(settings):
        return address
    return f"{address} (log in as {OWNER}, FLINK_PASSWORD in {settings.secrets_file})"


def check_is_ours(settings: FlinkSettings) -> None:
    """
    Compare the embedded cluster's name with this folder's; one that the user names is the user's.

    :raises NotReadyError: nobody answers at its port, or the Flink of another folder.
    """
    if not embedded(settings):
        return
    found = {item["key"]: item["value"] for item in rest(settings, "/jobmanager/config")}
    ours = settings.state_dir.resolve()
    # A copy of a folder has its name, and is another one.
    if (found.get(INSTANCE), found.get(HOME)) != (instance_id(settings), str(ours)):
        raise NotReadyError(
            f"the Flink at {settings.flink_address} is of {found.get(HOME, 'something else')}, not "
            f"of {ours}"
        )


def check_job_manager(settings: FlinkSettings) -> None:
    """:raises NotReadyError: the REST endpoint does not answer."""
    rest(settings, "/overview")


def check_task_manager(settings: FlinkSettings) -> None:
    """:raises NotReadyError: no TaskManager has registered its slots, or it is gone since."""
    registered = rest(settings, "/taskmanagers")["taskmanagers"]
    addresses = [re.search(r"@([\w.-]+):(\d+)/", manager["path"]) for manager in registered]
    if not any(address and is_listening(address[1], int(address[2])) for address in addresses):
        raise NotReadyError("no TaskManager has registered yet")


def is_listening(host: str, port: int) -> bool:
    """Whether a connection is accepted; a cluster lists the dead for a while."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
