"""What rules cost: the job over a full topic, in turns without and with rules and a long list."""

import functools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from bench.streaming.plan import OURS, Plan
from bench.streaming.run import measuring, read_topic, told
from bench.streaming.stage import Stage, set_up
from bench.streaming.systems import OurStream
from flink_jobs.pipelines import PAYMENTS
from swipestream.console.progress import Say
from swipestream.rules.columns import rule_columns
from swipestream.rules.tables import list_kinds
from swipestream.settings import Settings
from swipestream.verify.topic_reading import topic_stretch
from udfs.model_bundle import write_atomically
from udfs.payment_rules import SEPARATOR, PaymentRules
from udfs.rule_set import (
    RULES_FILE,
    Condition,
    Rule,
    RuleColumns,
    RuleList,
    RuleSet,
    check_rule,
    in_order,
)

RULES = 20
ENTRIES = 100_000
MOST_SHARE = 0.03
SEED = 7
# One that waits for nothing, some of a live stream, and one of a backlog.
BATCHES = (1, 5, 100, 5_000)


@dataclass
class Cost:
    """
    CPU microseconds a payment, of all processes, by run.

    :param without: rules, or even a file of them.
    :param with_rules: and the list.
    """

    without: list[float] = field(default_factory=list)
    with_rules: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        """By how much the median with rules is above the one without."""
        return median(self.with_rules) / median(self.without) - 1


def rules_to_measure(entries: int = ENTRIES) -> RuleSet:
    """
    Rules of three conditions: a fourth of them looks every card up in a list, the others begin with
    what a card did lately; half of them look at text too.

    :param entries: of the list, cards that do not pay.
    """
    columns = rule_columns(PAYMENTS.job)
    draws = random.Random(SEED)
    cards = RuleList("cards", {f"{draws.getrandbits(128):032x}": None for _ in range(entries)})
    rules = [
        Rule(f"rule_{number:02}", "block", "live" if number % 2 else "shadow", tuple(conditions))
        for number, conditions in enumerate(_conditions(draws))
    ]
    found = RuleSet(1, in_order(rules), {"cards": cards})
    for rule in found.rules:
        check_rule(rule, columns, list_kinds(found))
    return found


def _conditions(draws: random.Random) -> Iterator[list[Condition]]:
    categories = ("tickets", "electronics", "gift_cards", "fuel", "travel")
    for number in range(RULES):
        if number % 4 == 0:
            yield [
                Condition("amount_cents", ">", 100 * number),
                Condition("card_id", "in list", "cards"),
                Condition("channel", "<>", "atm"),
            ]
        elif number % 4 == 1:
            yield [
                Condition("card_txn_count_5m", ">=", draws.randint(3, 6)),
                Condition("amount_cents", ">", draws.randint(5_000, 50_000)),
                Condition("merchant_category", "=", draws.choice(categories)),
            ]
        else:
            yield [
                Condition("amount_to_card_mean_7d", ">", 5 + 5 * draws.random()),
                Condition("km_from_home", ">", 100 * draws.randint(5, 50)),
                Condition("merchant_fraud_rate_28d", ">=", 0.05 * draws.random()),
            ]


def run(base: Settings, payments: int, cards: int, rounds: int, folder: Path, say: Say) -> Cost:
    """
    Let the job read the same topic again and again.

    :param base: whose cache is used; its stack is left alone.
    :param payments: about as many in the topic.
    :param rounds: of both; they take turns, so that what else the machine does meets both.
    """
    plan, cost = replace(Plan(), payments=payments, cards=cards), Cost()
    text = rules_to_measure().text()
    with set_up(base, plan, folder, say) as stage:
        path = stage.settings.models_dir / RULES_FILE
        for number in range(rounds):
            for has_rules in (False, True) if number % 2 == 0 else (True, False):
                path.unlink(missing_ok=True)
                if has_rules:
                    write_atomically(path, text)
                seconds = read_once(stage, plan, say, has_rules)
                (cost.with_rules if has_rules else cost.without).append(seconds)
    return cost


def read_once(stage: Stage, plan: Plan, say: Say, has_rules: bool) -> float:
    """:return: CPU microseconds a payment, of the job, Kafka and the database."""
    with measuring(stage) as stored:
        partitions = len(topic_stretch(stage.settings, stage.settings.payments_topic).end)
        found = read_topic(stage, plan, OurStream(stage.settings, partitions), stored, OURS)
    say(f"{'with' if has_rules else 'without'} rules: {told(found, stage)}")
    return sum(found.cpu_seconds.values())


@dataclass(frozen=True)
class StepCost:
    """
    CPU microseconds a payment of the step that looks at rules, without the rest of the job.

    :param batch: payments in it.
    :param without: a file of rules.
    """

    batch: int
    without: float
    with_rules: float


def step_costs(folder: Path, batches: Sequence[int] = BATCHES) -> list[StepCost]:
    """
    Time the step in this process: of each kind the quickest of many batches, so that what else the
    machine does hardly shows.

    :param folder: for the file of rules.
    """
    columns = rule_columns(PAYMENTS.job)
    names = ",".join(columns.numbers), ",".join(columns.texts)
    (folder / "none").mkdir()
    write_atomically(folder / RULES_FILE, rules_to_measure().text())
    without, with_rules = (PaymentRules(str(path), *names) for path in (folder / "none", folder))
    found = []
    for batch in batches:
        handed_over = made_up(batch, columns)
        seconds = [
            quickest(functools.partial(rules.columns, *handed_over))
            for rules in (without, with_rules)
        ]
        found.append(StepCost(batch, *(1e6 * each / batch for each in seconds)))
    return found


def quickest(do: Callable[[], object], least_seconds: float = 1.0) -> float:
    """CPU seconds of the quickest of at least 20 calls."""
    do()
    taken: list[float] = []
    while len(taken) < 20 or sum(taken) < least_seconds:
        begin = time.process_time()
        do()
        taken.append(time.process_time() - begin)
    return min(taken)


def made_up(
    count: int, columns: RuleColumns
) -> tuple["pd.Series[Any]", list["pd.Series[Any]"], "pd.Series[Any]"]:
    """A batch as the stream hands it over: ordinary payments, for which hardly a rule fires."""
    rng = np.random.default_rng(SEED)
    numbers = rng.lognormal(0.0, 1.0, (count, len(columns.numbers)))
    numbers[:, columns.numbers.index("amount_cents")] = rng.lognormal(8.0, 1.0, count).round()
    texts = ["online", "pos", "atm"], ["fuel", "grocery", "electronics", "tickets"]
    cards = rng.integers(0, 2**62, count)
    return (
        pd.Series([row.tobytes() for row in numbers], dtype=object),
        [pd.Series(rng.choice(words, count).tolist(), dtype=object) for words in texts],
        pd.Series(
            [
                SEPARATOR.join([f"{card:032x}", "k", "m", "", "EUR", "FR", "DE", "1893456000000"])
                for card in cards.tolist()
            ],
            dtype=object,
        ),
    )
