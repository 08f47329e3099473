"""A job as data: which SQL files, in which order, with which settings filled in. Knows no Flink."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flink_jobs.history import History

SQL_ROOT = Path(__file__).resolve().parents[1] / "sql"

_PLACEHOLDER = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
_OPTIONAL_LINE = re.compile(r"^[^\n]*\$\{([A-Z][A-Z0-9_]*)\?\}[^\n]*\n", re.MULTILINE)
_COMMENT = re.compile(r"--[^\n]*")
_VECTOR = re.compile(r"\bfloat64_vector\(([^()]*)\)\s*AS numbers\b")
_SCORE_CALL = re.compile(r"\bscore\(\s*numbers\b((?:,[^()]*?)?),\s*rule_texts\s*\)")
_RULE_TEXTS = re.compile(
    r"\bCONCAT_WS\(\s*CHR\(0\),((?:(?!\bCONCAT_WS\b).)*?)\)\s*AS rule_texts\b", re.DOTALL
)
_RULE_TEXT = re.compile(r"COALESCE\((?:CAST\()?(\w+)")
_OFFSETS = re.compile(r"\d{1,19}(,\d{1,19})*")


class JobFilesError(Exception):
    """A job's files and its settings do not fit together."""

    def __init__(self, fact: str, hint: str) -> None:
        super().__init__(f"{fact}\nhint: {hint}")
        self.fact = fact
        self.hint = hint


@dataclass(frozen=True)
class Job:
    """
    An ordered list of SQL files that run as one statement set.

    :param name: what the job is called in Flink and on the command line.
    :param folder: the pipeline's folder below ``sql/``.
    :param tables_and_views: files in order of definition, without ``.sql``.
    :param inserts: files that each hold one INSERT, without ``.sql``.
    :param histories: files whose OVER calls Flink leaves to ``trailing_windows``, and what that has
        to know beyond the text.
    :param functions: SQL name of each Python function, and where to import it as ``module:name``.
    :param java_functions: SQL name of each function in ``functions/``, and its class.
    :param topic: the setting that names the topic the job reads.
    :param fixed: settings that are the same for this job wherever it runs.
    :param root: the folder that holds ``folder``.
    """

    name: str
    folder: str
    tables_and_views: tuple[str, ...]
    inserts: tuple[str, ...]
    histories: Mapping[str, History] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
    java_functions: Mapping[str, str] = field(default_factory=dict)
    topic: str = "PAYMENTS_TOPIC"
    fixed: Mapping[str, str] = field(default_factory=dict)
    root: Path = SQL_ROOT

    @property
    def files(self) -> tuple[str, ...]:
        """Every file of the job in the order in which it runs."""
        return self.tables_and_views + self.inserts

    def path(self, file: str) -> Path:
        """
        Where one of the job's files is.

        :param file: as listed, for example ``history/card_activity``.
        """
        return self.root / self.folder / f"{file}.sql"

    def file_of(self, relation: str) -> str:
        """
        The file that makes a table or view; empty if none does.

        :param relation: its name, which is the file's.
        """
        return next((f for f in self.tables_and_views if f.endswith(f"/{relation}")), "")

    def statement(self, file: str, settings: Mapping[str, str]) -> str:
        """
        What Flink runs of one file: its SQL with ``${NAME}`` filled in, a line with ``${NAME?}``
        left out when NAME is not set, and the OVER calls of a history rewritten.

        :param file: as listed, for example ``intake/payments_topic``.
        :param settings: values by name; quotes in them are escaped for a SQL string.
        :raises JobFilesError: the file is missing, names a setting that is not set, or has a window
            that Flink's step does not know.
        """
        path = self.path(file)
        shown = path.relative_to(self.root.parent)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise JobFilesError(f"{shown} does not exist", f"fix the list of {self.name}") from None

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if not settings.get(name):
                raise JobFilesError(f"{shown} needs {name}", "add it to .env (see .env.example)")
            return settings[name].replace("'", "''")

        def line(match: re.Match[str]) -> str:
            return match[0].replace("?}", "}") if settings.get(match[1]) else ""

        if file in self.histories:
            # Only who runs Flink has the parser.
            from flink_jobs.window_rewrite import flink_text

            text = flink_text(text, str(shown), self.histories[file])
        return _PLACEHOLDER.sub(value, _OPTIONAL_LINE.sub(line, text))

    @property
    def version(self) -> str:
        """What identifies the job's SQL: a hash of every file, in order."""
        digest = hashlib.sha256()
        for file in self.files:
            digest.update(file.encode())
            digest.update(self.path(file).read_bytes())
        return f"sql-{digest.hexdigest()[:12]}"

    @property
    def model_features(self) -> tuple[str, ...]:
        """
        The model's feature list, in order: the arguments of the one ``float64_vector(...)``, then
        those of the one ``score(...)`` call behind that vector.

        :raises JobFilesError: not exactly one call of each is found.
        """
        numbers, texts = self._scored
        return numbers + texts

    @property
    def rule_numbers(self) -> tuple[str, ...]:
        """
        The columns of numbers that rules may look at: the model's, in its order.

        :raises JobFilesError: as for `model_features`.
        """
        return self._scored[0]

    @property
    def rule_texts(self) -> tuple[str, ...]:
        """
        The columns of text that rules may look at: the model's, then those of ``rule_texts``.

        :raises JobFilesError: as for `model_features`.
        """
        packed = [names for text in self._texts for names in _RULE_TEXTS.findall(text)]
        return (*self._scored[1], *(n for names in packed for n in _RULE_TEXT.findall(names)))

    @property
    def _scored(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Numbers and texts of the one call, in order."""
        vectors = [names for text in self._texts for names in _VECTOR.findall(text)]
        calls = [names for text in self._texts for names in _SCORE_CALL.findall(text)]
        if len(vectors) != 1 or len(calls) != 1:
            raise JobFilesError(
                f"{self.name} calls float64_vector() {len(vectors)} times and score() "
                f"{len(calls)} times",
                "keep one float64_vector(...) AS numbers and one score(numbers, ..., rule_texts) "
                "in sql/payments/decide/payments_scored.sql",
            )
        numbers, texts = (
            tuple(name.strip() for name in names.split(",") if name.strip())
            for names in (vectors[0], calls[0])
        )
        return numbers, texts

    @property
    def _texts(self) -> list[str]:
        """The files that make tables and views, without comments."""
        return [
            _COMMENT.sub("", self.path(file).read_text("utf-8")) for file in self.tables_and_views
        ]


def job_settings(job: Job, environ: Mapping[str, str]) -> dict[str, str]:
    """
    The environment's variables, with defaults for what a job may leave out.

    :raises JobFilesError: a value that cannot work.
    """
    environ = {**environ, **job.fixed}
    defaults = {
        "PARALLELISM": "1",
        "CHECKPOINT_SECONDS": "10",
        "SCAN_BOUNDED_MODE": "unbounded",
        "SCAN_STARTUP_MODE": "earliest-offset",
        "WRITE_FROM": "0",
        "KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
        "PIPELINE_VERSION": job.version,
    }
    settings = defaults | {name: value for name, value in environ.items() if value}
    if not _OFFSETS.fullmatch(settings["WRITE_FROM"]):
        raise JobFilesError(
            f"WRITE_FROM is {settings['WRITE_FROM']}",
            "write one offset per partition, from partition 0 on, such as 1200,1350",
        )
    return settings
