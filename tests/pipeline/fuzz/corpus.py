"""The corpus: every family in turn, with good payments between, on two partitions."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.pipeline.fuzz import broken_json, wrong_fields, wrong_text, wrong_times
from tests.pipeline.fuzz.source import Family, Odd, Source

# A million bytes takes its time, so of those there are few.
MEGABYTES = 12
GOOD_SHARE = 0.3
FAMILIES: tuple[Family, ...] = (
    broken_json.truncated,
    broken_json.one_byte_wrong,
    broken_json.nearly_json,
    broken_json.wrapped,
    broken_json.several,
    broken_json.lists,
    broken_json.scalars,
    broken_json.nested,
    wrong_fields.wrong_types,
    wrong_fields.numbers,
    wrong_fields.amounts,
    wrong_fields.places,
    wrong_fields.missing_and_more,
    wrong_fields.doubled_keys,
    wrong_fields.other_keys,
    wrong_fields.inside_out,
    wrong_fields.identifiers,
    wrong_fields.card_numbers,
    wrong_fields.currencies_and_channels,
    wrong_fields.tick_look_alikes,
    wrong_text.unicode_planes,
    wrong_text.broken_utf8,
    wrong_text.escapes,
    wrong_text.control_characters,
    wrong_text.long_texts,
    wrong_text.odd_kafka,
    wrong_times.impossible_times,
    wrong_times.ancient_times,
)
# These move the clock of their partition ahead, so they have one of their own.
UNSTEADY: tuple[Family, ...] = (wrong_times.clock_steps,)
STEADY_PARTITION, UNSTEADY_PARTITION = 0, 1


@dataclass(frozen=True)
class Message:
    """
    One message of the corpus.

    :param family: the function that made it, or "good".
    """

    family: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()

    def __str__(self) -> str:
        value = self.value
        head = None if value is None else value[:300]
        more = f" and {len(value) - 300:,} bytes more" if value and len(value) > 300 else ""
        return f"{self.family}: {head!r}{more}"


def corpus(seed: int, count: int, begin_ms: int) -> Iterator[Message]:
    """
    So many messages.

    :param begin_ms: time of the first good payment; in the past, as in a replay.
    """
    source = Source(seed, begin_ms)
    steady = [(family.__name__, family(source)) for family in FAMILIES]
    unsteady = [(family.__name__, family(source)) for family in UNSTEADY]
    large = wrong_text.megabytes(source)
    every = max(1, count // MEGABYTES)
    for number in range(count):
        if number % every == every // 2:
            yield Message("megabytes", STEADY_PARTITION, b"fuzz", next(large))
            continue
        is_steady = source.random.random() < 0.95
        partition = STEADY_PARTITION if is_steady else UNSTEADY_PARTITION
        if source.random.random() < GOOD_SHARE:
            yield Message("good", partition, b"fuzz", source.good())
            continue
        families = steady if is_steady else unsteady
        name, values = families[number % len(families)]
        value = next(values)
        odd = value if isinstance(value, Odd) else Odd(value)
        yield Message(name, partition, odd.key, odd.value, odd.headers)
