"""A world of the size of a test: its fraud is hard for one rule and easier for a few together."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

DAY_MS = 86_400_000
END_MS = 1_893_456_000_000
CATEGORIES = ("grocery", "fuel", "restaurant", "travel", "electronics", "gift_cards")
SCENARIOS = ("stolen_card_burst", "foreign_online")


def write_small_world(
    folder: Path, seed: int = 1, cards: int = 300, days: int = 60, payments_per_day: float = 2.0
) -> Path:
    """
    Write a world's files.

    :param folder: is made.
    :param payments_per_day: per card, without fraud.
    :return: the folder.
    """
    rng = np.random.default_rng(seed)
    merchants = _merchants(rng, 120)
    customers = _customers(rng, cards)
    good = _good_payments(rng, customers, merchants, days, payments_per_day)
    fraud = _fraud(rng, customers, merchants, days)
    payments = pd.concat([good, fraud], ignore_index=True).sort_values("event_ms", kind="stable")
    payments["event_ms"] = payments["event_ms"] + np.arange(len(payments)) % 7
    payments = payments.sort_values("event_ms", kind="stable", ignore_index=True)
    payments.insert(0, "transaction_id", [f"p-{index}" for index in range(len(payments))])
    labels = _labels(rng, payments)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "payments").mkdir(exist_ok=True)
    payments.drop(columns="scenario").to_parquet(folder / "payments" / "all.parquet", index=False)
    labels.to_parquet(folder / "labels.parquet", index=False)
    customers.to_parquet(folder / "customers.parquet", index=False)
    merchants.to_parquet(folder / "merchants.parquet", index=False)
    description = {"seed": seed, "end_ms": END_MS, "days": days, "currency": "EUR"}
    (folder / "world.json").write_text(json.dumps(description))
    return folder


def _customers(rng: np.random.Generator, count: int) -> pd.DataFrame:
    opened = END_MS - (rng.integers(200, 4000, count) * DAY_MS)
    return pd.DataFrame(
        {
            "customer_id": [f"c{index:06d}" for index in range(count)],
            "home_latitude": 48.0 + rng.normal(0, 1.5, count),
            "home_longitude": 2.0 + rng.normal(0, 1.5, count),
            "home_country": "FR",
            "utc_offset_minutes": 60,
            "account_opened_at": pd.to_datetime(opened, unit="ms").astype("datetime64[ms]"),
            "usual_device_id": [f"d{index:06d}" for index in range(count)],
            "segment": np.array(["student", "worker"])[np.arange(count) % 2],
        }
    )


def _merchants(rng: np.random.Generator, count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "merchant_id": [f"m{index:06d}" for index in range(count)],
            "category": rng.choice(CATEGORIES, count, p=[0.35, 0.2, 0.2, 0.1, 0.1, 0.05]),
            "latitude": 48.0 + rng.normal(0, 2, count),
            "longitude": 2.0 + rng.normal(0, 2, count),
            "country": rng.choice(["FR", "DE"], count, p=[0.85, 0.15]),
        }
    )


def _payments(
    rng: np.random.Generator,
    customers: pd.DataFrame,
    merchants: pd.DataFrame,
    who: np.ndarray,
    event_ms: np.ndarray,
    amounts: np.ndarray,
    online: np.ndarray,
    scenario: str | None,
) -> pd.DataFrame:
    where = rng.integers(0, len(merchants), len(who))
    own = customers["usual_device_id"].to_numpy()[who]
    is_own = rng.random(len(who)) < (0.95 if scenario is None else 0.2)
    device = np.where(is_own, own, "d-other")
    return pd.DataFrame(
        {
            "card_id": np.char.add("card", who.astype(str)),
            "customer_id": customers["customer_id"].to_numpy()[who],
            "merchant_id": merchants["merchant_id"].to_numpy()[where],
            "amount_cents": np.maximum(1, amounts).astype(np.int64),
            "currency": "EUR",
            "channel": np.where(online, "online", "pos"),
            "latitude": np.where(online, np.nan, merchants["latitude"].to_numpy()[where]),
            "longitude": np.where(online, np.nan, merchants["longitude"].to_numpy()[where]),
            "device_id": np.where(online, device.astype(object), np.array(None)),
            "card_last4": "1234",
            "event_ms": event_ms.astype(np.int64),
            "scenario": scenario,
        }
    )


def _good_payments(
    rng: np.random.Generator,
    customers: pd.DataFrame,
    merchants: pd.DataFrame,
    days: int,
    payments_per_day: float,
) -> pd.DataFrame:
    count = int(len(customers) * days * payments_per_day)
    who = rng.integers(0, len(customers), count)
    event_ms = END_MS - days * DAY_MS + (rng.random(count) * days * DAY_MS)
    amounts = rng.lognormal(8.2, 0.9, count)
    online = rng.random(count) < 0.3
    return _payments(rng, customers, merchants, who, event_ms, amounts, online, None)


def _fraud(
    rng: np.random.Generator, customers: pd.DataFrame, merchants: pd.DataFrame, days: int
) -> pd.DataFrame:
    parts = []
    for _ in range(max(20, days * len(customers) // 100)):
        who = int(rng.integers(0, len(customers)))
        start = END_MS - days * DAY_MS + rng.random() * days * DAY_MS
        burst = bool(rng.random() < 0.5)
        count = int(rng.integers(3, 7)) if burst else 2
        step = 90_000 if burst else 6 * 3_600_000
        event_ms = start + np.arange(count) * step * rng.uniform(0.5, 1.5, count)
        amounts = rng.lognormal(9.0 if burst else 9.8, 0.8, count)
        online = np.full(count, not burst)
        scenario = SCENARIOS[0 if burst else 1]
        cards = np.full(count, who)
        parts.append(
            _payments(rng, customers, merchants, cards, event_ms, amounts, online, scenario)
        )
    found = pd.concat(parts, ignore_index=True)
    return found[found["event_ms"] < END_MS]


def _labels(rng: np.random.Generator, payments: pd.DataFrame) -> pd.DataFrame:
    fraud = payments[payments["scenario"].notna()]
    delay = (rng.uniform(0.5, 12, len(fraud)) * DAY_MS).astype(np.int64)
    return pd.DataFrame(
        {
            "transaction_id": fraud["transaction_id"],
            "is_fraud": True,
            "reason": "chargeback",
            "scenario": fraud["scenario"],
            "event_ms": fraud["event_ms"],
            "labelled_ms": fraud["event_ms"] + delay,
            "source": "simulator",
        }
    )
