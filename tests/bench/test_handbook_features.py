"""The features: by hand on few payments, and no label is seen before its time."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")

from bench.handbook.features import BOOK, FILES, STREAMED, STREAMED_NAMES, compute
from bench.handbook.simulator import GENUINE, START_MS, TERMINAL, Payments
from flink_jobs.pipelines import PAYMENTS
from training.measure.prequential import DAY_MS
from training.progress import Progress

HOUR_MS = DAY_MS // 24
DELAY_MS = 7 * DAY_MS


def few(*rows: tuple[float, int, int, int, bool]) -> Payments:
    """Payments of (day, card, terminal, cents, is it fraud)."""
    day, card, terminal, cents, fraud = map(np.array, zip(*rows, strict=True))
    return Payments(
        event_ms=START_MS + (day * DAY_MS).astype(np.int64),
        card=card,
        terminal=terminal,
        amount_cents=cents,
        scenario=np.where(fraud, TERMINAL, GENUINE).astype(np.int8),
    )


def column(payments: Payments, name: str) -> np.ndarray:
    features = compute(payments, Progress())[STREAMED]
    return features.values[:, features.names.index(name)]


def test_a_fraud_is_known_a_week_later_among_the_payments_of_its_time() -> None:
    payments = few(
        (0.5, 1, 9, 1000, True),
        (2.5, 2, 9, 1000, True),
        (4.5, 3, 9, 1000, False),
        (7.4, 4, 9, 1000, False),
        (7.6, 4, 9, 1000, False),
        (9.6, 5, 9, 1000, False),
        (12.0, 6, 9, 1000, False),
        (12.0, 6, 8, 1000, False),
    )
    rate = column(payments, "merchant_mature_fraud_rate_7d")
    np.testing.assert_allclose(rate, [np.nan] * 4 + [1, 1, 2 / 3, np.nan], rtol=1e-6)
    # Among all payments of 28 days, at the full hour before.
    rate = column(payments, "merchant_fraud_rate_28d")
    np.testing.assert_allclose(rate, [np.nan, 0, 0, 0, 1 / 4, 2 / 5, 2 / 6, np.nan], rtol=1e-6)


def test_a_thiefs_payments_hardly_become_the_habit() -> None:
    rows = [(number * 1.0, 1, 1, 1000, False) for number in range(10)]
    payments = few(*rows, (10.0, 1, 1, 5000, False), (11.0, 1, 1, 5000, False))
    usual = column(payments, "amount_to_card_usual_30d")
    np.testing.assert_allclose(usual[9:], [1, 5, 5 ** (10 / 11)], rtol=1e-3)
    largest = column(payments, "largest_amount_to_card_usual_7d")
    np.testing.assert_allclose(largest[9:], [1, 5, 5 ** (10 / 11)], rtol=1e-3)


def test_known_frauds_are_compared_with_what_their_cards_usually_pay() -> None:
    habit = [(number * 1.0, 1, 1, 1000, False) for number in range(3)]
    payments = few(*habit, (3.0, 1, 9, 4000, True), (12.0, 2, 9, 500, False))
    ratio = column(payments, "merchant_fraud_to_usual_28d")
    np.testing.assert_allclose(ratio, [np.nan] * 4 + [3.99], rtol=1e-6)


def test_the_books_features_are_what_counting_by_hand_gives(payments: Payments) -> None:
    features = compute(payments, Progress())[BOOK]
    assert len(features.names) == 15
    values = dict(zip(features.names, features.values.T, strict=True))
    for row in np.random.default_rng(7).choice(len(payments), 50, replace=False):
        now = payments.event_ms[row]
        recent = (payments.event_ms <= now) & (payments.event_ms >= now - 7 * DAY_MS)
        of_card = recent & (payments.card == payments.card[row])
        assert values["card_count_7d"][row] == of_card.sum()
        mean = payments.amount_cents[of_card].mean() / 100
        assert values["card_mean_amount_7d"][row] == pytest.approx(mean, rel=1e-5)
        past = (payments.event_ms <= now - DELAY_MS) & (payments.event_ms >= now - 2 * DELAY_MS)
        known = past & (payments.terminal == payments.terminal[row])
        assert values["terminal_count_7d"][row] == known.sum()
        risk = payments.label[known].mean() if known.any() else 0
        assert values["terminal_risk_7d"][row] == pytest.approx(risk, rel=1e-5)


def too_early(payments: Payments, table: str, files: Sequence[Path] = FILES) -> int:
    """How many payments see a planted label before it is known; others must see it later."""
    planted = np.flatnonzero(payments.scenario == GENUINE)[len(payments) // 4]
    scenario = payments.scenario.copy()
    scenario[planted] = TERMINAL
    changed = Payments(**{**vars(payments), "scenario": scenario})
    before, after = (
        compute(drawn, Progress(), files=files)[table].values for drawn in (payments, changed)
    )
    sees = ~((before == after) | (np.isnan(before) & np.isnan(after))).all(axis=1)
    assert sees.any(), "nobody ever sees the label: this proves nothing"
    return int(sees[payments.event_ms < payments.event_ms[planted] + DELAY_MS].sum())


@pytest.mark.parametrize("table", [BOOK, STREAMED])
def test_no_feature_sees_a_label_before_its_time(payments: Payments, table: str) -> None:
    assert too_early(payments, table) == 0


@pytest.mark.parametrize(
    ("table", "file", "right", "wrong"),
    [
        (STREAMED, "labels_on_disk", "event_ms + 604800000", "event_ms + 518400000"),
        (
            STREAMED,
            "payments_on_disk",
            "    amount_cents,",
            "    amount_cents + is_fraud AS amount_cents,",
        ),
        (BOOK, "book_features", "AND 604800000 PRECEDING", "AND 518400000 PRECEDING"),
    ],
    ids=["labels_a_day_too_soon", "payments_with_their_labels", "windows_a_day_too_late"],
)
def test_a_planted_leak_is_found(
    payments: Payments, tmp_path: Path, table: str, file: str, right: str, wrong: str
) -> None:
    files = []
    for path in FILES:
        text = path.read_text("utf-8")
        if path.stem == file:
            assert right in text
            text = text.replace(right, wrong)
        # The folder says how a file is run.
        files.append(tmp_path / path.parent.name / path.name)
        files[-1].parent.mkdir(exist_ok=True)
        files[-1].write_text(text, "utf-8")
    assert too_early(payments, table, files) > 0


def test_the_streams_features_are_those_of_its_own_files() -> None:
    for file in PAYMENTS.feature_files:
        assert FILES.count(PAYMENTS.job.path(file)) == 1
    assert set(PAYMENTS.model_features) - set(STREAMED_NAMES) == {"channel", "merchant_category"}
