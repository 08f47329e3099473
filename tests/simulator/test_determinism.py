"""The same seed gives the same bytes, on every machine and for every version of NumPy."""

import hashlib
import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from simulator import World, live_payments
from simulator.messages import PaymentWriter
from simulator.world import GENERATOR_VERSION
from tests.simulator.conftest import END_MS

# Of generator version 1. A change here needs a new GENERATOR_VERSION and a line in the changelog.
GOLDEN = {
    "payments": "2e968da9eef66efeaa15d08b8d3d3d1dc54258bd317989cfba6bd40aa2780ab4",
    "labels": "dc34efc60fe631b8ec5944b3907c5034e017bb44d78bf20d32614d3a91225d0f",
    "customers": "5260a272b6602af0eb46c3b473cff9a852fda28621386741ab6e3c4171bd59db",
    "merchants": "31e11a9ecf30ed70b1913a4656c408184c9c45a6fac12e52677a7a4fa68c0737",
    "live": "7265a89d03168a6218cc2892f4a12fe751d728ee0159fdde9e4e2dc772082d00",
}


def fingerprints(world: World) -> dict[str, str]:
    """SHA-256 of all that a world says."""
    payments = PaymentWriter(world.setting).lines(world.payments, world.transaction_ids)
    live = itertools.islice(live_payments(world, END_MS + 1000, rate=50), 1000)
    parts = {
        "payments": b"\n".join(payments),
        "labels": json.dumps(world.labels_table().to_pylist()).encode(),
        "customers": json.dumps(world.customers_table().to_pylist(), default=str).encode(),
        "merchants": json.dumps(world.merchants_table().to_pylist()).encode(),
        "live": b"\n".join(payment.value for payment in live),
    }
    return {name: hashlib.sha256(part).hexdigest() for name, part in parts.items()}


def test_a_small_world_is_what_it_always_was(small_world: World) -> None:
    assert GENERATOR_VERSION == 1
    assert fingerprints(small_world) == GOLDEN


def test_another_process_makes_the_same_world(small_world: World) -> None:
    script = (
        "from simulator import World\n"
        "from tests.simulator.test_determinism import *\n"
        f"world = World.generate(seed=3, customers=300, merchants=80, days=30, end_ms={END_MS})\n"
        "print(json.dumps(fingerprints(world)))"
    )
    environment = {
        "PYTHONHASHSEED": "12345", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONPATH": ".",
    }  # fmt: skip
    result = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(result.stdout) == fingerprints(small_world)


def test_another_seed_makes_another_world(small_world: World) -> None:
    other = World.generate(seed=4, customers=300, merchants=80, days=30, end_ms=END_MS)
    for name, value in fingerprints(other).items():
        assert value != GOLDEN[name], name
    assert not set(other.setting.people.card_ids) & set(small_world.setting.people.card_ids)


def test_another_end_keeps_people_and_shops(small_world: World) -> None:
    later = World.generate(seed=3, customers=300, merchants=80, days=30, end_ms=END_MS + 86_400_000)
    assert later.merchants_table() == small_world.merchants_table()
    same = ["customer_id", "name", "home_latitude", "usual_device_id"]
    assert later.customers_table().select(same) == small_world.customers_table().select(same)
    assert not set(later.transaction_ids) & set(small_world.transaction_ids)


def test_writing_twice_gives_the_same_files(small_world: World, tmp_path: Path) -> None:
    small_world.write(tmp_path / "one")
    World.read(tmp_path / "one").write(tmp_path / "two")
    for name in ("customers", "merchants", "payments", "labels"):
        first = (tmp_path / "one" / f"{name}.parquet").read_bytes()
        assert first == (tmp_path / "two" / f"{name}.parquet").read_bytes()


@pytest.mark.parametrize("seed", [0, -5, 2**70])
def test_any_whole_number_is_a_seed(seed: int) -> None:
    world = World.generate(seed=seed, customers=20, merchants=20, days=5, end_ms=END_MS)
    assert len(world.payments) > 0
