"""Random numbers that are the same on every machine and for every version of NumPy.

NumPy promises the raw bits of PCG64 forever, but not what `Generator.normal` or `choice` make of
them. So everything is made from the raw bits here.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.portable_math import Floats, exp, normal_quantile

Integers = NDArray[np.int64]
Words = NDArray[np.uint64]
Mask = NDArray[np.bool_]

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
UNIT = 2.0**-53


def key(*names: object) -> int:
    """128 bits that stand for these names: a separate stream for each purpose."""
    text = "/".join(str(name) for name in names)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")


class ArrayDraws:
    """Random arrays from one named stream."""

    def __init__(self, *names: object) -> None:
        """:param names: what the numbers are for, the world's seed first."""
        self._bits = np.random.PCG64(key(*names))

    def words(self, count: int) -> Words:
        """64 random bits each."""
        return np.asarray(self._bits.random_raw(count), dtype=np.uint64)

    def uniform(self, count: int) -> Floats:
        """Each in [0, 1)."""
        return (self.words(count) >> np.uint64(11)).astype(np.float64) * UNIT

    def normal(self, count: int) -> Floats:
        """Standard normal."""
        return normal_quantile((self.words(count) >> np.uint64(12)) * 2.0**-52 + 2.0**-53)

    def lognormal(self, count: int, sigma: float | Floats) -> Floats:
        """Around 1: the mean is 1 whatever the spread."""
        return exp(sigma * self.normal(count) - sigma * sigma / 2)

    def weighted(self, count: int, weights: Floats) -> Integers:
        """Indexes into `weights`, drawn with replacement."""
        steps = np.cumsum(weights)
        found: Integers = np.searchsorted(steps, self.uniform(count) * steps[-1], side="right")
        last = len(steps) - 1
        return found.clip(max=last)


class Draws:
    """Random single values from one named stream; the generator is SplitMix64."""

    def __init__(self, *names: object) -> None:
        """:param names: what the numbers are for, the world's seed first."""
        self._state = key(*names) & MASK

    def word(self) -> int:
        """64 random bits."""
        self._state = (self._state + GOLDEN) & MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def uniform(self) -> float:
        """In [0, 1)."""
        return (self.word() >> 11) * UNIT

    def below(self, count: int) -> int:
        """A whole number in [0, count)."""
        return (self.word() >> 32) * count >> 32

    def between(self, low: float, high: float) -> float:
        """In [low, high)."""
        return low + (high - low) * self.uniform()

    def whole(self, low: int, high: int) -> int:
        """In [low, high], both included."""
        return low + self.below(high - low + 1)

    def weighted(self, weights: Sequence[float]) -> int:
        """An index into `weights`."""
        total = 0.0
        for weight in weights:
            total += weight
        rest = self.uniform() * total
        for index, weight in enumerate(weights):
            rest -= weight
            if rest < 0:
                return index
        return len(weights) - 1


def mixed(values: NDArray[np.int64], tag: int) -> Words:
    """
    A fixed scramble of each value: the same value and tag always give the same 64 bits.

    :param tag: what it is for; below 2**63.
    """
    with np.errstate(over="ignore"):
        z = values.astype(np.uint64) * np.uint64(GOLDEN) + np.uint64(tag & MASK)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        return z ^ (z >> np.uint64(29))


def mixed_uniform(values: NDArray[np.int64], tag: int) -> Floats:
    """The same in [0, 1)."""
    return (mixed(values, tag) >> np.uint64(11)).astype(np.float64) * UNIT
