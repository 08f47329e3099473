"""Run a job: define its tables and views, register its functions, start its inserts as one."""

import dataclasses
import importlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pyflink.common import Configuration
from pyflink.table import EnvironmentSettings, StatementSet, TableEnvironment

from flink_jobs.flink_options import OPTIONS
from flink_jobs.insert_columns import bound
from flink_jobs.job import Job, JobFilesError, job_settings
from flink_jobs.plan_fit import reasons_against, refuse_misfit
from flink_jobs.plan_record import plan_record


def table_environment(
    job: Job, settings: Mapping[str, str], jars: Sequence[str] = ()
) -> TableEnvironment:
    """
    A streaming environment with the job's settings and functions.

    :param settings: ``PARALLELISM``, ``CHECKPOINT_SECONDS`` and ``MODEL_DIR`` are used here.
    :param jars: URLs of what is on no class path; Flink's client brings its own.
    """
    options = OPTIONS | {
        "pipeline.name": job.name,
        "parallelism.default": settings["PARALLELISM"],
        "execution.checkpointing.interval": f"{settings['CHECKPOINT_SECONDS']} s",
    }
    if jars:
        options["pipeline.jars"] = ";".join(jars)
    if "score" in job.functions:
        # A map in YAML's flow style, which is JSON's.
        options["pipeline.global-job-parameters"] = json.dumps(
            {
                "swipestream.model_dir": settings["MODEL_DIR"],
                "swipestream.features": ",".join(job.model_features),
                "swipestream.rule_numbers": ",".join(job.rule_numbers),
                "swipestream.rule_texts": ",".join(job.rule_texts),
            }
        )
    configuration = Configuration()
    for name, value in options.items():
        configuration.set_string(name, value)
    environment = TableEnvironment.create(
        EnvironmentSettings.new_instance()
        .in_streaming_mode()
        .with_configuration(configuration)
        .build()
    )
    for name, class_name in job.java_functions.items():
        environment.execute_sql(f"CREATE TEMPORARY SYSTEM FUNCTION {name} AS '{class_name}'")
    for name, address in job.functions.items():
        module, _, attribute = address.partition(":")
        function = getattr(importlib.import_module(module), attribute)
        environment.create_temporary_system_function(name, function)
    return environment


def statement_set(
    job: Job, environment: TableEnvironment, settings: Mapping[str, str]
) -> StatementSet:
    """Define every table and view of the job, then collect its inserts, which run as one job."""
    for file in job.tables_and_views:
        environment.execute_sql(job.statement(file, settings))
    statements = environment.create_statement_set()
    for file in job.inserts:
        statements.add_insert_sql(insert_statement(job, file, environment, settings))
    return statements


def insert_statement(
    job: Job, file: str, environment: TableEnvironment, settings: Mapping[str, str]
) -> str:
    """One of the job's inserts, its star bound to the columns of the table it writes to."""
    return bound(
        job.statement(file, settings),
        lambda table: environment.from_path(table).get_schema().get_field_names(),
    )


def run(job: Job) -> None:
    """
    Submit the job with the settings of this process's environment.

    It runs from a compiled plan: that gives every operator an id made of its number and kind in the
    plan, instead of one that depends on all its neighbors, and says what the state depends on.
    With `PLAN_FILE` this is written down; with `PLAN_BEFORE`, such a file of an earlier submission,
    a state that does not fit is refused; with `REHEARSAL` the job runs until it fails.
    """
    try:
        if os.environ.get("SQL_DIR"):
            job = dataclasses.replace(job, root=Path(os.environ["SQL_DIR"]))
        settings = job_settings(job, os.environ)
        if not settings.get("MODEL_DIR"):
            raise JobFilesError(f"{job.name} needs MODEL_DIR", "add it to .env (see .env.example)")
        environment = table_environment(job, settings)
        plan = statement_set(job, environment, settings).compile_plan()
        if settings.get("PLAN_FILE"):
            record = plan_record(json.loads(plan.as_json_string()), job, settings)
            if settings.get("PLAN_BEFORE"):
                before = json.loads(Path(settings["PLAN_BEFORE"]).read_text("utf-8"))
                refuse_misfit(job, reasons_against(before["plan"], record))
            Path(settings["PLAN_FILE"]).write_text(json.dumps(record, indent=1), "utf-8")
        if settings.get("REHEARSAL"):
            environment.get_config().set("restart-strategy.type", "none")
            plan.execute().wait()
        else:
            plan.execute()
    except JobFilesError as error:
        sys.exit(f"error: {error}")
