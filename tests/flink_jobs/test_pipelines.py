"""What a pipeline's record says is what its files say, and nothing else depends on the record."""

import hashlib
import re
from pathlib import Path

import pytest

from flink_jobs.pipelines import PIPELINES, Pipeline
from flink_jobs.score_payments import JOB
from swipestream.settings import REPO_ROOT
from swipestream.verify.parity.columns import stored_columns
from swipestream.verify.parity.comparison import NUMBERS

MADE = re.compile(r"^CREATE TEMPORARY (?:TABLE|VIEW) (\w+)", re.MULTILINE)
every_pipeline = pytest.mark.parametrize("pipeline", PIPELINES.values(), ids=PIPELINES)


@every_pipeline
def test_its_files_are_the_jobs_in_the_same_order(pipeline: Pipeline) -> None:
    named = [*pipeline.feature_files, pipeline.scored_file]
    assert named == [file for file in pipeline.job.files if file in named]
    for file in named:
        (made,) = MADE.findall(pipeline.job.path(file).read_text("utf-8"))
        assert file.endswith(f"/{made}")


@every_pipeline
def test_every_history_of_the_job_is_named_and_partitioned_by_the_entity(
    pipeline: Pipeline,
) -> None:
    assert set(pipeline.history_files) == set(pipeline.job.histories)
    for file in pipeline.history_files:
        text = pipeline.job.path(file).read_text("utf-8")
        assert set(re.findall(r"PARTITION BY (\w+)", text)) == {pipeline.entity}


@every_pipeline
def test_its_version_is_that_of_the_files_alone(pipeline: Pipeline) -> None:
    """Stored rows and bundles name it: to be found by it, it must not follow from the record."""
    digest = hashlib.sha256()
    for file in pipeline.job.files:
        digest.update(file.encode())
        digest.update((REPO_ROOT / f"sql/{pipeline.job.folder}/{file}.sql").read_bytes())
    assert pipeline.version == f"sql-{digest.hexdigest()[:12]}"


def test_other_sql_makes_another_version(tmp_path: Path) -> None:
    pipeline = PIPELINES["payments"]
    for file in pipeline.job.files:
        copy = tmp_path / f"payments/{file}.sql"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(pipeline.job.path(file).read_bytes() + b"-- changed\n")
    other = pipeline.below(tmp_path)
    assert other.version != pipeline.version == JOB.version
    assert other.model_features == pipeline.model_features


@every_pipeline
def test_rules_look_at_the_models_features_and_at_fields_that_are_stored(
    pipeline: Pipeline,
) -> None:
    job = pipeline.job
    texts = job.rule_texts
    assert (*job.rule_numbers, *texts[: len(job.model_features) - len(job.rule_numbers)]) == (
        job.model_features
    )
    assert {"card_id", "merchant_id", "device_id", "merchant_country", "event_ms"} <= set(texts)
    stored = stored_columns()
    assert not [name for name in (*job.rule_numbers, *texts) if name not in stored]
    assert all(stored[name] == "VARCHAR" for name in texts if name != "event_ms")
    assert all(stored[name] in NUMBERS for name in job.rule_numbers)
