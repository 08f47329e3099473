"""Models change while payments flow: none is lost, unscored, or scored by half of each."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import pytest

from flink_jobs.score_payments import JOB
from swipestream.models import mlflow_record
from swipestream.models.audit import open_audit
from swipestream.models.changing_models import promote, rollback
from swipestream.models.errors import UnusableModelError
from swipestream.models.gate_verdict import GATE_FILE
from swipestream.models.health import check_models
from swipestream.models.recording import record
from swipestream.verify.parity.run import run as parity
from swipestream.verify.reconcile.run import reconcile
from tests.eventually import eventually
from tests.pipeline.conftest import Pipeline
from tests.udfs.tiny_bundle import publish_tiny_bundle, tiny_score
from udfs.model_bundle import CHALLENGER, CHAMPION, read_pointer, write_pointer
from udfs.shadow_cost import COST_FILE

pytestmark = pytest.mark.stack

CATEGORICAL = ("channel", "merchant_category")
SHIFT = 1.5
PAUSE_SECONDS = 0.02


class Traffic:
    """Sends payments, one after the other, until the context ends."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.payments: list[dict[str, Any]] = []
        self._pipeline = pipeline
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def _send(self) -> None:
        while not self._is_over.wait(PAUSE_SECONDS):
            payment = self._pipeline.payment()
            self._pipeline.send(payment)
            self.payments.append(payment)

    def __enter__(self) -> "Traffic":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def newest(self) -> dict[str, Any]:
        """The row of a payment that is sent from now on."""
        count = len(self.payments)
        eventually(lambda: len(self.payments), lambda now: now > count)
        return self._pipeline.scored(self.payments[count])[0]


@pytest.fixture
def first(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The champion, which is restored after the test; MLflow is not installed."""
    models = pipeline.settings.models_dir
    monkeypatch.setattr(mlflow_record, "REGISTRY_PYTHON", models / "no-python")
    version = publish_tiny_bundle(models, JOB.model_features, CATEGORICAL)
    eventually(
        lambda: pipeline.scored(sent(pipeline))[0]["model_version"], lambda name: name == version
    )
    yield version
    write_pointer(models, CHAMPION, version)
    (models / CHALLENGER).unlink(missing_ok=True)


def sent(pipeline: Pipeline) -> dict[str, Any]:
    payment = pipeline.payment()
    pipeline.send(payment)
    return payment


def judged(pipeline: Pipeline, champion: str, shift: float = SHIFT, wrong_by: float = 0.0) -> str:
    """A model that passed the gate against the champion."""
    models = pipeline.settings.models_dir
    version = publish_tiny_bundle(
        models, JOB.model_features, CATEGORICAL, shift=shift, wrong_by=wrong_by, promote=False
    )
    verdict = {"verdict": "passed", "reasons": [], "against": champion, "figures": {}}
    (models / version / GATE_FILE).write_text(json.dumps(verdict))
    return version


def test_promoted_and_rolled_back_while_payments_flow(pipeline: Pipeline, first: str) -> None:
    settings = pipeline.settings
    job, restarts = pipeline.job().job_id, pipeline.restarts()
    second = judged(pipeline, first)
    with Traffic(pipeline) as traffic:
        traffic.newest()

        record(settings, second, "anna", "trained")
        assert read_pointer(settings.models_dir, CHALLENGER) == second
        eventually(traffic.newest, lambda row: row["challenger_version"] == second)

        promote(settings, CHALLENGER, "anna", "it is better")
        promoted_at = time.time()
        row = eventually(traffic.newest, lambda row: row["model_version"] == second)
        assert row["event_ms"] / 1000 - promoted_at < 10, "a promotion takes more than 10 s"

        # A model that cannot be used: refused before anything changes, and by the stream.
        broken = judged(pipeline, second, shift=3.0, wrong_by=0.1)
        with pytest.raises(UnusableModelError, match="self-test"):
            promote(settings, broken, "anna")
        write_pointer(settings.models_dir, CHAMPION, broken)
        found = eventually(
            lambda: next(check_models(settings)), lambda found: "the stream refused" in found[2]
        )
        assert found[0] == "FAIL"
        assert f"{second} goes on" in found[2]
        assert traffic.newest()["model_version"] == second
        promote(settings, second, "anna")

        rollback(settings, "bert", "too many reviews")
        eventually(traffic.newest, lambda row: row["model_version"] == first)

    rows = sorted(pipeline.scored(*traffic.payments), key=lambda row: row["scored_at"])
    assert all(row["score"] is not None and row["score_error"] is None for row in rows)
    shifts = {first: 0.0, second: SHIFT}
    for row in rows:
        expected = tiny_score(row["amount_cents"], row["channel"], shifts[row["model_version"]])
        assert row["score"] == pytest.approx(expected, abs=1e-6)
        if row["challenger_version"] is not None:
            assert row["challenger_version"] == second != row["model_version"]
            challenger = tiny_score(row["amount_cents"], row["channel"], SHIFT)
            assert row["challenger_score"] == pytest.approx(challenger, abs=1e-6)
    # One model after the other: each change is seen once in the order of scoring.
    moments = Counter(row["scored_at"] for row in rows)
    alone = [row["model_version"] for row in rows if moments[row["scored_at"]] == 1]
    changes = [now for before, now in zip([None, *alone], alone, strict=False) if now != before]
    assert changes == [first, second, first]

    assert (pipeline.job().job_id, pipeline.restarts()) == (job, restarts)
    assert reconcile(settings).is_complete
    since = min(row["event_time"] for row in rows).replace(tzinfo=UTC)
    scores = parity(settings, since, with_log=False).challenger_scores
    assert scores is not None and scores.compared > 0 and scores.mismatched == 0
    with open_audit(settings) as audit:
        actions = [change.action for change in audit.changes() if second in vars(change).values()]
    assert actions == ["challenge", "promote", "rollback"]


def test_the_challengers_cost_is_measured_while_it_scores(pipeline: Pipeline, first: str) -> None:
    models = pipeline.settings.models_dir
    second = judged(pipeline, first, shift=2.0)
    write_pointer(models, CHALLENGER, second)

    def measured() -> dict[str, Any]:
        pipeline.scored(sent(pipeline))
        path = models / COST_FILE
        return json.loads(path.read_text()) if path.exists() else {}

    found = eventually(measured, lambda cost: cost.get("challenger") == second)
    assert found["champion"] == first
    assert found["payments"] > 0
    assert 0 < found["challenger_seconds"] < 60
