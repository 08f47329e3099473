"""Every setting: from the environment, then `.env`, then the default here."""

import dataclasses
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import SplitResult, unquote, urlencode, urlsplit

from swipestream.errors import SettingError

REPO_ROOT = Path(__file__).resolve().parents[1]
ENV_FILE = REPO_ROOT / ".env"
LOOPBACK = "127.0.0.1"
# The embedded database, and the user who owns its tables.
OWNER = "swipestream"
# Superset's own database, and its user.
SUPERSET = "superset"
SECURITY_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
SASL_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
# How the TaskManager's JVM compiles code.
JIT_MODES = ("auto", "quick", "peak")
GC_MODES = ("g1", "parallel")
WITHOUT_DATABASE = ("answer", "refuse")
STATE_BACKENDS = ("hashmap", "rocksdb")
# With less, a TaskManager runs out of memory before it scores a payment.
LEAST_HEAP_MB = 512


def setting(
    name: str, default: Any, comment: str, *, is_secret: bool = False, least: int = 1
) -> Any:
    """
    Declare one setting of `Settings`.

    :param name: the environment variable.
    :param default: its value when unset or empty; the type of the default is the setting's type.
    :param comment: what it means, shown in `.env.example`.
    :param is_secret: kept out of `repr` and of error messages.
    :param least: the smallest number that works.
    """
    metadata = {"env": name, "comment": comment, "is_secret": is_secret, "least": least}
    return field(default=default, metadata=metadata, repr=not is_secret)


@dataclass(frozen=True)
class Settings:
    """What may differ between machines; windows and thresholds are SQL instead."""

    home: str = setting(
        "SWIPESTREAM_HOME",
        "",
        "Folder for data, logs, secrets and models. Default: .swipestream/ here.",
    )
    cache: str = setting(
        "SWIPESTREAM_CACHE",
        "",
        "Folder for downloaded and compiled jars. Default: ~/.cache/swipestream.",
    )
    maven_mirror: str = setting(
        "MAVEN_MIRROR",
        "",
        "URL of a Maven repository to fetch jars from instead of the public one.",
    )

    kafka_bootstrap: str = setting(
        "KAFKA_BOOTSTRAP",
        "",
        "host:port of your own Kafka; the embedded one is then not started.",
    )
    kafka_security_protocol: str = setting(
        "KAFKA_SECURITY_PROTOCOL",
        "PLAINTEXT",
        "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; the embedded Kafka serves only this one.",
    )
    kafka_ssl_ca: str = setting(
        "KAFKA_SSL_CA",
        "",
        "PEM file of the CA that signed Kafka's certificate. Default: the system's CAs.",
    )
    kafka_sasl_mechanism: str = setting(
        "KAFKA_SASL_MECHANISM",
        "PLAIN",
        "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, for the SASL_ protocols.",
    )
    kafka_sasl_username: str = setting(
        "KAFKA_SASL_USERNAME", "swipestream", "Kafka user, for the SASL_ protocols."
    )
    kafka_sasl_password: str = setting(
        "KAFKA_SASL_PASSWORD",
        "",
        "Password of that user. The embedded Kafka's own is in secrets.env.",
        is_secret=True,
    )
    database_url: str = setting(
        "DATABASE_URL",
        "",
        "postgresql://user:password@host:port/database of your own Postgres; the embedded one is "
        "then not started.",
        is_secret=True,
    )
    stream_database_url: str = setting(
        "STREAM_DATABASE_URL",
        "",
        "The same database as a user with fewer privileges, for the job. Default: DATABASE_URL.",
        is_secret=True,
    )
    dashboards_database_url: str = setting(
        "DASHBOARDS_DATABASE_URL",
        "",
        "The same database as the dashboards' read-only user. Required with DATABASE_URL.",
        is_secret=True,
    )
    decisions_database_url: str = setting(
        "DECISIONS_DATABASE_URL",
        "",
        "The same database as the decision API's user. Required with DATABASE_URL.",
        is_secret=True,
    )
    superset_database_url: str = setting(
        "SUPERSET_DATABASE_URL",
        "",
        "A database for Superset's own tables. Required with DATABASE_URL.",
        is_secret=True,
    )
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

    kafka_port: int = setting("KAFKA_PORT", 19092, "Port of the embedded Kafka, loopback only.")
    kafka_controller_port: int = setting(
        "KAFKA_CONTROLLER_PORT", 19093, "Port of its KRaft controller."
    )
    postgres_port: int = setting(
        "POSTGRES_PORT", 15432, "Port of the embedded Postgres, loopback only."
    )
    flink_rest_port: int = setting(
        "FLINK_REST_PORT", 18081, "Port of Flink's REST endpoint and web page."
    )
    flink_rpc_port: int = setting(
        "FLINK_RPC_PORT", 16123, "Port on which TaskManagers reach Flink's JobManager."
    )
    flink_blob_port: int = setting("FLINK_BLOB_PORT", 16124, "Port of Flink's file server.")
    superset_port: int = setting("SUPERSET_PORT", 18088, "Port of the dashboards, loopback only.")
    api_port: int = setting("API_PORT", 18090, "Port of the decision API.")
    mlflow_port: int = setting("MLFLOW_PORT", 15000, "Port of `swipestream mlflow`.")

    kafka_heap_mb: int = setting("KAFKA_HEAP_MB", 320, "Java heap of the embedded Kafka.")
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
    )
    flink_taskmanager_gc: str = setting(
        "FLINK_TASKMANAGER_GC",
        "g1",
        "Garbage collector. g1: pauses of a fraction of a second; parallel: more payments a "
        "second, with an occasional pause of several seconds.",
    )
    flink_state_backend: str = setting(
        "FLINK_STATE_BACKEND",
        "hashmap",
        "Where the job keeps each card's state. hashmap: in the Java heap; rocksdb: on disk, for "
        "more state than the heap holds, at several times the cost per payment.",
    )
    flink_slots: int = setting("FLINK_SLOTS", 6, "Task slots of the embedded TaskManager.")
    checkpoint_seconds: int = setting(
        "CHECKPOINT_SECONDS",
        10,
        "Seconds between Flink's checkpoints; limits the replay after a crash.",
    )
    postgres_run_as: str = setting(
        "POSTGRES_RUN_AS",
        "nobody",
        "System user to run Postgres as when started by root, because Postgres refuses root.",
    )
    postgres_root: str = setting(
        "POSTGRES_ROOT",
        "/var/lib/swipestream",
        "Its folder in that case, because that user may not have access to SWIPESTREAM_HOME.",
    )

    api_host: str = setting(
        "API_HOST",
        LOOPBACK,
        "Address the decision API listens on; another one needs a certificate.",
    )
    api_tls_certificate: str = setting(
        "API_TLS_CERTIFICATE", "", "PEM file of the decision API's certificate, for HTTPS."
    )
    api_tls_key: str = setting("API_TLS_KEY", "", "PEM file of that certificate's private key.")
    api_budget_ms: int = setting(
        "API_BUDGET_MS",
        50,
        "Milliseconds after which the decision API answers by rules, without the history.",
    )
    api_without_database: str = setting(
        "API_WITHOUT_DATABASE",
        "answer",
        "What the decision API does while the database is away. answer: by rules; refuse: 503.",
    )

    payments_topic: str = setting("PAYMENTS_TOPIC", "payments", "Topic of payments to score.")
    alerts_topic: str = setting("ALERTS_TOPIC", "alerts", "Topic of payments to review or block.")
    labels_topic: str = setting("LABELS_TOPIC", "labels", "Topic of fraud labels.")
    payments_partitions: int = setting(
        "PAYMENTS_PARTITIONS", 2, "Partitions of the payments topic when it is created."
    )
    parallelism: int = setting("PARALLELISM", 1, "Parallel copies of each step of a Flink job.")
    model_dir: str = setting(
        "MODEL_DIR", "", "Folder of model bundles. Default: models/ in SWIPESTREAM_HOME."
    )
    sql_dir: str = setting("SQL_DIR", "", "Folder of the jobs' SQL. Default: sql/ in this folder.")
    card_hash_key: str = setting(
        "CARD_HASH_KEY",
        "",
        "Key for hashing card numbers. Default: generated at first start, in secrets.env.",
        is_secret=True,
    )

    # Not settings: read from secrets.env, which the first start writes.
    postgres_password: str = field(default="", repr=False)
    postgres_admin_password: str = field(default="", repr=False)
    postgres_stream_password: str = field(default="", repr=False)
    postgres_api_password: str = field(default="", repr=False)
    postgres_decisions_password: str = field(default="", repr=False)
    postgres_dashboards_password: str = field(default="", repr=False)
    embedded_kafka_password: str = field(default="", repr=False)
    embedded_flink_password: str = field(default="", repr=False)
    superset_database_password: str = field(default="", repr=False)
    superset_secret_key: str = field(default="", repr=False)
    superset_admin_password: str = field(default="", repr=False)
    superset_analyst_password: str = field(default="", repr=False)

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, env_file: Path = ENV_FILE) -> Self:
        """
        Read the environment, then `.env`, then the defaults.

        :param environ: replaces the process's environment.
        :param env_file: lines NAME=value; need not exist.
        :raises SettingError: a value of the wrong type.
        """
        values = read_env_file(env_file) | dict(os.environ if environ is None else environ)
        given: dict[str, Any] = {
            item.name: parse(item, values[item.metadata["env"]])
            for item in fields()
            if values.get(item.metadata["env"], "").strip()
        }
        settings = cls(**given)
        settings.check()
        return settings.with_secrets()

    def check(self) -> None:
        """:raises SettingError: a value that cannot work."""
        for item in fields():
            value = getattr(self, item.name)
            if item.name.endswith("_port") and not 0 < value < 65536:
                raise SettingError(
                    f"{item.metadata['env']}={value} is not a port", "use a number from 1 to 65535"
                )
            least = item.metadata["least"]
            if isinstance(value, int) and value < least:
                raise SettingError(
                    f"{item.metadata['env']}={value} is below {least}", f"use at least {least}"
                )
        heap = self.flink_taskmanager_heap_mb
        if 0 < heap < LEAST_HEAP_MB:
            raise SettingError(
                f"FLINK_TASKMANAGER_HEAP_MB={heap} is below {LEAST_HEAP_MB}, too small for the job",
                f"use at least {LEAST_HEAP_MB}, or 0 for a sixth of the machine's memory",
            )
        for name, value in (
            ("DATABASE_URL", self.database_url),
            ("STREAM_DATABASE_URL", self.stream_database_url),
            ("DASHBOARDS_DATABASE_URL", self.dashboards_database_url),
            ("DECISIONS_DATABASE_URL", self.decisions_database_url),
            ("SUPERSET_DATABASE_URL", self.superset_database_url),
        ):
            if value:
                check_database_url(name, value)
        if self.stream_database_url and not self.database_url:
            raise SettingError(
                "STREAM_DATABASE_URL is set and DATABASE_URL is not",
                "set both for your own Postgres, or neither for the embedded one",
            )
        check_choice("FLINK_TASKMANAGER_JIT", self.flink_taskmanager_jit, JIT_MODES)
        check_choice("FLINK_TASKMANAGER_GC", self.flink_taskmanager_gc, GC_MODES)
        check_choice("FLINK_STATE_BACKEND", self.flink_state_backend, STATE_BACKENDS)
        check_choice("API_WITHOUT_DATABASE", self.api_without_database, WITHOUT_DATABASE)
        self.check_kafka_security()

    def check_kafka_security(self) -> None:
        """:raises SettingError: the KAFKA_ settings contradict each other."""
        for name, value, allowed in (
            ("KAFKA_SECURITY_PROTOCOL", self.kafka_security_protocol, SECURITY_PROTOCOLS),
            ("KAFKA_SASL_MECHANISM", self.kafka_sasl_mechanism, SASL_MECHANISMS),
        ):
            check_choice(name, value, allowed)
        if any(character in self.kafka_sasl_password for character in "'\"\n"):
            raise SettingError("KAFKA_SASL_PASSWORD has a quotation mark", "use another password")
        if self.kafka_bootstrap:
            if self.kafka_uses_sasl and not self.kafka_sasl_password:
                raise SettingError(
                    f"KAFKA_SECURITY_PROTOCOL={self.kafka_security_protocol} needs "
                    "KAFKA_SASL_PASSWORD",
                    "set it in .env, with KAFKA_SASL_USERNAME",
                )
            return
        if self.kafka_sasl_password or self.kafka_ssl_ca:
            raise SettingError(
                "KAFKA_SASL_PASSWORD and KAFKA_SSL_CA need KAFKA_BOOTSTRAP",
                "set KAFKA_BOOTSTRAP, or unset them: the embedded Kafka makes its own",
            )
        if not re.fullmatch(r"\w+", self.kafka_sasl_username, re.ASCII):
            raise SettingError(
                f"KAFKA_SASL_USERNAME={self.kafka_sasl_username} does not suit the embedded Kafka",
                "use letters, digits and _",
            )
        if self.kafka_sasl_mechanism != "PLAIN":
            raise SettingError(
                f"the embedded Kafka has no user for KAFKA_SASL_MECHANISM="
                f"{self.kafka_sasl_mechanism}",
                "use PLAIN, or your own Kafka with KAFKA_BOOTSTRAP",
            )

    def with_secrets(self) -> Self:
        """The same settings with the secrets in `secrets.env`, if it exists."""
        secrets = read_env_file(self.secrets_file)
        return dataclasses.replace(
            self,
            postgres_password=secrets.get("POSTGRES_PASSWORD", ""),
            postgres_admin_password=secrets.get("POSTGRES_ADMIN_PASSWORD", ""),
            postgres_stream_password=secrets.get("POSTGRES_STREAM_PASSWORD", ""),
            postgres_api_password=secrets.get("POSTGRES_API_PASSWORD", ""),
            postgres_decisions_password=secrets.get("POSTGRES_DECISIONS_PASSWORD", ""),
            postgres_dashboards_password=secrets.get("POSTGRES_DASHBOARDS_PASSWORD", ""),
            embedded_kafka_password=secrets.get("KAFKA_PASSWORD", ""),
            embedded_flink_password=secrets.get("FLINK_PASSWORD", ""),
            superset_database_password=secrets.get("SUPERSET_DATABASE_PASSWORD", ""),
            superset_secret_key=secrets.get("SUPERSET_SECRET_KEY", ""),
            superset_admin_password=secrets.get("SUPERSET_ADMIN_PASSWORD", ""),
            superset_analyst_password=secrets.get("SUPERSET_ANALYST_PASSWORD", ""),
            card_hash_key=self.card_hash_key or secrets.get("CARD_HASH_KEY", ""),
        )

    @property
    def state_dir(self) -> Path:
        """Folder of data, logs, secrets and models."""
        return Path(self.home).expanduser().absolute() if self.home else REPO_ROOT / ".swipestream"

    @property
    def cache_dir(self) -> Path:
        """Folder of downloads, shared by all work trees."""
        if self.cache:
            return Path(self.cache).expanduser().absolute()
        return Path("~/.cache/swipestream").expanduser()

    @property
    def models_dir(self) -> Path:
        """Model bundles, one folder per version, and the file `champion`."""
        return Path(self.model_dir).expanduser() if self.model_dir else self.state_dir / "models"

    @property
    def world_dir(self) -> Path:
        """The simulated world's history."""
        return self.state_dir / "world"

    @property
    def secrets_file(self) -> Path:
        """Generated passwords; readable by its owner only."""
        return self.state_dir / "secrets.env"

    @property
    def kafka_address(self) -> str:
        """Bootstrap servers, external or embedded."""
        return self.kafka_bootstrap or f"{LOOPBACK}:{self.kafka_port}"

    @property
    def kafka_uses_sasl(self) -> bool:
        """Whether Kafka asks for a user and a password."""
        return self.kafka_security_protocol.startswith("SASL_")

    @property
    def kafka_uses_tls(self) -> bool:
        """Whether connections to Kafka are encrypted."""
        return self.kafka_security_protocol.endswith("SSL")

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
        return f"{OWNER}:{password}" if password else ""

    @property
    def postgres_url(self) -> str:
        """
        Address for psycopg of the database's owner, external or embedded; holds the password.

        :raises SettingError: the embedded Postgres was never started, so it has no password yet.
        """
        return self.database_url or self.role_url(OWNER)

    @property
    def stream_url(self) -> str:
        """
        The same for the user of the job and of the program that stores rejected payloads.

        :raises SettingError: as `postgres_url`.
        """
        return self.stream_database_url or self.database_url or self.role_url(f"{OWNER}_stream")

    @property
    def dashboards_url(self) -> str:
        """
        The same for the dashboards' read-only user.

        :raises SettingError: as `postgres_url`, or DATABASE_URL without such a user.
        """
        if self.database_url and not self.dashboards_database_url:
            raise SettingError(
                "DATABASE_URL is set and DASHBOARDS_DATABASE_URL is not",
                "make the user swipestream_dashboards (docs/security.md) and set it",
            )
        return self.dashboards_database_url or self.role_url(f"{OWNER}_dashboards")

    @property
    def decisions_url(self) -> str:
        """
        The same for the decision API's user.

        :raises SettingError: as `dashboards_url`.
        """
        if self.database_url and not self.decisions_database_url:
            raise SettingError(
                "DATABASE_URL is set and DECISIONS_DATABASE_URL is not",
                "make the user swipestream_decisions (docs/security.md) and set it",
            )
        return self.decisions_database_url or self.role_url(f"{OWNER}_decisions")

    @property
    def superset_url(self) -> str:
        """
        Address of Superset's own database.

        :raises SettingError: as `dashboards_url`.
        """
        if self.database_url and not self.superset_database_url:
            raise SettingError(
                "DATABASE_URL is set and SUPERSET_DATABASE_URL is not",
                "make an empty database for Superset and set it",
            )
        password = self.superset_database_password
        return self.superset_database_url or (
            f"postgresql://{SUPERSET}:{password}@{LOOPBACK}:{self.postgres_port}/{SUPERSET}"
        )

    def role_password(self, role: str) -> str:
        """
        The password of a user of the embedded database; empty before its first start.

        :param role: such as "swipestream_api".
        """
        return str(getattr(self, f"{role}_password".replace(OWNER, "postgres", 1)))

    def role_url(self, role: str) -> str:
        """
        Address for psycopg of a user of the embedded database.

        :param role: as for `role_password`.
        :raises SettingError: as `postgres_url`.
        """
        password = self.role_password(role)
        if not password:
            raise SettingError(
                f"{self.secrets_file} has no database password for {role}",
                "run `swipestream up`, or set DATABASE_URL",
            )
        return f"postgresql://{role}:{password}@{LOOPBACK}:{self.postgres_port}/{OWNER}"

    @property
    def jdbc_url(self) -> str:
        """The address in `stream_url` for JDBC, without user and password."""
        url = self._split_stream_url
        options = urlencode({"reWriteBatchedInserts": "true"})
        query = "&".join(part for part in (url.query, options) if part)
        return f"jdbc:postgresql://{url.hostname}:{url.port or 5432}{url.path}?{query}"

    @property
    def jdbc_user(self) -> str:
        """User name for JDBC."""
        return unquote(self._split_stream_url.username or "")

    @property
    def jdbc_password(self) -> str:
        """Password for JDBC."""
        return unquote(self._split_stream_url.password or "")

    @property
    def _split_stream_url(self) -> SplitResult:
        return urlsplit(self.stream_url)


def check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """
    :param name: of the setting.
    :raises SettingError: not one of the values allowed.
    """
    if value not in allowed:
        raise SettingError(f"{name}={value} is not known", f"use {', '.join(allowed)}")


def check_database_url(name: str, value: str) -> None:
    """
    :param name: of the setting.
    :raises SettingError: not an address of Postgres with a user and a password.
    """
    url = urlsplit(value)
    hint = "write it as postgresql://user:password@host:port/database"
    if not (url.scheme.startswith("postgres") and url.hostname and url.path.strip("/")):
        raise SettingError(f"{name} is not a Postgres address", hint)
    if not (url.username and url.password):
        raise SettingError(f"{name} lacks a user or a password, and Flink needs both", hint)


def fields() -> list[dataclasses.Field[Any]]:
    """The settings in the order they are declared."""
    return [item for item in dataclasses.fields(Settings) if "env" in item.metadata]


def parse(item: "dataclasses.Field[Any]", text: str) -> str | int:
    """
    :param item: one of `fields()`.
    :param text: its value as written.
    :raises SettingError: not a whole number where one is needed.
    """
    if not isinstance(item.default, int):
        return text.strip()
    try:
        return int(text)
    except ValueError:
        name = item.metadata["env"]
        raise SettingError(
            f"{name}={text} is not a whole number", f"write for example {name}={item.default}"
        ) from None


def read_env_file(path: Path) -> dict[str, str]:
    """
    Read lines NAME=value; `#` starts a comment line, quotes around a value are dropped.

    :raises SettingError: a line without `=`, or a file that cannot be read.
    """
    try:
        lines = path.read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SettingError(
            f"{path} cannot be read: {error.strerror}", "give it to the user who runs swipestream"
        ) from None
    values = {}
    for number, raw in enumerate(lines, start=1):
        line = raw.strip().removeprefix("export ")
        if not line or line.startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator:
            raise SettingError(f"{path}:{number} is not NAME=value", "see .env.example")
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        values[name.strip()] = value
    return values


def example_text() -> str:
    """What `.env.example` must contain: every setting, its comment, its default."""
    lines = [
        "# Copy to .env and change what you need. The environment overrides .env.",
        "# Written by: .venv/bin/python -m swipestream.settings > .env.example",
    ]
    for item in fields():
        lines += ["", f"# {item.metadata['comment']}", f"{item.metadata['env']}={item.default}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(example_text())
