"""What the model cannot score is left to the rules."""

import logging
from pathlib import Path

import pytest

from serving.decisions.champion import Champion
from tests.udfs.tiny_bundle import publish_tiny_bundle, tiny_score


def test_an_error_of_the_model_costs_the_score_and_not_the_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = ("amount_cents", "channel")
    publish_tiny_bundle(tmp_path, names, categorical=("channel",))
    champion = Champion(tmp_path, names)
    try:
        good = {"amount_cents": 900_000, "channel": "online"}
        with caplog.at_level(logging.ERROR):
            for _ in range(2):
                assert champion.score(good | {"amount_cents": "secret"}) == (None, None)
        assert [record.getMessage().split()[-1] for record in caplog.records] == [
            "reason=ValueError"
        ]
        assert "secret" not in caplog.text
        score, version = champion.score(good)
        assert score == pytest.approx(tiny_score(900_000, "online"), abs=1e-6)
        assert version == champion.version
    finally:
        champion.close()
