"""Lists and numbers that the documents repeat are those of the code."""

import re
from pathlib import Path

import pytest

from flink_jobs.feature_registry import feature_registry
from flink_jobs.flink_options import OPTIONS
from flink_jobs.history import DAY_MS
from flink_jobs.job import SQL_ROOT
from flink_jobs.score_payments import JOB
from swipestream.cases import program as desk
from swipestream.dashboards import superset
from swipestream.decisions import program as decision_api
from swipestream.features.feature_table import PAGE, feature_table, with_table
from swipestream.jobs.upgrade.accounts import HISTORY_DAYS
from swipestream.operate.programs import programs
from swipestream.reasons import codes
from swipestream.settings import REPO_ROOT, Settings
from tests.docs.documents import section
from tests.sql.reject_reasons import (
    HISTORY_REASONS,
    LABEL_FORM_REASONS,
    LABEL_REASONS,
    PAYMENT_REASONS,
    of_the_reader,
)
from udfs.model_watcher import ModelWatcher

DOCS = REPO_ROOT / "docs"
ARCHITECTURE = DOCS / "architecture.md"
WINDOWS = JOB.histories["history/card_activity"]
FORGOTTEN = f"{WINDOWS.forgotten_ms // DAY_MS} days"


def first_cells(table: str) -> list[str]:
    """What stands in backticks at the beginning of a table's rows."""
    return [
        cell
        for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
        for cell in re.findall(r"`([^`]+)`", row)
    ]


def test_every_reason_to_reject_is_explained() -> None:
    given = PAYMENT_REASONS | HISTORY_REASONS | of_the_reader()
    page = DOCS / "rejected_payments.md"
    explained = first_cells(section(page, "Fields")) + first_cells(section(page, "Messages"))
    assert len(explained) == len(set(explained))
    assert set(explained) == given


def test_every_reason_to_reject_a_label_is_explained() -> None:
    explained = first_cells(section(DOCS / "labels.md", "Rejected labels"))
    assert len(explained) == len(set(explained))
    assert set(explained) == LABEL_REASONS | LABEL_FORM_REASONS


def test_the_table_of_features_is_what_the_sql_says() -> None:
    page = PAGE.read_text("utf-8")
    table = feature_table(feature_registry(JOB).values())
    assert with_table(page, table) == page, "run `make feature-table`"
    assert first_cells(section(PAGE, "The features")) == list(JOB.model_features)


def test_every_code_of_a_reason_is_explained() -> None:
    rows = re.findall(
        r"^\| (`.+?`) \| (.*?) \| (.*?) \|$", section(DOCS / "reasons.md", "Codes"), re.M
    )
    assert rows == [
        (f"`{code.code}`", code.about, code.for_customers or "nothing") for code in codes.CODES
    ]


def names_in_status(settings: Settings) -> list[str]:
    """The programs and, after each, its parts."""
    return [
        name
        for program in programs(settings)
        for name in (program.name, *(part.name for part in program.parts))
    ]


def test_every_process_is_described(tmp_path: Path) -> None:
    described = first_cells(section(ARCHITECTURE, "Processes"))
    without = names_in_status(Settings(home=str(tmp_path)))
    settings = Settings(home=str(tmp_path), retrain_schedule="30 3 * * *")
    decision_api.want(settings, True)
    desk.want(settings, True)
    superset.want(settings, True)
    assert [name for name in described if " " not in name] == names_in_status(settings)
    assert set(described) - set(without) >= {
        *("alert-cases", "retraining", "pipeline-record", "superset", "decision-api", "desk"),
    }


def test_the_recipe_for_a_feature_names_every_file() -> None:
    recipe = (DOCS / "cookbook/add_a_feature.md").read_text("utf-8")
    files = [*SQL_ROOT.rglob("*.sql"), *(REPO_ROOT / "swipestream").rglob("*.py")]
    for file in files:
        path = str(file.relative_to(REPO_ROOT))
        if "card_merchant_count_24h" in file.read_text("utf-8"):
            is_named = path in recipe or path.startswith("sql/postgres/migrations")
            assert is_named, f"{path} needs a line for each feature, but the recipe omits it"


@pytest.mark.parametrize(
    "fact",
    [
        f"{WINDOWS.kept_ms // DAY_MS} days before the card's newest one, {WINDOWS.most:,} at most",
        f"More than {WINDOWS.kept_ms // DAY_MS} days behind it is rejected",
        f"without payments for {FORGOTTEN} is forgotten",
        f"reading the last {HISTORY_DAYS} days again",
        f"Flink saves its state every {Settings().checkpoint_seconds} s",
        f"sends records on every {OPTIONS['execution.buffer-timeout.interval']}",
        f"at most every {OPTIONS['swipestream.bundle.least-interval']}",
        f"{int(OPTIONS['python.fn-execution.bundle.size']):,} payments or "
        f"{OPTIONS['swipestream.bundle.longest']}",
        f"{OPTIONS['python.fn-execution.bundle.time']} ms instead",
    ],
)
def test_architecture_states_the_numbers_of_the_code(fact: str) -> None:
    assert fact in " ".join(ARCHITECTURE.read_text("utf-8").split())


@pytest.mark.parametrize(
    ("file", "setting"),
    [
        ("intake/payments_checked", "INTERVAL '5' MINUTE"),
        ("enrich/customers", "'lookup.cache.expire-after' = '10 min'"),
        ("decide/decision_policies", "'lookup.cache.expire-after' = '2 s'"),
        ("store/inserts/rejected_payments", f"more than {WINDOWS.kept_ms // DAY_MS} days before"),
    ],
)
def test_times_that_the_documents_repeat_have_not_changed(file: str, setting: str) -> None:
    assert setting in JOB.path(file).read_text("utf-8"), "change docs/architecture.md as well"


def test_two_seconds_of_attention() -> None:
    defaults = ModelWatcher.__init__.__defaults__ or ()
    assert 2.0 in defaults, "docs/ say that a worker looks for a champion every 2 seconds"
