"""`swipestream backtest`: try a model and a policy on a history in a file, without a stack."""

import json
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from swipestream.console.moments import MOMENT

if TYPE_CHECKING:
    from swipestream.sending.produce_file import Job
    from swipestream.settings import Settings

MODEL, CURRENT = "model", "current"
WORLD = "world.json"


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--labels",
    "labels_file",
    type=click.Path(path_type=Path),
    help="File of labels. Default: those in FILE, if it has any.",
)
@click.option(
    "--mapping",
    metavar="NAME_OR_FILE",
    help="How to read FILE, as for `swipestream produce`. Default: detected from the columns.",
)
@click.option(
    "--labels-mapping",
    metavar="NAME_OR_FILE",
    default="labels",
    show_default=True,
    help="How to read the file of labels: a mapping with only [label].",
)
@click.option(
    "--label-delay",
    type=click.FloatRange(0, 366),
    metavar="DAYS",
    help="When labels without a time became known, after the payment.  [default: 21]",
)
@click.option(
    "--model",
    default="champion",
    show_default=True,
    metavar="NAME",
    help="champion, challenger, a version, or a bundle's folder.",
)
@click.option(
    "--train",
    "is_walking",
    is_flag=True,
    help="Decide each week by a model trained on what was known when the week began.",
)
@click.option(
    "--policy",
    default=MODEL,
    show_default=True,
    metavar="NAME_OR_FILE",
    help="model: the model's own thresholds; current: those in the database; or a TOML file.",
)
@click.option(
    "--rules",
    "rules_file",
    type=click.Path(path_type=Path),
    help="Rules to try: a TOML file, or the rules.json of a running stack.",
)
@click.option(
    "--lists",
    "lists_file",
    type=click.Path(path_type=Path),
    help="TOML file of the lists that these rules look into.",
)
@click.option(
    "--costs",
    multiple=True,
    metavar="NAME=NUMBER",
    help="Another cost than the model's: review-cents, review-insult-cents, block-insult-cents or "
    "caught-in-review. Repeatable.",
)
@click.option("--since", type=MOMENT, help="Measure payments from this time on, UTC.")
@click.option("--until", type=MOMENT, help="And before this time, UTC.")
@click.option(
    "--in-file-order",
    is_flag=True,
    help="Payments arrived in the order of the file. Default: in the order of their times.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Read only this many rows of FILE.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write all figures to this file.",
)
@click.option(
    "--html",
    "html_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page with pictures to this file.",
)
@click.option(
    "--rows",
    "rows_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write each payment with features, score and decision to this Parquet file.",
)
@click.option("--rejects", type=click.Path(path_type=Path), help="File for refused rows.")
@click.option("--seed", default=7, show_default=True, help="Of the draws, and of --train.")
def backtest(
    file: Path,
    labels_file: Path | None,
    mapping: str | None,
    labels_mapping: str,
    model: str,
    is_walking: bool,
    policy: str,
    rules_file: Path | None,
    lists_file: Path | None,
    costs: tuple[str, ...],
    in_file_order: bool,
    limit: int | None,
    rejects: Path | None,
    **given: Any,
) -> None:
    """Show what a model would have done with the payments in FILE.

    FILE is read as `swipestream produce` reads it, or is a folder of `swipestream simulate
    world`, `swipestream produce --to-world` or `swipestream features export --to-world`. The
    stream's own SQL computes the features in DuckDB, its scorer scores them, and its SQL
    decides. Prints alerts a day, precision, recall and money, in all, by week and by channel.
    Ranges hold in 95 of 100 draws of cards. Needs no stack.

    By default the first week is left out, as well as payments that the model may have learned from
    and those whose labels are still to come.

    \b
    Examples:
      swipestream backtest payments.parquet --labels chargebacks.csv --html report.html
      swipestream backtest fraudTest.csv --policy mine.toml --json figures.json
      swipestream backtest mine --train                 trained week by week, on nothing later
      swipestream backtest mine --model challenger --since 2026-06-01
      swipestream backtest mine --rules rules.toml --lists lists.toml
      swipestream backtest mine --policy current --costs review-cents=800
    """
    from swipestream.models.threshold_choice import given as given_costs
    from swipestream.models.training_process import run_program
    from swipestream.settings import Settings

    settings = Settings.load()
    outputs = {f"--{name}": given[f"{name}_file"] for name in ("json", "html", "rows")}
    for path in outputs.values():
        _check_writable(path)
    changed = given_costs(costs)
    options: list[object] = ["--name", file.name or str(file), "--seed", given["seed"]]
    thresholds = None
    if not is_walking:
        folder, thresholds = _bundle(settings, model)
        options += ["--model", folder]
    with tempfile.TemporaryDirectory(prefix="backtest-") as scratch:
        options += _policy(settings, policy, thresholds, Path(scratch))
        options += _rules(settings, rules_file, lists_file, Path(scratch))
        world = _world(
            settings, file, labels_file, mapping, labels_mapping, rejects, limit, in_file_order,
            Path(scratch),
        )  # fmt: skip
        options += ["--world", world]
        for name, value in changed.items():
            options += [f"--{name.replace('_', '-')}", value]
        for name in ("since", "until"):
            moment: datetime | None = given[name]
            if moment is not None:
                options += [f"--{name}", moment.strftime("%Y-%m-%dT%H:%M:%S")]
        if given["label_delay"] is not None:
            options += ["--label-delay", given["label_delay"]]
        if in_file_order:
            options.append("--in-file-order")
        for option, path in outputs.items():
            if path is not None:
                options += [option, path.absolute()]
        sys.exit(run_program("training.backtest", *options))


def _check_writable(path: Path | None) -> None:
    """Before minutes of work."""
    from swipestream.errors import SwipestreamError

    if path is not None and not path.absolute().parent.is_dir():
        raise SwipestreamError(f"{path.parent} is not a folder", "make it first")


def _bundle(settings: "Settings", name: str) -> tuple[Path, dict[str, float]]:
    from swipestream.models.bundles import features_in_force
    from swipestream.models.named_bundle import named_bundle

    bundle = named_bundle(settings.models_dir, name, features_in_force(settings))
    return bundle.folder.absolute(), dict(bundle.thresholds)


def _policy(
    settings: "Settings", policy: str, thresholds: dict[str, float] | None, scratch: Path
) -> list[object]:
    """Options that hand the policy over; none for the model's own."""
    if policy == MODEL:
        return []
    if policy == CURRENT:
        from swipestream.database.connection import open_database
        from swipestream.models.decision_policy import policies

        with open_database(settings) as database:
            rows: list[dict[str, Any]] = [vars(row) for row in policies(database)]
        name = "the policy in force"
    else:
        from swipestream.models.policy_file import read_policy

        rows = read_policy(Path(policy), thresholds)
        name = policy
    path = scratch / "policy.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return ["--policy", path, "--policy-name", name]


def _rules(
    settings: "Settings", rules: Path | None, lists: Path | None, scratch: Path
) -> list[object]:
    """Options that hand the rules over, with their lists."""
    if rules is None:
        if lists is not None:
            raise click.UsageError("--lists goes with --rules")
        return []
    from swipestream.models.bundles import job_in_force
    from swipestream.rules.columns import rule_columns
    from swipestream.rules.rules_file import read_rules_file

    found = read_rules_file(rules, lists, rule_columns(job_in_force(settings)))
    path = scratch / "rules.json"
    path.write_text(found.text(), encoding="utf-8")
    return ["--rules", path]


def _world(
    settings: "Settings",
    file: Path,
    labels_file: Path | None,
    mapping: str | None,
    labels_mapping: str,
    rejects: Path | None,
    limit: int | None,
    in_file_order: bool,
    scratch: Path,
) -> Path:
    """The folder of the history, made of the file if it is not one already."""
    from swipestream.sending.file_progress import file_progress
    from swipestream.sending.mapper import SECTION_OF
    from swipestream.sending.produce_file import open_job
    from swipestream.sending.world_files import with_labels, write_world

    labels = None
    if labels_file is not None:
        labels = _labels_job(settings, labels_file, labels_mapping)
    target = scratch / "world"
    if (file / WORLD).is_file():
        if mapping or limit:
            raise click.UsageError(f"{file} is a world: --mapping and --limit are for files")
        if labels is None:
            return file.absolute()
        with file_progress(labels, "labels"):
            with_labels(file, labels, target)
        _say(labels, 0)
        return target
    job = open_job(settings, file, mapping, rejects, limit=limit)
    if not job.mapping.has_payments:
        raise click.UsageError(f"{file} is read as labels: name it with --labels")
    sections = job.mapping.sections
    job.mapper.with_labels = labels is None and _has_labels(job)
    job.references = {table: {} for table, name in SECTION_OF.items() if name in sections}
    for fact in job.said():
        click.echo(f"warning: {fact}", err=True)
    begin = time.monotonic()
    with file_progress(job, "payments of the file"):
        write_world(job, target, labels)
    _say(job, time.monotonic() - begin)
    if job.summary.disordered and not in_file_order:
        click.echo(
            f"warning: {job.summary.disordered:,} payments are older than an earlier row: all are "
            "taken in the order of their times (--in-file-order: in that of the file)",
            err=True,
        )
    if labels is not None:
        _say(labels, 0)
    return target


def _labels_job(settings: "Settings", path: Path, mapping: str) -> "Job":
    from swipestream.sending.errors import MappingError
    from swipestream.sending.produce_file import open_job

    try:
        labels = open_job(settings, path, mapping, None)
    except MappingError as error:
        hint = error.hint.replace("--mapping", "--labels-mapping")
        raise MappingError(error.fact, hint) from None
    if labels.mapping.has_payments:
        raise click.UsageError(
            f"{mapping} maps payments: --labels-mapping names one with only [label]"
        )
    return labels


def _has_labels(job: "Job") -> bool:
    """Whether the mapping knows labels, and the file has the columns that it makes them of."""
    rules = job.mapping.sections.get("label", ())
    needed = job.mapping.columns("label")
    return any(rule.field == "is_fraud" for rule in rules) and needed <= job.file.all_columns()


def _say(job: "Job", seconds: float) -> None:
    from swipestream.commands.produce import report

    job.side_file.close()
    report(job, job.summary, seconds, "usable", is_interrupted=False, is_sorted=True)
