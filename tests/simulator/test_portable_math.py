"""Our own functions agree with the textbook."""

import math
import statistics

import numpy as np
import pytest

from simulator import portable_math
from simulator.draws import ArrayDraws, Draws


def test_exp_log_and_cosine() -> None:
    x = np.linspace(-30, 30, 10_001)
    assert np.allclose(portable_math.exp(x), np.exp(x), rtol=1e-12, atol=0)
    assert np.allclose(portable_math.log(np.exp(x)), x, rtol=0, atol=1e-12)
    degrees = np.linspace(-180, 180, 10_001)
    assert np.allclose(
        portable_math.cos_degrees(degrees), np.cos(np.radians(degrees)), rtol=0, atol=1e-12
    )


def test_normal_quantile() -> None:
    p = np.linspace(0.0005, 0.9995, 999)
    expected = [statistics.NormalDist().inv_cdf(value) for value in p.tolist()]
    assert np.allclose(portable_math.normal_quantile(p), expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize(
    ("one", "two", "surface_km"),
    [((48.85, 2.35), (51.51, -0.13), 344), ((52.52, 13.40), (48.14, 11.58), 504)],
)
def test_kilometres_of_near_cities(
    one: tuple[float, float], two: tuple[float, float], surface_km: float
) -> None:
    found = portable_math.kilometres(*(np.array([value]) for value in (*one, *two)))[0]
    assert found == pytest.approx(surface_km, rel=0.01)


def test_draws_are_spread_evenly() -> None:
    uniform = ArrayDraws(1, "test").uniform(100_000)
    assert 0 <= uniform.min() < uniform.max() < 1
    assert uniform.mean() == pytest.approx(0.5, abs=0.005)
    normal = ArrayDraws(1, "normal").normal(100_000)
    assert (normal.mean(), normal.std()) == pytest.approx((0, 1), abs=0.02)
    lognormal = ArrayDraws(1, "lognormal").lognormal(200_000, 0.8)
    assert lognormal.mean() == pytest.approx(1, abs=0.02)


def test_single_draws_follow_their_weights() -> None:
    draws = Draws(1, "single")
    counts = [0, 0, 0]
    for _ in range(20_000):
        counts[draws.weighted((1, 0, 3))] += 1
    assert counts[1] == 0
    assert counts[2] / counts[0] == pytest.approx(3, rel=0.1)
    assert {draws.whole(2, 4) for _ in range(200)} == {2, 3, 4}


def test_streams_of_other_names_differ() -> None:
    assert not math.isclose(Draws(1, "a").uniform(), Draws(1, "b").uniform())
