"""Functions whose every bit is the same on every machine.

NumPy's own `exp`, `log` and `cos` use what the processor offers and differ in the last bit between
machines. These use only `+ - * /`, `sqrt`, `floor` and `ldexp`, which IEEE 754 fixes exactly.
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LN2 = 0.6931471805599453
DEGREE = 0.017453292519943295
EXP_TERMS = [1 / math.factorial(n) for n in range(14)]
COS_TERMS = [(-1) ** n / math.factorial(2 * n) for n in range(11)]

# Acklam's rational approximation of the normal quantile; relative error below 1.2e-9.
CENTRE_TOP = (
    -3.969683028665376e01,
    2.209460984245205e02,
    -2.759285104469687e02,
    1.383577518672690e02,
    -3.066479806614716e01,
    2.506628277459239e00,
)
CENTRE_BOTTOM = (
    -5.447609879822406e01,
    1.615858368580409e02,
    -1.556989798598866e02,
    6.680131188771972e01,
    -1.328068155288572e01,
    1.0,
)
TAIL_TOP = (
    -7.784894002430293e-03,
    -3.223964580411365e-01,
    -2.400758277161838e00,
    -2.549732539343734e00,
    4.374664141464968e00,
    2.938163982698783e00,
)
TAIL_BOTTOM = (
    7.784695709041462e-03,
    3.224671290700398e-01,
    2.445134137142996e00,
    3.754408661907416e00,
    1.0,
)
TAIL = 0.02425


def horner(terms: tuple[float, ...], x: Floats) -> Floats:
    """:param terms: coefficients, highest power first."""
    result = np.full_like(x, terms[0])
    for term in terms[1:]:
        result = result * x + term
    return result


def exp(x: Floats) -> Floats:
    """e to the power of each x; relative error below 1e-15 for |x| < 100."""
    power = np.floor(x / LN2)
    rest = x - power * LN2
    return np.ldexp(horner(tuple(reversed(EXP_TERMS)), rest), power.astype(np.int32))


def log(x: Floats) -> Floats:
    """Natural logarithm of each x above 0; absolute error below 1e-14."""
    mantissa, power = np.frexp(x)
    # In [0.707, 1.414) the series below needs few terms.
    small = mantissa < 0.7071067811865476
    mantissa = np.where(small, mantissa * 2, mantissa)
    power = power - small
    ratio = (mantissa - 1) / (mantissa + 1)
    square = ratio * ratio
    series = np.zeros_like(ratio)
    for n in range(21, 0, -2):
        series = series * square + 1 / n
    return 2 * ratio * series + power * LN2


def cos_degrees(angle: Floats) -> Floats:
    """Cosine of each angle in degrees within [-180, 180]; absolute error below 1e-12."""
    half = angle * (DEGREE / 2)
    square = half * half
    series = horner(tuple(reversed(COS_TERMS)), square)
    return 2 * series * series - 1


def normal_quantile(p: Floats) -> Floats:
    """
    Where the standard normal distribution reaches probability p.

    :param p: within (0, 1).
    """
    centre = p - 0.5
    square = centre * centre
    middle = horner(CENTRE_TOP, square) * centre / horner(CENTRE_BOTTOM, square)
    outer = (p < TAIL) | (p > 1 - TAIL)
    edge = np.where(outer, np.minimum(p, 1 - p), TAIL)
    depth = np.sqrt(-2 * log(edge))
    tail = horner(TAIL_TOP, depth) / (horner(TAIL_BOTTOM, depth))
    return np.where(outer, np.where(centre < 0, tail, -tail), middle)


def kilometres(
    latitude_a: Floats, longitude_a: Floats, latitude_b: Floats, longitude_b: Floats
) -> Floats:
    """
    Length of the straight line through the globe between two places: a few per cent below the way
    over the surface up to 5,000 km, and good enough to tell near from far.

    Degrees in, kilometers out.
    """

    def axes(latitude: Floats, longitude: Floats) -> tuple[Floats, Floats, Floats]:
        # sin(x) = cos(90 - x)
        flat = cos_degrees(latitude)
        return (
            flat * cos_degrees(longitude),
            flat * cos_degrees(quarter_turn(longitude)),
            cos_degrees(90 - latitude),
        )

    first, second = axes(latitude_a, longitude_a), axes(latitude_b, longitude_b)
    square = sum((a - b) * (a - b) for a, b in zip(first, second, strict=True))
    return np.sqrt(square) * 6371.0088


def quarter_turn(longitude: Floats) -> Floats:
    """The angle whose cosine is the sine of the longitude, kept within [-180, 180]."""
    turned = 90 - longitude
    return np.where(turned > 180, turned - 360, turned)
