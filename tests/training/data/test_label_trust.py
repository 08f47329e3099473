"""Sources that contradict each other too often are noticed, those that correct are not."""

import pytest

from training.data.label_trust import SourcePair, least_share


@pytest.mark.parametrize(
    ("both", "contradicted", "is_untrusted"),
    [
        (1000, 0, False),
        # Corrections.
        (1000, 20, False),
        (1000, 100, True),
        (100, 10, True),
        (60, 6, True),
        # Too few to tell.
        (29, 29, False),
        (60, 2, False),
    ],
)
def test_a_share_beyond_chance_and_corrections(
    both: int, contradicted: int, is_untrusted: bool
) -> None:
    assert SourcePair("a", "b", both, contradicted).is_untrusted is is_untrusted


def test_it_says_who_and_how_much() -> None:
    assert SourcePair("analysts", "chargebacks", 2000, 200).fact == (
        "labels of analysts and chargebacks contradict each other on 200 of 2,000 payments (10.0%)"
    )


def test_the_lower_end_is_wilsons() -> None:
    # Wilson's interval of 10 in 100 at 95 percent, as tables have it.
    assert least_share(10, 100) == pytest.approx(0.0552, abs=1e-4)
    assert least_share(0, 50) == pytest.approx(0)
