"""The corpus: every family in turn, good payments between, and a partition of good ones only."""

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
    wrong_fields.known_numbers,
    wrong_fields.currencies_and_channels,
    wrong_fields.kinds,
    wrong_text.unicode_planes,
    wrong_text.broken_utf8,
    wrong_text.escapes,
    wrong_text.control_characters,
    wrong_text.long_texts,
    wrong_text.odd_kafka,
    wrong_times.impossible_times,
    wrong_times.ancient_times,
    wrong_times.clock_steps,
)
# A card has one partition. What is wrong may name any card, so it is all in one.
FUZZED_PARTITION, GOOD_PARTITION = 0, 1


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
    undisturbed = Source(seed, begin_ms, name=f"good{seed}")
    families = [(family.__name__, family(source)) for family in FAMILIES]
    large = wrong_text.megabytes(source)
    every = max(1, count // MEGABYTES)
    for number in range(count):
        if number % every == every // 2:
            yield Message("megabytes", FUZZED_PARTITION, b"fuzz", next(large))
            continue
        if source.random.random() < 0.05:
            yield Message("good", GOOD_PARTITION, b"fuzz", undisturbed.good())
            continue
        if source.random.random() < GOOD_SHARE:
            yield Message("good", FUZZED_PARTITION, b"fuzz", source.good())
            continue
        name, values = families[number % len(families)]
        value = next(values)
        odd = value if isinstance(value, Odd) else Odd(value)
        yield Message(name, FUZZED_PARTITION, odd.key, odd.value, odd.headers)
