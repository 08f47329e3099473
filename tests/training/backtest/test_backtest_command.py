"""`swipestream backtest` from the streaming environment: files in, bad input in one line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

pytest.importorskip("confluent_kafka", reason="runs where the command line does")

import pyarrow.compute as pc
import pyarrow.parquet as pq

from flink_jobs.score_payments import JOB
from simulator import World
from swipestream.cli import main
from swipestream.models.training_process import TRAINING_PYTHON
from tests.udfs.tiny_bundle import publish_tiny_bundle

pytestmark = pytest.mark.skipif(
    not TRAINING_PYTHON.exists(), reason="needs the training environment"
)
# 1 January 2020: no payment is in the future.
END_MS = 1_577_836_800_000
# Of which all labels are known.
SPAN = ("--since", "2019-12-08", "--until", "2019-12-20")
CATEGORICAL = ("channel", "merchant_category")


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a tiny champion."""
    folder = tmp_path / "models"
    monkeypatch.setenv("SWIPESTREAM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MODEL_DIR", str(folder))
    monkeypatch.chdir(tmp_path)
    publish_tiny_bundle(folder, JOB.model_features, CATEGORICAL)
    return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated") / "world"
    World.generate(
        seed=5, customers=120, merchants=80, days=30, end_ms=END_MS, fraud_share=0.05
    ).write(folder)
    path = folder / "labels.parquet"
    labels = pq.read_table(path)
    # What a file of labels can hold.
    pq.write_table(labels.filter(pc.field("labelled_ms") <= END_MS), path)
    return folder


@pytest.fixture(scope="module")
def csv(world: Path) -> Path:
    """The payments of the world as a file, the newest first."""
    path = world.parent / "payments.csv"
    table = pq.read_table(world / "payments.parquet")
    rows = table.to_pylist()[::-1]
    lines = [",".join(table.column_names)]
    lines += [",".join("" if v is None else str(v) for v in row.values()) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["backtest", *map(str, arguments)])


def figures(*arguments: object, capfd: pytest.CaptureFixture[str]) -> dict:
    result = run(*arguments, "--json", "figures.json")
    assert result.exit_code == 0, result.output + capfd.readouterr().err
    return json.loads(Path("figures.json").read_text())


def test_a_file_and_its_world_have_the_same_decisions(
    world: Path, csv: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    labels = world / "labels.parquet"
    of_world = figures(world, *SPAN, capfd=capfd)
    of_file = figures(csv, "--labels", labels, *SPAN, capfd=capfd)
    # The tiny model looks at nothing that the file lacks.
    for name in ("payments", "frauds", "reviews", "blocks", "lost_cents"):
        assert of_file["total"][name] == of_world["total"][name], name
    assert of_world["total"]["frauds"] > 0 < of_world["total"]["blocks"]
    assert of_file["labels"]["count"] == of_world["labels"]["count"]


def test_what_is_odd_of_a_file_is_said(csv: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = run(csv, "--html", "page.html")
    error = result.output + capfd.readouterr().err
    assert result.exit_code == 0, error
    assert "payments are older than an earlier row: all are taken in the order of" in error
    assert "warning: there are no labels: precision, recall and money are unknown" in error
    assert Path("page.html").read_text().startswith("<!doctype html>")
    assert not list(Path().glob("*.rejects.jsonl"))


def test_labels_without_times_get_the_delay(
    world: Path, csv: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    table = pq.read_table(world / "labels.parquet", columns=["transaction_id", "is_fraud"])
    lines = [f"{row['transaction_id']},{row['is_fraud']}" for row in table.to_pylist()]
    Path("labels.csv").write_text("transaction_id,is_fraud\n" + "\n".join(lines) + "\n")
    found = figures(csv, "--labels", "labels.csv", "--label-delay", 3, capfd=capfd)
    assert found["labels"]["frauds"] > 0
    assert any("3 days after the payment is assumed" in note for note in found["notes"])
    # All are known, so no payment waits for its label.
    assert not any("still to come" in note for note in found["notes"])


def test_a_policy_file_decides(world: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("policy.toml").write_text("review_score = 0.0\nblock_score = 1.0\n[pos]\nblock_score=0\n")
    found = figures(world, "--policy", "policy.toml", capfd=capfd)
    by_channel = {row["channel"]: row for row in found["channels"]}
    assert by_channel["pos"]["blocks"] == by_channel["pos"]["payments"] > 0
    assert by_channel["online"]["reviews"] == by_channel["online"]["payments"] > 0
    assert found["policy"]["name"] == "policy.toml"


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("reviewscore = 1", "reviewscore is neither a channel nor a column of the policy"),
        ("review_score = true", "review_score = True is not a number"),
        ("review_score = 0.9\nblock_score = 0.5", "are not in order within 0 and 1"),
        ("[pos", "is not TOML"),
        (None, "cannot be read"),
    ],
)
def test_a_bad_policy_is_one_line(text: str | None, fact: str, world: Path) -> None:
    if text is not None:
        Path("policy.toml").write_text(text)
    result = run(world, "--policy", "policy.toml")
    assert result.exit_code == 1
    assert fact in result.output
    assert result.output.count("\n") == 2


@pytest.mark.parametrize(
    ("content", "options", "fact"),
    [
        (None, [], "file.csv does not exist"),
        ("", [], "file.csv is empty"),
        ("a,b\n1,2\n", [], "no built-in mapping fits the columns a, b"),
        ("{csv}", ["--labels", "nobody.csv"], "nobody.csv does not exist"),
        ("{csv}", ["--labels", "file.csv"], "the mapping labels needs the column is_fraud"),
        ("{csv}", ["--model", "m-none"], "m-none is neither a model in"),
        ("{csv}", ["--model", "challenger"], "has no challenger"),
        ("{csv}", ["--html", "nowhere/page.html"], "nowhere is not a folder"),
        ("{csv}", ["--costs", "review=1"], "review is not a cost"),
        ("{csv}", ["--policy", "current"], "no database password"),
    ],
)
def test_bad_input_is_one_line(
    content: str | None, options: list[str], fact: str, csv: Path
) -> None:
    if content is not None:
        Path("file.csv").write_text(csv.read_text() if content == "{csv}" else content)
    result = run("file.csv", *options)
    assert result.exit_code == 1
    assert fact in result.output + str(result.exception)


def test_a_model_of_other_features_is_refused_before_the_file_is_read(models: Path) -> None:
    publish_tiny_bundle(models)
    result = run("no-file.csv")
    assert result.exit_code == 1
    assert "the SQL's is" in result.output or "lacks" in result.output


def test_only_labels_are_no_payments(world: Path) -> None:
    result = run(world / "labels.parquet", "--mapping", "labels")
    assert result.exit_code == 2
    assert "name it with --labels" in result.output


def test_rules_and_lists_decide(world: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("rules.toml").write_text(
        '[no_pos]\naction = "block"\nwhen = ["channel = pos"]\n'
        '[shops]\naction = "allow"\nwhen = ["merchant_id in list good"]\n'
    )
    Path("lists.toml").write_text('good = { kind = "merchants", file = "good.csv" }\n')
    payments = pq.read_table(world / "payments.parquet", columns=["merchant_id", "channel"])
    at = payments.filter(pc.field("channel") == "pos")["merchant_id"].value_counts().to_pylist()
    busy = sorted(at, key=lambda row: -row["counts"])[:10]
    Path("good.csv").write_text("".join(f"{row['values']}\n" for row in busy))
    found = figures(world, "--rules", "rules.toml", "--lists", "lists.toml", capfd=capfd)
    assert [(rule["name"], rule["action"]) for rule in found["rules"]] == [
        ("no_pos", "block"),
        ("shops", "allow"),
    ]
    pos = next(row for row in found["channels"] if row["channel"] == "pos")
    assert pos["payments"] > pos["blocks"] > 0


@pytest.mark.parametrize(
    ("options", "status", "fact"),
    [
        (["--lists", "lists.toml"], 2, "--lists goes with --rules"),
        (["--rules", "none.toml"], 1, "none.toml cannot be read"),
    ],
)
def test_rules_that_cannot_be_tried_are_one_line(
    options: list[str], status: int, fact: str, world: Path
) -> None:
    result = run(world, *options)
    assert result.exit_code == status
    assert fact in result.output
