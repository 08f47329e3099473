"""Lists and numbers that the documents repeat are those of the code."""

import re
from pathlib import Path

import pytest

from flink_jobs.job import SQL_ROOT
from flink_jobs.profiles import ALWAYS, BULK, FLUSH_INTERVAL, IDLE_TIMEOUT, LATENCY
from flink_jobs.score_payments import JOB
from swipestream import heartbeat
from swipestream.dashboards import superset
from swipestream.settings import REPO_ROOT, Settings
from swipestream.stack.programs import programs
from tests.docs.documents import DOCUMENTS, anchors, section
from udfs.model_watcher import ModelWatcher

DOCS = REPO_ROOT / "docs"
ARCHITECTURE = DOCS / "architecture.md"


def first_cells(table: str) -> list[str]:
    """What stands in backticks at the beginning of a table's rows."""
    return [
        cell
        for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
        for cell in re.findall(r"`([^`]+)`", row)
    ]


def test_every_reason_to_reject_is_explained() -> None:
    given = {
        reason
        for file in ("payments_checked", "messages_rejected")
        for reason in re.findall(
            r"(?:THEN|ELSE)\s+'([^']+)'",
            re.sub(r"--[^\n]*", "", (SQL_ROOT / f"payments/sources/{file}.sql").read_text("utf-8")),
        )
    }
    page = DOCS / "rejected_payments.md"
    explained = first_cells(section(page, "Fields")) + first_cells(section(page, "Messages"))
    assert len(explained) == len(set(explained))
    assert set(explained) == given


def test_every_reason_to_reject_a_label_is_explained() -> None:
    given = {
        reason
        for file in ("label_fields", "labels_checked")
        for reason in re.findall(
            r"(?:THEN|ELSE)\s+'([^']+)'",
            re.sub(r"--[^\n]*", "", (SQL_ROOT / f"labels/sources/{file}.sql").read_text("utf-8")),
        )
    }
    explained = first_cells(section(DOCS / "labels.md", "Rejected labels"))
    assert len(explained) == len(set(explained))
    assert set(explained) == given


def test_the_list_of_features_is_the_models() -> None:
    pages = [page for page in DOCUMENTS if "features" in anchors(page)]
    assert ARCHITECTURE in pages
    for page in pages:
        assert first_cells(section(page, "Features")) == list(JOB.model_features)


def test_every_process_is_described(tmp_path: Path) -> None:
    described = first_cells(section(ARCHITECTURE, "Processes"))
    settings = Settings(home=str(tmp_path))
    without = [program.name for program in programs(settings)]
    superset.want(settings, True)
    assert [name for name in described if " " not in name] == [
        program.name for program in programs(settings)
    ]
    assert set(described) - set(without) >= {"pipeline-record", "superset"}


def test_the_recipe_for_a_feature_names_every_file() -> None:
    recipe = (DOCS / "cookbook/add_a_feature.md").read_text("utf-8")
    grepped = ("sql/payments/sinks", "sql/payments/inserts")
    files = [*SQL_ROOT.rglob("*.sql"), *(REPO_ROOT / "swipestream").rglob("*.py")]
    for file in files:
        path = str(file.relative_to(REPO_ROOT))
        if "card_merchant_count_24h" in file.read_text("utf-8"):
            is_named = path in recipe or path.startswith(("sql/postgres/migrations", *grepped))
            assert is_named, f"{path} needs a line for each feature, and the recipe does not say so"


@pytest.mark.parametrize(
    "fact",
    [
        "runs 50 ms behind",
        f"silent for {heartbeat.SILENCE_SECONDS * 1000:.0f} ms",
        f"less a margin of {heartbeat.MARGIN_SECONDS * 1000:.0f} ms",
        f"Ticks stop {heartbeat.ACTIVE_SECONDS:.0f} s after",
        f"Flink saves its state every {Settings().checkpoint_seconds} s",
        f"| watermark sent every | {LATENCY['pipeline.auto-watermark-interval']} "
        f"| {BULK['pipeline.auto-watermark-interval']} |",
        f"| network buffers sent after | {LATENCY['execution.buffer-timeout.interval']} "
        f"| {BULK['execution.buffer-timeout.interval']} |",
        f"| Python batch closed after | {LATENCY['python.fn-execution.bundle.time']} ms "
        f"or {int(LATENCY['python.fn-execution.bundle.size']):,} rows "
        f"| {BULK['python.fn-execution.bundle.time']} ms "
        f"or {int(BULK['python.fn-execution.bundle.size']):,} rows |",
        f"| sink flushed after | {FLUSH_INTERVAL['latency']} or 1,000 rows "
        f"| {FLUSH_INTERVAL['bulk']} or ",
        f"| partition without messages counts as idle after | {IDLE_TIMEOUT['latency']} "
        f"| {IDLE_TIMEOUT['bulk']} |",
    ],
)
def test_architecture_states_the_numbers_of_the_code(fact: str) -> None:
    assert fact in " ".join(ARCHITECTURE.read_text("utf-8").split())


@pytest.mark.parametrize(
    ("file", "setting"),
    [
        ("sources/payments_topic", "event_time - INTERVAL '0.050' SECOND"),
        ("sources/payments_checked", "INTERVAL '5' MINUTE"),
        ("lookups/customers", "'lookup.partial-cache.expire-after-write' = '10 min'"),
        ("lookups/decision_policies", "'lookup.partial-cache.expire-after-write' = '2 s'"),
        ("sinks/scored_payments", "'sink.buffer-flush.max-rows' = '1000'"),
    ],
)
def test_times_that_the_documents_repeat_have_not_changed(file: str, setting: str) -> None:
    assert setting in JOB.path(file).read_text("utf-8"), "change docs/architecture.md as well"


def test_eight_days_of_memory_and_two_seconds_of_attention() -> None:
    assert ALWAYS["table.exec.state.ttl"] == "8 d", "README.md and docs/ say 8 days"
    defaults = ModelWatcher.__init__.__defaults__ or ()
    assert 2.0 in defaults, "docs/ say that a worker looks for a champion every 2 seconds"
