"""Training uses only labels known by then, and only payments old enough to have them."""

import shutil
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

import numpy as np
import pandas as pd

from tests.training.small_world import DAY_MS, END_MS, write_small_world
from training.data.prepare import prepare
from training.data.training_set import (
    LABEL_DELAY_DAYS,
    WARM_UP_DAYS,
    TrainingSet,
    build_training_set,
)
from training.data.world import open_world
from training.errors import LeakError, TooFewLabelsError, TrainingDataError


def build(world: Path, tmp_path: Path) -> TrainingSet:
    return build_training_set(open_world(world), tmp_path / "set.parquet")


@pytest.fixture
def own_world(small_world: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_world, tmp_path / "world"))


def add_labels(world: Path, *rows: dict[str, object]) -> None:
    path = world / "labels.parquet"
    labels = pd.read_parquet(path)
    constant = {"reason": "chargeback", "scenario": "planted", "source": "test"}
    pd.concat([labels, pd.DataFrame([constant | row for row in rows])]).to_parquet(path)


def label_of(training_set: TrainingSet, transaction_id: str) -> int:
    frame = training_set.frame
    return int(frame.loc[frame["transaction_id"] == transaction_id, "label"].iloc[0])


def good_payments(training_set: TrainingSet) -> pd.DataFrame:
    return training_set.frame[training_set.frame["label"] == 0]


def test_warm_up_and_young_payments_are_left_out(small_world: Path, tmp_path: Path) -> None:
    training_set = build(small_world, tmp_path)
    payments = pd.read_parquet(small_world / "payments")
    times = training_set.frame["event_ms"]
    first = payments["event_ms"].min()
    last = END_MS - LABEL_DELAY_DAYS * DAY_MS
    assert times.min() >= first + WARM_UP_DAYS * DAY_MS
    assert times.max() < last
    inside = payments["event_ms"].between(first + WARM_UP_DAYS * DAY_MS, last, inclusive="left")
    assert len(training_set.frame) == inside.sum()
    assert times.is_monotonic_increasing


def test_a_number_on_two_cards_is_two_payments_with_one_label(
    own_world: Path, tmp_path: Path
) -> None:
    before = build(own_world, tmp_path)
    fraud = before.frame[before.frame["label"] == 1].iloc[0]
    good = before.frame[before.frame["card_id"] != fraud["card_id"]].iloc[0]
    file = own_world / "payments" / "all.parquet"
    payments = pd.read_parquet(file)
    number = payments["transaction_id"].replace(good["transaction_id"], fraud["transaction_id"])
    payments.assign(transaction_id=number).to_parquet(file)
    training_set = build(own_world, tmp_path)
    frame = training_set.frame
    assert len(frame) == len(before.frame)
    both = frame[frame["transaction_id"] == fraud["transaction_id"]]
    assert set(both["card_id"]) == {fraud["card_id"], good["card_id"]}
    assert both["label"].tolist() == [1, 1]
    assert training_set.labels == before.labels


def test_a_label_from_the_future_is_not_known(own_world: Path, tmp_path: Path) -> None:
    first, second = good_payments(build(own_world, tmp_path))["transaction_id"].iloc[[3, 4]]
    times = {"event_ms": END_MS - 30 * DAY_MS, "is_fraud": True}
    add_labels(
        own_world,
        {"transaction_id": first, "labelled_ms": END_MS + 1, **times},
        {"transaction_id": second, "labelled_ms": END_MS, **times},
    )
    training_set = build(own_world, tmp_path)
    assert label_of(training_set, first) == 0
    assert label_of(training_set, second) == 1


def test_the_newest_label_counts(own_world: Path, tmp_path: Path) -> None:
    payment = good_payments(build(own_world, tmp_path))["transaction_id"].iloc[0]
    row = {"transaction_id": payment, "event_ms": END_MS - 30 * DAY_MS}
    add_labels(
        own_world,
        {"is_fraud": True, "labelled_ms": END_MS - 9 * DAY_MS, **row},
        {"is_fraud": False, "labelled_ms": END_MS - 8 * DAY_MS, **row},
    )
    training_set = build(own_world, tmp_path)
    assert label_of(training_set, payment) == 0
    assert len(training_set.frame) == training_set.frame["transaction_id"].nunique()


def test_of_equally_new_labels_fraud_counts_and_oddities_are_counted(
    own_world: Path, tmp_path: Path
) -> None:
    good = good_payments(build(own_world, tmp_path))
    payment, early = good["transaction_id"].iloc[[0, 1]]
    when = int(good["event_ms"].iloc[1])
    row = {"event_ms": END_MS - 30 * DAY_MS, "labelled_ms": END_MS - DAY_MS}
    add_labels(
        own_world,
        {"transaction_id": payment, "is_fraud": True, **row},
        {"transaction_id": payment, "is_fraud": False, **row},
        {"transaction_id": "p-nobody", "is_fraud": True, **row},
        {"transaction_id": early, "is_fraud": True, **row, "labelled_ms": when - 1},
    )
    training_set = build(own_world, tmp_path)
    assert label_of(training_set, payment) == label_of(training_set, early) == 1
    assert "p-nobody" not in set(training_set.frame["transaction_id"])
    account = training_set.labels
    assert (account.contradicted, account.of_unknown_payments) == (1, 1)
    assert account.before_the_payment == 1
    assert [line.split(" ")[0] for line in account.warnings()] == ["1", "1", "1"]


def test_labels_of_other_payments_are_no_labels(own_world: Path, tmp_path: Path) -> None:
    labels = pd.read_parquet(own_world / "labels.parquet")
    labels["transaction_id"] = "x-" + labels["transaction_id"]
    labels.to_parquet(own_world / "labels.parquet")
    with pytest.raises(TooFewLabelsError, match=r"none of the \d+ labels .* is of a payment in"):
        build(own_world, tmp_path)


def test_a_moment_in_the_past_knows_nothing_later(small_world: Path, tmp_path: Path) -> None:
    until = END_MS - 10 * DAY_MS
    source = open_world(small_world)
    training_set = build_training_set(source, tmp_path / "set.parquet", until_ms=until)
    assert training_set.known_at_ms == until
    assert training_set.frame["event_ms"].max() < until - LABEL_DELAY_DAYS * DAY_MS
    assert training_set.frame["labelled_ms"].max() <= until
    since = int(training_set.frame["event_ms"].iloc[2000])
    later = build_training_set(source, tmp_path / "set.parquet", since_ms=since, until_ms=until)
    assert later.frame["event_ms"].min() >= since


def test_a_planted_label_among_the_features_is_caught(small_world: Path, tmp_path: Path) -> None:
    training_set = build(small_world, tmp_path)
    frame = training_set.frame
    # As when a lookup answers with what is known today, and not with what was known then.
    frame["account_age_days"] = frame["labelled_ms"].notna().astype("float32")
    with pytest.raises(LeakError, match="the feature account_age_days alone tells fraud"):
        prepare(training_set, seed=7)


def test_a_constant_feature_is_a_warning(small_world: Path, tmp_path: Path) -> None:
    training_set = build(small_world, tmp_path)
    training_set.frame["is_foreign"] = np.float32(0)
    assert prepare(training_set, seed=7).warnings == [
        "is_foreign has one value only: no tree can use it"
    ]


def test_the_hash_follows_the_content(small_world: Path, own_world: Path, tmp_path: Path) -> None:
    before = build(small_world, tmp_path)
    assert build(own_world, tmp_path).content_hash == before.content_hash
    payment = good_payments(before)["transaction_id"].iloc[0]
    add_labels(
        own_world,
        {
            "transaction_id": payment,
            "is_fraud": True,
            "event_ms": END_MS - 30 * DAY_MS,
            "labelled_ms": END_MS - DAY_MS,
        },
    )
    assert build(own_world, tmp_path).content_hash != before.content_hash


def test_numbers_are_float32(small_world: Path, tmp_path: Path) -> None:
    training_set = build(small_world, tmp_path)
    stored = pd.read_parquet(tmp_path / "set.parquet")
    for name in training_set.features:
        if name not in ("channel", "merchant_category"):
            assert stored[name].dtype == "float32", name
    assert len(stored) == len(training_set.frame)


def test_no_fraud_is_said(own_world: Path, tmp_path: Path) -> None:
    labels = pd.read_parquet(own_world / "labels.parquet")
    labels.head(0).to_parquet(own_world / "labels.parquet")
    with pytest.raises(TooFewLabelsError, match="holds no fraud known among"):
        build(own_world, tmp_path)


def set_verdicts(world: Path, payments: "pd.Series[str]", is_fraud: bool) -> None:
    """Replace all labels of a world: one for each of the payments, all the same."""
    rows = {
        **{"transaction_id": payments, "is_fraud": is_fraud, "reason": "chargeback"},
        **{"scenario": None, "event_ms": 0, "labelled_ms": END_MS - 22 * DAY_MS, "source": "test"},
    }
    pd.DataFrame(rows).to_parquet(world / "labels.parquet")


def test_labels_that_all_say_genuine_are_said(own_world: Path, tmp_path: Path) -> None:
    some = pd.read_parquet(own_world / "payments")["transaction_id"].iloc[::10]
    set_verdicts(own_world, some, is_fraud=False)
    with pytest.raises(TooFewLabelsError, match=r"all labels of .* payments in .* say genuine"):
        build(own_world, tmp_path)


@pytest.mark.parametrize(("every", "share"), [(1, "100%"), (10, "90%")])
def test_labels_the_wrong_way_round_are_said(
    own_world: Path, tmp_path: Path, every: int, share: str
) -> None:
    payments = pd.read_parquet(own_world / "payments")["transaction_id"]
    is_labeled = np.arange(len(payments)) % every > 0 if every > 1 else slice(None)
    set_verdicts(own_world, payments[is_labeled], is_fraud=True)
    with pytest.raises(TooFewLabelsError, match=f"{share} of .* payments are fraud by"):
        build(own_world, tmp_path)


@pytest.mark.parametrize("days", [20, 31])
def test_a_short_history_is_said(tmp_path: Path, days: int) -> None:
    world = write_small_world(tmp_path / "world", cards=20, days=days)
    with pytest.raises(
        TrainingDataError, match=rf"has {days} days from its first .*, training needs more than 33"
    ):
        build(world, tmp_path)


@pytest.mark.parametrize("missing", ["labels", "customers", "merchants"])
def test_a_missing_file_is_named(own_world: Path, missing: str) -> None:
    (own_world / f"{missing}.parquet").unlink()
    with pytest.raises(TrainingDataError, match=f"{missing}.parquet does not exist"):
        open_world(own_world)


def test_a_missing_column_is_named(own_world: Path, tmp_path: Path) -> None:
    labels = pd.read_parquet(own_world / "labels.parquet")
    labels.drop(columns="labelled_ms").to_parquet(own_world / "labels.parquet")
    with pytest.raises(TrainingDataError, match=r"labels\.parquet lacks the column labelled_ms"):
        build(own_world, tmp_path)


def test_a_file_that_is_no_parquet_is_named(own_world: Path, tmp_path: Path) -> None:
    (own_world / "merchants.parquet").write_text("merchant_id\n")
    with pytest.raises(TrainingDataError, match=r"merchants\.parquet cannot be read"):
        build(own_world, tmp_path)
