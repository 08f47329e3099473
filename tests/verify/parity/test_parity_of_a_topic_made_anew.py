"""Rows of an earlier topic of the same name are not compared with the current topic."""

import dataclasses
from pathlib import Path

import pytest
from click.testing import CliRunner

from flink_jobs.score_payments import JOB
from swipestream.cli import main
from swipestream.settings import Settings
from swipestream.verify.parity.run import run
from tests.udfs.tiny_bundle import publish_tiny_bundle
from tests.verify.parity.sent_and_stored import send_and_store
from tests.verify.parity.stream_by_hand import messages
from tests.verify.reconcile.own_topic import make_anew, own_topic

pytestmark = pytest.mark.stack


def test_payments_of_an_earlier_topic_are_counted_and_left_out(
    stack: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    monkeypatch.setenv("MODEL_DIR", str(models))
    features = ("channel", "merchant_category")
    version = publish_tiny_bundle(models, JOB.model_features, features)
    with own_topic(stack, "parity_anew") as own:
        settings = dataclasses.replace(own, model_dir=str(models))
        before = send_and_store(settings, messages(cards=6, payments=60), version, tmp_path)
        assert run(settings).is_clean
        make_anew(settings)
        # Of the same cards, at the same offsets, but without their earlier history.
        sent = messages(cards=6, payments=60, seed=2)
        for row in sent:
            row["transaction_id"] = f"anew-{row['transaction_id']}"
        now = send_and_store(settings, sent, version, tmp_path)
        report = run(settings)
        assert (report.payments, report.of_earlier_topic) == (now, before)
        assert report.is_clean and report.in_log == now
        result = CliRunner().invoke(main, ["parity", "--no-log", "--engine", "postgres"])
        assert result.exit_code == 0, result.output
        said = f"{before:,} payments arrived before the topic was recreated, and are left out"
        assert said in result.output
