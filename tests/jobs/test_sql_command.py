"""`swipestream sql show` prints what Flink runs, without a stack and without secrets."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from flink_jobs.job import SQL_ROOT
from flink_jobs.score_payments import JOB
from swipestream.cli import main
from swipestream.jobs.shown_sql import table_columns

PASSWORD = "not-to-be-shown"


def show(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["sql", "show", *arguments])


@pytest.mark.parametrize(
    "name",
    [
        "card_activity",
        "history/card_activity",
        "sql/payments/history/card_activity.sql",
        str(JOB.path("history/card_activity")),
    ],
)
def test_windows_are_shown_as_the_call_that_computes_them(name: str) -> None:
    result = show(name)
    assert result.exit_code == 0, result.output
    assert result.stdout == JOB.statement("history/card_activity", {})
    assert "FROM trailing_windows(" in result.stdout


def test_every_file_can_be_shown_before_the_first_start() -> None:
    listed = show("--list")
    assert listed.stdout.split() == list(JOB.files)
    for file in JOB.files:
        result = show(file)
        assert result.exit_code == 0, result.output
        assert result.stdout.endswith("\n")


def test_the_files_of_another_job() -> None:
    result = show("--job", "load_labels", "--list")
    first = result.stdout.split()[0]
    assert "CREATE TEMPORARY TABLE" in show("--job", "load_labels", first).stdout


def test_settings_are_filled_in_and_secrets_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYMENTS_TOPIC", "card_payments")
    monkeypatch.setenv("DATABASE_URL", f"postgresql://me:{PASSWORD}@db.example:5433/payments")
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "kafka.example:9093")
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", PASSWORD)
    topic, table = show("payments_topic").stdout, show("store/tables/scored_payments").stdout
    assert "'topic' = 'card_payments'" in topic
    assert "'properties.bootstrap.servers' = 'kafka.example:9093'" in topic
    assert "'properties.sasl.jaas.config' = '${KAFKA_JAAS}'" in topic
    assert "//db.example:5433/payments" in table
    assert "'password' = '${POSTGRES_PASSWORD}'" in table
    assert PASSWORD not in topic + table


def test_what_cannot_be_known_yet_keeps_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    # The embedded broker makes its certificate when it first starts.
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SSL")
    result = show("payments_topic")
    assert result.exit_code == 0, result.output
    assert "'topic' = '${PAYMENTS_TOPIC}'" in result.stdout


def test_the_star_of_an_insert_is_the_columns_of_its_table() -> None:
    shown = show("store/inserts/conflicting_payments").stdout
    columns = table_columns(JOB, "conflicting_payments")
    made = ["kafka_topic", "reason"]
    taken = [name for name in columns if name not in made]
    assert f"INSERT INTO conflicting_payments ({', '.join(taken + made)})\n" in shown
    assert f"SELECT {', '.join(taken)},\n" in shown


def test_a_table_like_another_has_its_columns() -> None:
    columns = table_columns(JOB, "alerts_topic")
    assert columns == table_columns(JOB, "scored_payments")
    assert {"transaction_id", "event_time", "score", "decision"} <= set(columns)
    assert not {"PRIMARY", "CONSTRAINT"} & set(columns)


@pytest.mark.parametrize(
    ("name", "fact", "hint"),
    [
        ("card_activty", "score_payments has no file card_activty", "history/card_activity?"),
        ("history/card_activitys", "no file history/card_activitys", "history/card_activity?"),
        ("zzz", "score_payments has no file zzz", "--list shows"),
        ("scored_payments", "scored_payments is 2 files", "store/inserts/scored_payments"),
    ],
)
def test_a_name_that_is_no_file(name: str, fact: str, hint: str) -> None:
    result = show(name)
    assert result.exit_code == 1
    assert result.stdout == ""
    first, second = result.stderr.splitlines()
    assert fact in first
    assert hint in second


def test_no_such_job() -> None:
    result = show("--job", "score_payment", "--list")
    assert result.exit_code == 1
    assert "jobs there are: load_labels, score_payments" in result.stderr


def test_no_file_named() -> None:
    result = show()
    assert result.exit_code == 2
    assert "--list" in result.stderr


def test_a_window_that_is_not_known_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(SQL_ROOT, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "payments" / "history" / "card_activity.sql"
    file.write_text("CREATE TEMPORARY VIEW card_activity AS\nSELECT RANK() OVER w AS n FROM p\n")
    monkeypatch.setenv("SQL_DIR", str(tmp_path))
    result = show("card_activity")
    assert result.exit_code == 1
    assert "/payments/history/card_activity.sql:2: RANK() is not a window function" in result.stderr
    assert "hint: use COUNT" in result.stderr
