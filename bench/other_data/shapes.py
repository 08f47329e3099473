"""Files in the shape of public data sets: their columns and habits, with made-up values.

The sets themselves need an account with Kaggle and may not be passed on. These files show that a
mapping and a training run work; how good a model of the real set is, only the real set tells.
"""

import csv
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

Rows = Iterator[dict[str, Any]]
SPARKOV_CATEGORIES = (
    *("gas_transport", "grocery_pos", "home", "shopping_pos", "kids_pets", "shopping_net"),
    *("entertainment", "food_dining", "personal_care", "health_fitness", "misc_pos", "misc_net"),
    *("grocery_net", "travel"),
)
FRAUDULENT = ("shopping_net", "misc_net", "grocery_pos")
SPARKOV_BEGIN = datetime(2019, 1, 1)


def sparkov(rng: np.random.Generator, rows: int) -> Rows:
    """Half a year of cards of the Sparkov generator: fraud is dear, at night, and on the net."""
    cards = max(20, rows // 150)
    homes = rng.uniform((30, -120), (48, -75), (cards, 2))
    is_fraud_at = rng.random(rows) < 0.008
    seconds = rng.integers(0, 180 * 86_400, rows)
    nights = seconds // 86_400 * 86_400 + rng.integers(22 * 3600, 27 * 3600, rows) % 86_400
    seconds = np.where(is_fraud_at, nights, seconds)
    for number, place in enumerate(np.argsort(seconds, kind="stable").tolist()):
        second, is_fraud = int(seconds[place]), bool(is_fraud_at[place])
        card = int(rng.integers(cards))
        category = str(rng.choice(FRAUDULENT if is_fraud else SPARKOV_CATEGORIES))
        at = SPARKOV_BEGIN + timedelta(seconds=second)
        latitude, longitude = homes[card]
        yield {
            "": number,
            "trans_date_trans_time": f"{at:%Y-%m-%d %H:%M:%S}",
            # Of no network, so it is nobody's.
            "cc_num": 9_990_000_000_000_000 + card * 7_919,
            "merchant": f"fraud_Shop {int(rng.integers(600))}",
            "category": category,
            "amt": round(float(rng.lognormal(6.2 if is_fraud else 3.6, 0.6)), 2),
            "first": "Made",
            "last": f"Up{card}",
            "gender": "F" if card % 2 else "M",
            "street": "1 Made-up Street",
            "city": "Nowhere",
            "state": "NC",
            "zip": 28654,
            "lat": round(latitude, 4),
            "long": round(longitude, 4),
            "city_pop": 1000,
            "job": "Analyst",
            "dob": "1980-01-01",
            "trans_num": f"{number:032x}",
            "unix_time": int(at.timestamp()) - 7 * 365 * 86_400,
            "merch_lat": round(latitude + float(rng.normal(0, 0.5)), 6),
            "merch_long": round(longitude + float(rng.normal(0, 0.5)), 6),
            "is_fraud": int(is_fraud),
        }


def paysim(rng: np.random.Generator, rows: int) -> Rows:
    """A month of mobile money: fraud empties an account by a transfer and a cash-out."""
    kinds = ("CASH_OUT", "PAYMENT", "CASH_IN", "TRANSFER", "DEBIT")
    steps = np.sort(rng.integers(1, 744, rows))
    for step in steps.tolist():
        is_fraud = bool(rng.random() < 0.003)
        kind = str(rng.choice(kinds, p=(0.35, 0.34, 0.22, 0.083, 0.007)))
        if is_fraud:
            kind = "TRANSFER" if rng.random() < 0.5 else "CASH_OUT"
        amount = float(rng.lognormal(13.0 if is_fraud else 10.5, 1.0))
        prefix = "M" if kind == "PAYMENT" else "C"
        before = amount if is_fraud else amount + float(rng.lognormal(9, 1))
        yield {
            "step": step,
            "type": kind,
            "amount": round(amount, 2),
            # As in the set, hardly anybody pays twice.
            "nameOrig": f"C{int(rng.integers(10**9, 2 * 10**9))}",
            "oldbalanceOrg": round(before, 2),
            "newbalanceOrig": round(before - amount, 2),
            "nameDest": f"{prefix}{10**9 + int(rng.integers(rows // 3))}",
            "oldbalanceDest": 0.0,
            "newbalanceDest": round(amount, 2),
            "isFraud": int(is_fraud),
            "isFlaggedFraud": 0,
        }


def ulb(rng: np.random.Generator, rows: int) -> Rows:
    """Two days of card payments without cards: 28 numbers that nobody can read."""
    seconds = np.sort(rng.integers(0, 172_792, rows))
    for second in seconds.tolist():
        is_fraud = bool(rng.random() < 0.002)
        hidden = rng.normal(-2.0 if is_fraud else 0.0, 1.0, 28)
        yield {
            "Time": float(second),
            **{f"V{number + 1}": round(float(hidden[number]), 6) for number in range(28)},
            "Amount": round(float(rng.lognormal(3, 1.5)), 2),
            "Class": int(is_fraud),
        }


def ieee_cis(rng: np.random.Generator, rows: int) -> Rows:
    """Half a year of online payments: who paid is only hinted at; amounts have parts of cents."""
    cards = max(20, rows // 8)
    seconds = np.sort(rng.integers(86_400, 182 * 86_400, rows))
    domains = ("", "gmail.com", "yahoo.com", "hotmail.com", "anonymous.com")
    stolen: list[int] = []
    for number, second in enumerate(seconds.tolist()):
        card = int(rng.integers(cards))
        if rng.random() < 0.012:
            stolen = [card] * int(rng.integers(1, 5))
        is_fraud = bool(stolen)
        card = stolen.pop() if stolen else card
        product = str(rng.choice(("C", "R", "H", "S", "W"), p=(0.5, 0.1, 0.1, 0.1, 0.2)
                                 if is_fraud else (0.1, 0.07, 0.06, 0.02, 0.75)))  # fmt: skip
        yield {
            "TransactionID": 2_987_000 + number,
            "isFraud": int(is_fraud),
            "TransactionDT": second,
            "TransactionAmt": round(float(rng.lognormal(4.6 if is_fraud else 4.2, 0.9)), 3),
            "ProductCD": product,
            "card1": 1000 + card % 17_000,
            "card2": float(100 + card % 500) if card % 60 else "",
            "card3": 150.0,
            "card4": ("visa", "mastercard", "discover", "american express")[card % 4],
            "card5": 226.0,
            "card6": "debit" if card % 4 else "credit",
            "addr1": float(100 + card % 440) if card % 9 else "",
            "addr2": 87.0,
            "dist1": "",
            "dist2": "",
            "P_emaildomain": str(rng.choice(domains)),
            "R_emaildomain": str(rng.choice(domains)) if product != "W" else "",
            "C1": int(rng.integers(1, 5)),
            "D1": int(rng.integers(0, 400)),
            "M1": "T",
            "V1": 1.0,
        }


SHAPES: dict[str, Callable[[np.random.Generator, int], Rows]] = {
    "sparkov": sparkov,
    "paysim": paysim,
    "ulb": ulb,
    "ieee_cis": ieee_cis,
}


def write_shape(name: str, path: Path, rows: int, seed: int) -> None:
    """
    Write a file as the set's is written: CSV, comma, a header.

    :param name: of `SHAPES`, which is also its mapping.
    """
    made = SHAPES[name](np.random.default_rng(seed), rows)
    first = next(made)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(first))
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(made)
