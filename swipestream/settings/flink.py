"""What Flink needs: its REST endpoint, the embedded cluster, how a job runs."""

from dataclasses import dataclass

from swipestream.errors import SettingError
from swipestream.settings.declared import LOOPBACK, generated, setting
from swipestream.settings.home import HomeSettings

# How the TaskManager's JVM compiles code.
JIT_MODES = ("auto", "quick", "peak")
GC_MODES = ("g1", "parallel")
STATE_BACKENDS = ("hashmap", "rocksdb")
# With less, a TaskManager runs out of memory before it scores a payment.
LEAST_HEAP_MB = 512
# Who may use the embedded cluster's REST endpoint.
REST_USER = "swipestream"


@dataclass(frozen=True)
class FlinkSettings(HomeSettings):
    """Flink, yours or the embedded one, and how its jobs run."""

    flink_rest: str = setting(
        "FLINK_REST",
        "",
        "host:port of your own Flink's REST endpoint; the embedded Flink is then not started.",
    )
    flink_rest_user: str = setting(
        "FLINK_REST_USER",
        "swipestream",
        "User for that endpoint, if it uses HTTP basic authentication.",
    )
    flink_rest_password: str = setting(
        "FLINK_REST_PASSWORD",
        "",
        "Password of that user. The embedded Flink's own is in secrets.env.",
        is_secret=True,
    )
    flink_remote_python: str = setting(
        "FLINK_REMOTE_PYTHON", "python3", "Python with PyFlink on that cluster's machines."
    )
    flink_rest_port: int = setting(
        "FLINK_REST_PORT", 18081, "Port of Flink's REST endpoint and web page."
    )
    flink_rpc_port: int = setting(
        "FLINK_RPC_PORT", 16123, "Port on which TaskManagers reach Flink's JobManager."
    )
    flink_blob_port: int = setting("FLINK_BLOB_PORT", 16124, "Port of Flink's file server.")
    flink_jobmanager_heap_mb: int = setting(
        "FLINK_JOBMANAGER_HEAP_MB", 384, "Java heap of the embedded JobManager."
    )
    flink_taskmanager_heap_mb: int = setting(
        "FLINK_TASKMANAGER_HEAP_MB",
        0,
        "Java heap of the embedded TaskManager; holds the windows and grows only as they do. "
        f"0: a sixth of the machine's memory, between 896 and 4096. At least {LEAST_HEAP_MB}.",
        least=0,
    )
    flink_taskmanager_jit: str = setting(
        "FLINK_TASKMANAGER_JIT",
        "auto",
        "JIT compiler. quick: warms up sooner after a start; peak: faster in the long run; "
        "auto: quick on fewer than 4 cores.",
        choices=JIT_MODES,
    )
    flink_taskmanager_gc: str = setting(
        "FLINK_TASKMANAGER_GC",
        "g1",
        "Garbage collector. g1: pauses of a fraction of a second; parallel: more payments a "
        "second, with an occasional pause of several seconds.",
        choices=GC_MODES,
    )
    flink_state_backend: str = setting(
        "FLINK_STATE_BACKEND",
        "hashmap",
        "Where the job keeps each card's state. hashmap: in the Java heap; rocksdb: on disk, for "
        "more state than the heap holds, at several times the cost per payment.",
        choices=STATE_BACKENDS,
    )
    flink_slots: int = setting("FLINK_SLOTS", 6, "Task slots of the embedded TaskManager.")
    checkpoint_seconds: int = setting(
        "CHECKPOINT_SECONDS",
        10,
        "Seconds between Flink's checkpoints; limits the replay after a crash.",
    )
    parallelism: int = setting("PARALLELISM", 1, "Parallel copies of each step of a Flink job.")
    embedded_flink_password: str = generated("FLINK_PASSWORD")

    def check(self) -> None:
        """:raises SettingError: a value that cannot work."""
        super().check()
        heap = self.flink_taskmanager_heap_mb
        if 0 < heap < LEAST_HEAP_MB:
            raise SettingError(
                f"FLINK_TASKMANAGER_HEAP_MB={heap} is below {LEAST_HEAP_MB}, too small for the job",
                f"use at least {LEAST_HEAP_MB}, or 0 for a sixth of the machine's memory",
            )

    @property
    def flink_address(self) -> str:
        """host:port of Flink's REST endpoint, external or embedded."""
        return self.flink_rest or f"{LOOPBACK}:{self.flink_rest_port}"

    @property
    def flink_login(self) -> str:
        """user:password for Flink's REST endpoint; "" if there is no password."""
        if not self.flink_rest:
            return self.embedded_flink_login
        password = self.flink_rest_password
        return f"{self.flink_rest_user}:{password}" if password else ""

    @property
    def embedded_flink_login(self) -> str:
        """The same for the embedded Flink; "" before its first start."""
        password = self.embedded_flink_password
        return f"{REST_USER}:{password}" if password else ""
