"""A TaskManager that dies mid-stream loses nothing. Last by name: it restarts the job."""

import os
import signal

import pytest

from swipestream.stack.supervision import Supervisor
from tests.pipeline.conftest import Pipeline, eventually

pytestmark = pytest.mark.stack

PAYMENTS = 2_000


def test_every_payment_is_stored_once_after_kill_9(pipeline: Pipeline) -> None:
    payments = [pipeline.payment(card_id=f"card-restart-{n % 40}") for n in range(PAYMENTS)]
    half = PAYMENTS // 2
    pipeline.send(*payments[:half])
    pipeline.scored(payments[0])
    taskmanager = Supervisor(pipeline.settings).states()["flink-taskmanager"].pid
    os.kill(taskmanager, signal.SIGKILL)
    pipeline.send(*payments[half:])
    pipeline.scored(*payments)
    counts = eventually(
        lambda: pipeline.rows(
            "SELECT count(*) AS stored, count(DISTINCT transaction_id) AS payments, "
            "count(score) AS scored FROM scored_payments WHERE card_id LIKE 'card-restart-%%'"
        ),
        lambda rows: rows[0]["stored"] >= PAYMENTS,
    )
    assert counts == [{"stored": PAYMENTS, "payments": PAYMENTS, "scored": PAYMENTS}]
