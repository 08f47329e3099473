"""What each feature of the model is, read from the headers of the job's SQL files.

A file that makes features names their owner and has one entry for each of them:

    -- Owner:   maintainers
    -- Feature: name | unit | entity | reason group | meaning

An entry may continue in the next line, indented. The window is in the name, as in `_24h`; a feature
without one there, but with a limit, names it behind the entity: `card, 7 days`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flink_jobs.job import Job, JobFilesError

TEXT = "text"
ENTITIES = ("payment", "card", "customer", "merchant", "device")
# What an alert can be explained by: features of one group say one thing together.
REASON_GROUPS = (
    "amount",
    "burst",
    "day",
    "week",
    "month",
    "travel",
    "place",
    "device",
    "time",
    "merchant",
    "kind",
    "account",
    "novelty",
    "order",
)

_HEADER = re.compile(r"(?:--[^\n]*\n)*")
# What a header says under a name, with the lines that continue it.
_SAID = re.compile(r"^-- ([A-Z]\w+): +(.*(?:\n-- {6,}\S.*)*)", re.MULTILINE)
_CONTINUED = re.compile(r"\n-- +")
_WINDOW = re.compile(r"_(\d+)([mhd])$")
_SPANS = {"m": "minute", "h": "hour", "d": "day"}
_FORM = "write `-- Feature: name | unit | entity | reason group | meaning` in the file's header"


@dataclass(frozen=True)
class FeatureEntry:
    """
    One feature.

    :param unit: what its numbers mean, such as ``cents``; `TEXT` for text.
    :param entity: whose feature it is, one of `ENTITIES`.
    :param window: of the past that it looks at, such as ``24 hours``; empty if none.
    :param reason_group: one of `REASON_GROUPS`.
    :param meaning: in one line, for people.
    :param owner: whom to ask about it.
    :param source: why it is believed to help, from the file's header; empty if it says nothing.
    :param file: that makes it, below the job's folder and without its ending.
    """

    name: str
    unit: str
    entity: str
    window: str
    reason_group: str
    meaning: str
    owner: str
    source: str
    file: str


def feature_registry(job: Job) -> Mapping[str, FeatureEntry]:
    """
    The model's features by name, in the order of its input.

    :raises JobFilesError: a feature has no entry or two of them, or an entry is incomplete or of no
        feature.
    """
    found: dict[str, FeatureEntry] = {}
    for file in job.tables_and_views:
        for entry in entries(job.path(file).read_text("utf-8"), file, shown(job, file)):
            if entry.name in found:
                raise JobFilesError(
                    f"{shown(job, file)} has an entry for {entry.name}, as has "
                    f"{shown(job, found[entry.name].file)}",
                    "keep the one in the file that makes it",
                )
            found[entry.name] = entry
    features = job.model_features
    for name in features:
        if name not in found:
            raise JobFilesError(f"the feature {name} has no entry in a SQL file", _FORM)
    for name, entry in found.items():
        if name not in features:
            raise JobFilesError(
                f"{shown(job, entry.file)} has an entry for {name}, which score() does not take",
                "take the entry out, or give the column to the model in "
                "sql/payments/decide/payments_scored.sql",
            )
    return {name: found[name] for name in features}


def entries(text: str, file: str, path: str) -> Iterator[FeatureEntry]:
    """
    The entries of one file's header.

    :param text: the file's.
    :param file: its name in the entries.
    :param path: its name in errors.
    :raises JobFilesError: an entry lacks something, or has what is not known.
    """
    header = _HEADER.match(text)
    said = [
        (name, _CONTINUED.sub(" ", words))
        for name, words in _SAID.findall(header[0] if header else "")
    ]
    owner, source = (" ".join(w for n, w in said if n == name) for name in ("Owner", "Source"))
    for name, words in said:
        if name == "Feature":
            yield _entry(words, owner, source, file, path)


def window_of(name: str) -> str:
    """The window that a feature's name ends with, in words; empty if it names none."""
    found = _WINDOW.search(name)
    if not found:
        return ""
    return f"{found[1]} {_SPANS[found[2]]}{'' if found[1] == '1' else 's'}"


def shown(job: Job, file: str) -> str:
    """A file of the job as errors and lists name it."""
    return f"sql/{job.folder}/{file}.sql"


def _entry(words: str, owner: str, source: str, file: str, path: str) -> FeatureEntry:
    parts = [part.strip() for part in words.split("|")]
    if len(parts) != 5 or not all(parts):
        raise JobFilesError(
            f"{path}: the entry of {parts[0] or 'a feature'} has not all of name, unit, entity, "
            "reason group and meaning",
            _FORM,
        )
    name, unit, whose, group, meaning = parts
    entity, _, limit = (part.strip() for part in whose.partition(","))
    window = window_of(name)
    if window and limit:
        raise JobFilesError(
            f"{path}: {name} has the window {limit} behind its entity, and {window} in its name",
            "leave it out of the entry",
        )
    for value, allowed, what in (
        (entity, ENTITIES, "entity"),
        (group, REASON_GROUPS, "reason group"),
    ):
        if value not in allowed:
            raise JobFilesError(
                f"{path}: {name} has the {what} {value}", f"use one of {', '.join(allowed)}"
            )
    if not owner:
        raise JobFilesError(
            f"{path} has features and no owner", "add `-- Owner:   name` to its header"
        )
    return FeatureEntry(name, unit, entity, window or limit, group, meaning, owner, source, file)
