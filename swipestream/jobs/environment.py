"""A Flink job's parameters as environment variables: never on a command line."""

from pathlib import Path

from swipestream import kafka_security
from swipestream.settings import JobSettings


def job_environment(settings: JobSettings, *, bounded: bool = False) -> dict[str, str]:
    """
    Addresses, credentials and names for flink_jobs/.

    :param settings: after `up`, or with external services.
    :param bounded: end when the topic's present end is reached, instead of going on.
    :raises SettingError: the database has no password yet.
    """
    return {
        **kafka_security.job_options(settings),
        "POSTGRES_JDBC_URL": settings.jdbc_url,
        "POSTGRES_USER": settings.jdbc_user,
        "POSTGRES_PASSWORD": settings.jdbc_password,
        "PAYMENTS_TOPIC": settings.payments_topic,
        "ALERTS_TOPIC": settings.alerts_topic,
        "LABELS_TOPIC": settings.labels_topic,
        "MODEL_DIR": str(settings.models_dir),
        "PARALLELISM": str(settings.parallelism),
        "CHECKPOINT_SECONDS": str(settings.checkpoint_seconds),
        "SCAN_BOUNDED_MODE": "latest-offset" if bounded else "unbounded",
        "SQL_DIR": str(Path(settings.sql_dir).absolute()) if settings.sql_dir else "",
    }
