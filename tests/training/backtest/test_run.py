"""The figures are sums of the rows; the rows have the scores and decisions of the stream."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")

import numpy as np
import pandas as pd

from flink_jobs.pipelines import PAYMENTS
from training.backtest.page import as_json, html_page
from training.backtest.run import backtest
from training.backtest.tables import HEADER, facts, sections
from training.data.world import open_world
from training.errors import TooFewLabelsError
from udfs.bundle_errors import BundleError
from udfs.onnx_scorer import OnnxScorer

REPO_ROOT = Path(__file__).resolve().parents[3]
DAY_MS = 86_400_000


def test_every_payment_has_the_scorers_score_and_the_policys_decision(
    tried: Any, trained: Any
) -> None:
    found, path = tried
    rows = pd.read_parquet(path)
    assert len(rows) == found.payments.rows
    scorer = OnnxScorer.load(trained.folder)
    columns = [rows[name] for name in PAYMENTS.model_features]
    assert rows["score"].to_numpy() == pytest.approx(scorer.score(scorer.encode(columns)))
    thresholds = scorer.bundle.thresholds
    decisions = np.where(
        rows["score"] >= thresholds["block"],
        "block",
        np.where(rows["score"] >= thresholds["review"], "review", "approve"),
    )
    assert (rows["decision"] == decisions).all()
    assert rows["event_ms"].is_monotonic_increasing


def test_the_figures_are_sums_of_the_rows(tried: Any) -> None:
    found, path = tried
    rows = pd.read_parquet(path)
    inside = rows[rows["event_ms"].between(found.span.from_ms, found.span.to_ms, "left")]
    total, costs = found.figures.total, found.costs
    is_alert = inside["decision"] != "approve"
    is_fraud = inside["label"] == 1
    assert total.payments == len(inside)
    assert total.cards == inside["card_id"].nunique()
    assert (total.alerts, total.frauds) == (is_alert.sum(), is_fraud.sum())
    assert total.found == (is_alert & is_fraud).sum() > 10
    assert total.fraud_cents == inside.loc[is_fraud, "amount_cents"].sum()
    codes = inside["decision"].map({"approve": 0, "review": 1, "block": 2}).to_numpy()
    cost = costs.of(codes, inside["label"].to_numpy(), inside["amount_cents"].to_numpy()).sum()
    assert total.cost_cents == pytest.approx(cost)
    assert total.sure.precision.value == total.found / total.alerts
    assert total.sure.precision.low <= total.sure.precision.value <= total.sure.precision.high
    assert total.sure.saved_cents.value == pytest.approx(total.saved_cents)
    for parts in (found.figures.weeks, found.figures.channels, found.figures.days):
        assert sum(part.payments for part in parts) == total.payments
    assert {item.name for item in found.figures.channels} == {"pos", "online"}


def test_payments_that_the_model_has_seen_are_not_measured(tried: Any, trained: Any) -> None:
    found, _ = tried
    assert found.span.from_ms == trained.manifest["training"]["seen_until_ms"]
    assert any("may have learned from" in note for note in found.notes)


class Page(HTMLParser):
    """What a page refers to, and how many pictures it has."""

    def __init__(self) -> None:
        super().__init__()
        self.references: list[str] = []
        self.pictures = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, "str | None"]]) -> None:
        for name, value in attrs:
            if name in ("src", "href"):
                self.references.append(value or "")
        self.pictures += tag == "img"


def test_the_page_needs_nothing_beside_it(tried: Any) -> None:
    text = html_page(dataclasses.replace(tried[0], name="<script>alert(1)</script>"))
    page = Page()
    page.feed(text)
    assert page.pictures == 5
    assert all(item.startswith("data:image/svg+xml;base64,") for item in page.references)
    assert "<script" not in text
    assert text.count("<tbody>") == 3


def test_json_has_what_the_text_has(tried: Any) -> None:
    found, _ = tried
    document = json.loads(as_json(found))
    assert document["total"]["payments"] == found.figures.total.payments
    assert document["total"]["precision"]["low"] <= document["total"]["precision"]["value"]
    assert len(document["weeks"]) == len(found.figures.weeks)
    assert document["history"]["payments"] == found.payments.rows
    assert document["models"] == [] and document["other_thresholds"]
    assert {row["channel"] for row in document["policy"]["channels"]} == {"pos", "online", "atm"}
    rows = [row for section in sections(found) for row in section.rows]
    assert all(len(row) == len(HEADER) for row in rows)
    assert [name for name, _ in facts(found)] == [
        *("history", "measured", "labels", "model", "policy", "costs"),
    ]


@pytest.fixture
def own_world(small_world: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_world, tmp_path / "world"))


def change_labels(world: Path, change: Any) -> None:
    path = world / "labels.parquet"
    change(pd.read_parquet(path)).to_parquet(path)


def test_without_labels_alerts_are_counted_and_the_rest_is_said(own_world: Path, plan: Any) -> None:
    change_labels(own_world, lambda labels: labels.head(0))
    found = backtest(dataclasses.replace(plan, world=open_world(own_world)))
    assert found.figures.ranked is None and found.figures.total.sure is None
    assert found.figures.total.alerts > 0
    assert any(note.startswith("there are no labels") for note in found.notes)
    document = json.loads(as_json(found))
    assert document["total"]["precision"] is None
    assert document["total"]["alerts_a_day"] > 0
    page = Page()
    page.feed(html_page(found))
    assert page.pictures == 1
    assert sections(found)[0].rows[0][2] == "?"


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        (
            lambda labels: labels.assign(transaction_id="x-" + labels["transaction_id"]),
            r"none of the [\d,]+ labels is of a payment in small",
        ),
        (
            lambda labels: labels.iloc[[0] * 25_000].assign(
                transaction_id=[f"p-{number}" for number in range(25_000)]
            ),
            r"labels say fraud, of [\d,]+ payments in small",
        ),
    ],
)
def test_labels_that_cannot_be_right_are_an_error(
    change: Any, fact: str, own_world: Path, plan: Any
) -> None:
    change_labels(own_world, change)
    with pytest.raises(TooFewLabelsError, match=fact):
        backtest(dataclasses.replace(plan, world=open_world(own_world)))


def test_all_genuine_is_said_and_teaches_nothing(own_world: Path, plan: Any) -> None:
    change_labels(own_world, lambda labels: labels.assign(is_fraud=False))
    own = dataclasses.replace(plan, world=open_world(own_world))
    found = backtest(own)
    assert any(note.startswith("all labels say genuine") for note in found.notes)
    assert found.figures.ranked is None
    with pytest.raises(TooFewLabelsError, match="--train learns from labels, and all labels say"):
        backtest(dataclasses.replace(own, model=None))


def test_several_currencies_are_said(own_world: Path, plan: Any) -> None:
    path = own_world / "payments" / "all.parquet"
    payments = pd.read_parquet(path)
    payments.loc[5, "currency"] = "USD"
    payments.to_parquet(path)
    found = backtest(dataclasses.replace(plan, world=open_world(own_world)))
    assert any(note.startswith("amounts in EUR, USD are added up") for note in found.notes)


def test_a_model_of_other_features_is_refused(plan: Any, tmp_path: Path) -> None:
    from tests.udfs.tiny_bundle import publish_tiny_bundle

    folder = tmp_path / publish_tiny_bundle(tmp_path)
    with pytest.raises(BundleError, match=r"is km_from_home, the SQL.s is"):
        backtest(dataclasses.replace(plan, model=folder))


def test_other_costs_change_the_money_and_not_the_decisions(tried: Any, plan: Any) -> None:
    found = backtest(dataclasses.replace(plan, changed_costs={"review_cents": 5_000.0}))
    assert found.costs.review_cents == 5_000
    assert found.figures.total.reviews == tried[0].figures.total.reviews
    assert found.figures.total.review_cents == pytest.approx(
        10 * tried[0].figures.total.review_cents
    )


def test_the_program_prints_and_writes(small_world: Path, trained: Any, tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "training.backtest"),
        *("--world", small_world, "--name", "small", "--model", trained.folder),
        *("--json", tmp_path / "f.json", "--html", tmp_path / "f.html"),
    ]
    run = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, cwd=REPO_ROOT, check=False
    )
    assert run.returncode == 0, run.stderr
    assert re.search(r"^history +small: [\d,]+ payments of 300 cards", run.stdout, re.M)
    assert re.search(r"^all +[\d,]+ +\d+ ", run.stdout, re.M)
    assert "warning: measured from" in run.stderr
    assert json.loads((tmp_path / "f.json").read_text())["history"]["name"] == "small"
    assert (tmp_path / "f.html").read_text().startswith("<!doctype html>")


def test_the_program_says_errors_in_two_lines(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "training.backtest", "--world", tmp_path, "--name", "x"]
    run = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, cwd=REPO_ROOT, check=False
    )
    assert run.returncode == 1
    assert re.fullmatch(r"error: .* holds no world: .*\nhint: .*\n", run.stderr)
