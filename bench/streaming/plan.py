"""What the streaming benchmark runs, in full or in short."""

from dataclasses import dataclass, replace

OURS = "swipestream"
# The parts of the benchmark.
THROUGHPUT, LATENCY, GROWTH, OFFLINE = PARTS = ("throughput", "latency", "growth", "offline")
PEERS = ("plain_loop", "bytewax_flow", "quixstreams_app", "spark_stream")
# As tables and pictures call them.
NAMES = {
    OURS: "swipestream",
    "plain_loop": "plain Python loop",
    "bytewax_flow": "bytewax",
    "quixstreams_app": "quixstreams",
    "spark_stream": "PySpark",
}


@dataclass(frozen=True)
class Plan:
    """
    Sizes and times.

    :param payments: about as many in the file, over `days` of event time.
    :param cards: that pay; people, if several share one.
    :param people_per_card: how many people share a card, which then pays more often than a person
        would.
    :param merchants: that are paid.
    :param copies: share of the messages that come twice.
    :param repeats: of each throughput run; systems take turns.
    :param rates: payments per second of the latency runs.
    :param share_of_slowest: one more latency run, at this share of what the slowest sustains.
    :param warm_seconds: of each latency run, not counted.
    :param latency_seconds: of each latency run, counted.
    :param training_cards: of the world that the model learns from.
    :param systems: which take part.
    :param limit_seconds: a throughput run that takes longer is ended and judged by what it did.
    :param growth_payments: in each file of the part on growth; 0 leaves that part out.
    :param growth_repeats: of each point; the fastest run counts.
    :param growth_cards: how many cards pay them, for one curve.
    :param growth_per_window: how many payments of a card are in its window of 7 days, for another.
    :param offline_payments: about as many, of the world of the offline part.
    :param offline_cards: that pay them.
    """

    payments: int = 2_000_000
    cards: int = 100_000
    people_per_card: int = 1
    merchants: int = 3_000
    days: int = 9
    copies: float = 0.01
    repeats: int = 3
    rates: tuple[int, ...] = (100, 1_000, 5_000)
    share_of_slowest: float = 0.8
    warm_seconds: float = 60.0
    latency_seconds: float = 60.0
    training_cards: int = 8_000
    systems: tuple[str, ...] = (OURS, *PEERS)
    limit_seconds: float = 1_200.0
    growth_payments: int = 250_000
    growth_repeats: int = 2
    growth_cards: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    growth_per_window: tuple[int, ...] = (10, 100, 1_000)
    offline_payments: int = 2_000_000
    offline_cards: int = 45_000
    seed: int = 7


QUICK = replace(
    Plan(),
    payments=150_000,
    cards=10_000,
    merchants=1_000,
    repeats=1,
    rates=(100,),
    share_of_slowest=0.0,
    warm_seconds=20.0,
    latency_seconds=15.0,
    training_cards=2_000,
    limit_seconds=150.0,
    growth_payments=0,
    offline_payments=50_000,
    offline_cards=1_200,
)
