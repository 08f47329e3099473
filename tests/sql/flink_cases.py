"""Run SQL cases in Flink: the production files over the rows of a case, all cases as one job."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from pyflink.table import TableEnvironment

from flink_jobs.job import Job
from tests.sql.cases import JOBS, Case, Row, as_messages, as_text_column, input_lines

_READS = re.compile(r"^-- Reads:\s+(.*(?:\n--\s{6,}.*)*)", re.MULTILINE)
_CREATE = re.compile(r"^CREATE TEMPORARY (TABLE|VIEW) (\w+)", re.MULTILINE)


def reads(job: Job, file: str) -> list[str]:
    """The relations that a file's header says it reads."""
    found = _READS.search(job.path(file).read_text("utf-8"))
    return re.findall(r"\w+", found[1].replace("--", " ")) if found else []


def is_lookup(job: Job, file: str) -> bool:
    """Whether a file makes a table of Postgres that payments are looked up in."""
    return "'postgres-lookup'" in job.path(file).read_text("utf-8")


def files_for(case: Case) -> list[str]:
    """The job's files between a case's inputs and its view, in the job's order."""
    job = case.job
    by_relation = {file.rsplit("/", 1)[1]: file for file in job.tables_and_views}
    needed: set[str] = set()
    waiting = [case.relation]
    while waiting:
        relation = waiting.pop()
        if relation in case.inputs or by_relation[relation] in needed:
            continue
        needed.add(by_relation[relation])
        waiting += reads(job, by_relation[relation])
    return [file for file in job.tables_and_views if file in needed]


class FlinkCases:
    """
    Registers each case in a separate database, then runs all of them as one job.

    :param environment: a streaming environment with the jobs' functions; parallelism 1.
    :param settings: values for the production files' ``${NAME}``.
    """

    def __init__(self, environment: TableEnvironment, settings: dict[str, str], work: Path) -> None:
        self.environment, self.settings, self.work = environment, settings, work
        self.environment.execute_sql("CREATE DATABASE production")
        self.environment.execute_sql("USE production")
        for job in JOBS.values():
            for file in job.tables_and_views:
                self.environment.execute_sql(job.statement(file, settings))

    def run(self, cases: Iterable[Case]) -> dict[str, list[Row]]:
        """The rows of each case's view, by the case's name."""
        cases = list(cases)
        statements = self.environment.create_statement_set()
        outputs = {}
        for number, case in enumerate(cases):
            outputs[case.name] = self._register(case, f"case_{number}")
            relation = f"case_{number}.{case.relation}"
            names = ", ".join(f"`{name}`" for name, _ in self._stored_columns(relation))
            statements.add_insert_sql(
                f"INSERT INTO case_{number}.outcome SELECT {names} FROM {relation}"
            )
        statements.execute().wait()
        return {name: _rows(folder) for name, folder in outputs.items()}

    def _register(self, case: Case, database: str) -> Path:
        self.environment.execute_sql(f"CREATE DATABASE {database}")
        self.environment.execute_sql(f"USE {database}")
        for relation, path in case.inputs.items():
            self._register_input(case.job, relation, path, database)
        for file in files_for(case):
            statement = case.job.statement(file, self.settings)
            # One job may not have the same step twice.
            statement = re.sub(r"uid => '\w+'", f"uid => '{database}'", statement)
            self.environment.execute_sql(statement)
        folder = self.work / database / "outcome"
        columns = ", ".join(
            f"`{name}` {kind}" for name, kind in self._stored_columns(f"{database}.{case.relation}")
        )
        self.environment.execute_sql(
            f"CREATE TEMPORARY TABLE outcome ({columns}) WITH ({_files(folder)})"
        )
        return folder

    def _register_input(self, job: Job, relation: str, path: Path, database: str) -> None:
        file = job.file_of(relation)
        if is_lookup(job, file):
            # Loaded into a Postgres schema of the case by the test's set-up.
            self.environment.execute_sql(
                job.statement(file, self.settings).replace(
                    f"'table-name' = '{relation}'", f"'table-name' = '{database}.{relation}'"
                )
            )
            return
        columns = self._columns(f"production.{relation}")
        names = [name for name, _ in columns]
        folder = self.work / database / relation
        folder.mkdir(parents=True)
        if names[0] == "message":
            lines = as_messages(path)
        else:
            lines = as_text_column(path) if names[0] == "line" else input_lines(path, names)
        (folder / "rows").write_text("\n".join(lines) + "\n", "utf-8")
        declared = [
            f"`{name}` AS PROCTIME()" if "PROCTIME" in kind else f"`{name}` {kind}"
            for name, kind in columns
        ]
        self.environment.execute_sql(
            f"CREATE TEMPORARY TABLE {relation} ({', '.join(declared)}) WITH ({_files(folder)})"
        )

    def _stored_columns(self, relation: str) -> list[tuple[str, str]]:
        """Those that can be compared, which the time of the clock cannot."""
        return [column for column in self._columns(relation) if "PROCTIME" not in column[1]]

    def _columns(self, relation: str) -> list[tuple[str, str]]:
        described = self.environment.execute_sql(f"DESCRIBE {relation}").collect()
        with described:
            return [(row[0], row[1]) for row in described]


def _files(folder: Path) -> str:
    options = {
        "connector": "filesystem",
        "path": folder.as_uri(),
        "format": "json",
        "json.ignore-parse-errors": "true",
        "json.timestamp-format.standard": "SQL",
    }
    return ", ".join(f"'{name}' = '{value}'" for name, value in options.items())


def _rows(folder: Path) -> list[Row]:
    return [
        json.loads(line)
        for path in sorted(folder.glob("[!_.]*"))
        for line in path.read_text("utf-8").splitlines()
    ]
