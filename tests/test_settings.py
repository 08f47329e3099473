"""Settings: every one is documented, typed, and refused with a hint when it cannot work."""

from pathlib import Path

import pytest

from swipestream.errors import SettingError
from swipestream.settings import (
    REPO_ROOT,
    DatabaseSettings,
    KafkaSettings,
    Settings,
    TopicSettings,
    example_text,
    fields,
)

NO_FILE = Path("/nonexistent/.env")


def load(home: Path, **environ: str) -> Settings:
    return Settings.load({"SWIPESTREAM_HOME": str(home)} | environ, NO_FILE)


def test_env_example_lists_every_setting() -> None:
    assert (REPO_ROOT / ".env.example").read_text() == example_text(), (
        "write it again: .venv/bin/python -m swipestream.settings > .env.example"
    )


def test_every_setting_has_a_name_of_its_own_and_a_comment() -> None:
    names = [item.metadata["env"] for item in fields()]
    assert len(names) == len(set(names))
    assert all(item.metadata["comment"].endswith(".") for item in fields())


def test_the_example_taken_as_it_is_changes_nothing(tmp_path: Path) -> None:
    example = tmp_path / ".env"
    example.write_text(example_text())
    assert Settings.load({}, example) == Settings.load({}, NO_FILE)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# mine\nKAFKA_PORT=1000\nexport POSTGRES_PORT='2000'\n")
    settings = Settings.load({"KAFKA_PORT": "3000"}, file)
    assert (settings.kafka_port, settings.postgres_port) == (3000, 2000)


@pytest.mark.parametrize(
    ("name", "value", "fact"),
    [
        ("KAFKA_PORT", "soon", "KAFKA_PORT=soon is not a whole number"),
        ("KAFKA_PORT", "70000", "KAFKA_PORT=70000 is not a port"),
        ("PARALLELISM", "0", "PARALLELISM=0 is below 1"),
        ("FLINK_TASKMANAGER_JIT", "fast", "FLINK_TASKMANAGER_JIT=fast is not known"),
        ("DATABASE_URL", "mysql://a:b@c/d", "DATABASE_URL is not a Postgres address"),
        ("DATABASE_URL", "postgresql://someone@db/x", "DATABASE_URL lacks a user or a password"),
    ],
)
def test_a_value_that_cannot_work_is_refused(
    tmp_path: Path, name: str, value: str, fact: str
) -> None:
    with pytest.raises(SettingError, match=fact) as caught:
        load(tmp_path, **{name: value})
    assert caught.value.hint


def test_a_line_that_is_no_setting_is_refused(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("KAFKA_PORT 1000\n")
    with pytest.raises(SettingError, match=r"\.env:1 is not NAME=value"):
        Settings.load({}, file)


def test_a_database_of_the_user_is_given_to_jdbc_in_parts(tmp_path: Path) -> None:
    url = "postgresql://ann:p%40ss@db.example:5433/cards?sslmode=require"
    settings = load(tmp_path, DATABASE_URL=url)
    assert settings.jdbc_url == (
        "jdbc:postgresql://db.example:5433/cards?sslmode=require&reWriteBatchedInserts=true"
    )
    assert (settings.jdbc_user, settings.jdbc_password) == ("ann", "p@ss")


def test_the_embedded_database_has_no_address_before_its_first_start(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="no database password for swipestream") as caught:
        _ = load(tmp_path).postgres_url
    assert "swipestream up" in caught.value.hint


def test_secrets_stay_out_of_repr(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text("POSTGRES_PASSWORD=hush\nPOSTGRES_ADMIN_PASSWORD=hush\n")
    settings = load(tmp_path, CARD_HASH_KEY="hush", DATABASE_URL="postgresql://a:hush@h/d")
    assert "hush" not in repr(settings)


@pytest.mark.parametrize("heap", ["1", "256", "511"])
def test_error_a_heap_that_no_job_runs_in(tmp_path: Path, heap: str) -> None:
    with pytest.raises(SettingError, match=f"FLINK_TASKMANAGER_HEAP_MB={heap} is below 512"):
        load(tmp_path, FLINK_TASKMANAGER_HEAP_MB=heap)


def test_a_heap_that_is_left_to_the_machine_is_fine(tmp_path: Path) -> None:
    assert load(tmp_path, FLINK_TASKMANAGER_HEAP_MB="0").flink_taskmanager_heap_mb == 0
    assert load(tmp_path, FLINK_TASKMANAGER_HEAP_MB="512").flink_taskmanager_heap_mb == 512


def test_a_part_reads_only_its_own_variables(tmp_path: Path) -> None:
    environ = {"SWIPESTREAM_HOME": str(tmp_path), "KAFKA_PORT": "1000", "POSTGRES_PORT": "soon"}
    assert KafkaSettings.load(environ, NO_FILE).kafka_port == 1000
    with pytest.raises(SettingError, match="POSTGRES_PORT=soon is not a whole number"):
        DatabaseSettings.load(environ, NO_FILE)


def test_a_part_has_the_checks_and_the_passwords_of_all_it_is_made_of(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text("KAFKA_PASSWORD=one\nPOSTGRES_PASSWORD=two\n")
    environ = {"SWIPESTREAM_HOME": str(tmp_path)}
    settings = TopicSettings.load(environ, NO_FILE)
    assert settings.embedded_kafka_password == "one"
    assert "two" in settings.postgres_url
    for wrong in ({"KAFKA_SSL_CA": "ca.pem"}, {"DATABASE_URL": "mysql://a:b@c/d"}):
        with pytest.raises(SettingError):
            TopicSettings.load(environ | wrong, NO_FILE)
