"""Whether the sources of labels agree, where two of them speak of the same payments."""

import math
from dataclasses import dataclass

# Of the payments that two sources have labeled. One may correct the other now and then.
MOST_CONTRADICTED = 0.03
# With fewer payments a share says little.
LEAST_LABELLED = 30
# 95 of 100.
_Z = 1.96


@dataclass(frozen=True)
class SourcePair:
    """
    Two sources of labels.

    :param both: payments that both have labeled.
    :param contradicted: those of them where one says fraud and the other genuine.
    """

    source: str
    other: str
    both: int
    contradicted: int

    @property
    def is_untrusted(self) -> bool:
        """Whether they contradict each other on more payments than chance and corrections give."""
        if self.both < LEAST_LABELLED:
            return False
        return least_share(self.contradicted, self.both) > MOST_CONTRADICTED

    @property
    def fact(self) -> str:
        """One line."""
        return (
            f"labels of {self.source} and {self.other} contradict each other on "
            f"{self.contradicted:,} of {self.both:,} payments ({self.contradicted / self.both:.1%})"
        )


def least_share(count: int, total: int) -> float:
    """
    The lower end of Wilson's interval of a share.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953
    """
    share, spread = count / total, _Z**2 / total
    reach = math.sqrt(spread * share * (1 - share) + spread**2 / 4)
    return (share + spread / 2 - reach) / (1 + spread)
