"""What the headers say of features is read as written, and what they leave out is noticed."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from flink_jobs.feature_registry import entries, feature_registry, window_of
from flink_jobs.job import SQL_ROOT, Job, JobFilesError
from flink_jobs.score_payments import JOB

HEADER = """\
-- payment_features: all that the model knows.
--
-- Source:  a paper,
--          and another
-- Owner:   maintainers
-- Feature: card_txn_count_24h | count | card | day | the card's payments of the day,
--          without this one
-- Feature: seconds_since_previous | seconds | card, 7 days | burst | since the previous payment
CREATE TEMPORARY VIEW payment_features AS
-- Feature: none | none | none | none | a comment in the statement
SELECT 1
"""


def read(text: str) -> list[tuple[str, ...]]:
    return [dataclasses.astuple(entry) for entry in entries(text, "f", "sql/f.sql")]


def test_entries_are_read_as_written() -> None:
    behind = ("maintainers", "a paper, and another", "f")
    assert read(HEADER) == [
        (
            *("card_txn_count_24h", "count", "card", "24 hours", "day"),
            *("the card's payments of the day, without this one", *behind),
        ),
        (
            *("seconds_since_previous", "seconds", "card", "7 days", "burst"),
            *("since the previous payment", *behind),
        ),
    ]


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("card_txn_count_5m", "5 minutes"),
        ("merchant_txn_count_1d", "1 day"),
        ("card_mean_30d", "30 days"),
        ("device_card_count_1h", "1 hour"),
        ("km_from_home", ""),
        ("is_d", ""),
    ],
)
def test_a_name_tells_its_window(name: str, window: str) -> None:
    assert window_of(name) == window


@pytest.mark.parametrize(
    ("before", "after", "error"),
    [
        ("| count |", "|  |", "the entry of card_txn_count_24h has not all of"),
        ("| since the previous payment", "|", "the entry of seconds_since_previous has not all of"),
        ("| burst | since", "| since", "the entry of seconds_since_previous has not all of"),
        ("| card |", "| cards |", "card_txn_count_24h has the entity cards"),
        ("| day |", "| today |", "card_txn_count_24h has the reason group today"),
        ("| card |", "| card, 24 hours |", "has the window 24 hours behind its entity"),
        ("-- Owner:   maintainers\n", "", "has features and no owner"),
    ],
)
def test_an_entry_that_is_not_complete_is_refused(before: str, after: str, error: str) -> None:
    assert before in HEADER
    with pytest.raises(JobFilesError, match=error) as refused:
        read(HEADER.replace(before, after))
    assert "sql/f.sql" in refused.value.fact and refused.value.hint


@pytest.fixture
def copied(tmp_path: Path) -> Job:
    """The job with SQL files that a test may change."""
    shutil.copytree(SQL_ROOT / JOB.folder, tmp_path / JOB.folder)
    return dataclasses.replace(JOB, root=tmp_path)


def change(job: Job, file: str, before: str, after: str) -> None:
    text = job.path(file).read_text("utf-8")
    assert before in text
    job.path(file).write_text(text.replace(before, after), "utf-8")


def test_every_feature_of_the_model_is_described_in_its_order() -> None:
    registry = feature_registry(JOB)
    assert tuple(registry) == JOB.model_features
    meanings = [entry.meaning for entry in registry.values()]
    assert len(set(meanings)) == len(meanings)


def test_a_feature_without_an_entry_is_noticed(copied: Job) -> None:
    change(copied, "intake/payments_checked", "-- Feature: channel", "-- Features: channel")
    with pytest.raises(JobFilesError, match="the feature channel has no entry"):
        feature_registry(copied)


def test_an_entry_of_no_feature_is_noticed(copied: Job) -> None:
    change(copied, "decide/payments_scored", "            is_night,\n", "")
    with pytest.raises(JobFilesError, match="an entry for is_night, which score"):
        feature_registry(copied)


def test_two_entries_of_one_feature_are_noticed(copied: Job) -> None:
    change(
        copied,
        "features/payment_features",
        "-- Feature: is_night",
        "-- Feature: channel | text | payment | kind | again\n-- Feature: is_night",
    )
    with pytest.raises(JobFilesError, match=r"payment_features.*channel, as has .*checked"):
        feature_registry(copied)
