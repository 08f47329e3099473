"""Every SQL file says what it is, truthfully, and follows the house rules."""

import re
from pathlib import Path

import pytest

from flink_jobs.feature_registry import feature_registry
from flink_jobs.job import SQL_ROOT, Job
from flink_jobs.pipelines import PAYMENTS
from flink_jobs.score_payments import JOB
from swipestream.features.definition import definition
from tests.sql.cases import JOBS, all_cases
from tests.sql.flink_cases import reads

PIPELINE_FILES = [path for folder in JOBS for path in sorted((SQL_ROOT / folder).rglob("*.sql"))]
OTHER_FILES = [
    path
    for folder in ("as_of_arrival", "parity", "training", "backtest", "merchant_risk")
    for path in sorted((SQL_ROOT / folder).rglob("*.sql"))
] + sorted((SQL_ROOT.parent / "bench/handbook/sql").glob("*.sql"))
HEADER_LINES = ("Grain", "Reads", "Window", "Units", "Order", "Age", "Source", "Owner", "Feature")

# Relations only: functions and the arguments of EXTRACT-like calls follow FROM or JOIN too.
_RELATION = re.compile(
    r"(?<!DISTINCT )\b(?:FROM|JOIN)\s+([a-z][a-z0-9_]*)\b(?!\s*\()|=> TABLE ([a-z][a-z0-9_]*)"
)
_LIKE = re.compile(r"\bLIKE ([a-z][a-z0-9_]*)\b")
_CTE = re.compile(r"\b([a-z][a-z0-9_]*)(?: \([^()]*\))? AS \(\s*(?:SELECT|VALUES)\b")


def code(path: Path) -> str:
    """A file's SQL without comments and without text in quotes."""
    text = re.sub(r"--[^\n]*", "", path.read_text("utf-8"))
    return re.sub(r"'[^']*'", "''", text)


def name(path: Path) -> str:
    return str(path.relative_to(SQL_ROOT.parent))


@pytest.mark.parametrize("path", PIPELINE_FILES + OTHER_FILES, ids=name)
def test_header_says_what_the_file_is(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert lines[0].startswith(f"-- {path.stem}: ") and lines[0].endswith((".", ",", ":"))
    header = lines[: next(n for n, line in enumerate(lines) if not line.startswith("--"))]
    found = [match[1] for line in header if (match := re.match(r"-- ([A-Z]\w+):\s", line))]
    # A line that has nothing true to say is left out; each feature has its own.
    assert list(dict.fromkeys(found)) == [word for word in HEADER_LINES if word in found]
    assert "Grain" in found and not set(found) - {"Feature"} & {
        word for word in found if found.count(word) > 1
    }
    assert not re.search(r"^-- \w+:\s+none\b", "\n".join(header), re.MULTILINE)
    if re.search(r"\bOVER\b", code(path)):
        assert "Window" in found
    if re.search(r"_(cents|ms|km|kmh|days|seconds)\b", code(path)) and "INSERT" not in code(path):
        assert "Units" in found


@pytest.mark.parametrize("path", PIPELINE_FILES + OTHER_FILES, ids=name)
def test_reads_names_what_the_sql_reads(path: Path) -> None:
    header = re.search(r"^-- Reads:\s+(.*(?:\n--\s{6,}.*)*)", path.read_text("utf-8"), re.MULTILINE)
    said = set(re.findall(r"\w+", header[1].replace("--", " "))) if header else set()
    read = [name for found in _RELATION.findall(code(path)) for name in found if name]
    read += _LIKE.findall(code(path))
    assert said == set(read) - set(_CTE.findall(code(path)))


@pytest.mark.parametrize("path", PIPELINE_FILES, ids=name)
def test_file_name_is_the_object_it_makes(path: Path) -> None:
    made = re.search(r"^(?:CREATE TEMPORARY (?:TABLE|VIEW)|INSERT INTO) (\w+)", code(path), re.M)
    assert made and made[1] == path.stem


@pytest.mark.parametrize("path", PIPELINE_FILES + OTHER_FILES, ids=name)
def test_one_statement_and_no_long_line(path: Path) -> None:
    assert ";" not in code(path)
    assert max(map(len, path.read_text("utf-8").splitlines())) <= 100


@pytest.mark.parametrize("job", JOBS.values(), ids=lambda job: job.name)
def test_the_job_lists_every_file_and_no_other(job: Job) -> None:
    found = sorted((SQL_ROOT / job.folder).rglob("*.sql"))
    assert sorted(job.path(file) for file in job.files) == found


@pytest.mark.parametrize("job", JOBS.values(), ids=lambda job: job.name)
def test_each_file_comes_after_what_it_reads(job: Job) -> None:
    order = {file.rsplit("/", 1)[1]: number for number, file in enumerate(job.tables_and_views)}
    for number, file in enumerate(job.tables_and_views):
        assert all(order[relation] < number for relation in reads(job, file)), file


def views(job: Job) -> list[str]:
    return [
        f for f in job.tables_and_views if "CREATE TEMPORARY VIEW" in job.path(f).read_text("utf-8")
    ]


@pytest.mark.parametrize(
    ("folder", "file"), [(folder, file) for folder, job in JOBS.items() for file in views(job)]
)
def test_every_view_has_at_least_three_cases(folder: str, file: str) -> None:
    assert sum((case.job.folder, case.file) == (folder, file) for case in all_cases()) >= 3


@pytest.mark.parametrize("name", JOB.model_features)
def test_a_feature_is_described_where_it_is_made(name: str) -> None:
    entry = feature_registry(JOB)[name]
    path = JOB.path(entry.file)
    assert definition(path.read_text("utf-8"), name, path.name)
    # Files of later steps pass the column on without naming it, but for what they compute from it.
    later = JOB.tables_and_views[JOB.tables_and_views.index(entry.file) + 1 :]
    assert not any(re.search(rf"\bAS {name}\b", code(JOB.path(file))) for file in later)


@pytest.mark.parametrize("name", JOB.model_features)
def test_the_window_in_a_name_is_the_one_that_the_sql_uses(name: str) -> None:
    entry = feature_registry(JOB)[name]
    text = JOB.path(entry.file).read_text("utf-8")
    made = re.sub(r"--[^\n]*", "", definition(text, name, entry.file))
    for frame in re.findall(r"OVER (\w+)", made):
        interval = re.search(
            rf"\b{frame} AS \([^()]*INTERVAL '(\d+)' (\w+) PRECEDING", text, re.DOTALL
        )
        assert interval and entry.window.startswith(f"{interval[1]} {interval[2].lower()}")


@pytest.mark.parametrize("file", PAYMENTS.feature_files)
def test_features_name_no_setting(file: str) -> None:
    assert "${" not in JOB.path(file).read_text("utf-8")


def test_every_topic_is_read_as_committed_and_its_new_partitions_soon() -> None:
    topics = [
        text for text in (path.read_text("utf-8") for path in PIPELINE_FILES) if is_read(text)
    ]
    assert len(topics) == len(JOBS)
    for text in topics:
        assert "'properties.isolation.level' = 'read_committed'" in text
        assert re.search(r"'scan\.topic-partition-discovery\.interval' = '\d s'", text)


def is_read(text: str) -> bool:
    """Whether a file's table is a topic that a job reads."""
    return "'connector' = 'kafka'" in text and "'scan.startup.mode'" in text
