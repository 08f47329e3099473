"""From a history to the figures of a backtest, step by step."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from flink_jobs.decision_rule import columns_looked_at
from flink_jobs.pipelines import PAYMENTS
from training.backtest.deciding import Policy, decided, policy_of
from training.backtest.figures import AllFigures, all_figures
from training.backtest.history import (
    History,
    LabelFacts,
    PartFacts,
    PaymentFacts,
    files,
    opened,
)
from training.backtest.ruling import Rules
from training.backtest.scoring import scored
from training.backtest.spans import Span, choose_span
from training.backtest.walking import WeekModel, walk
from training.data.training_set import LABEL_DELAY_DAYS, MOST_FRAUD
from training.data.world import WorldFiles
from training.decide.decision_costs import DecisionCosts
from training.decide.decision_thresholds import Thresholds
from training.errors import TooFewLabelsError
from training.measure.prequential import DAY_MS
from training.progress import Progress
from udfs.onnx_scorer import OnnxScorer
from udfs.rule_set import Rule

FEATURES = PAYMENTS.model_features
KEYS = (
    *("transaction_id", "card_id", "merchant_id", "event_ms", "amount_cents", "currency"),
    *("channel", "label", "scenario"),
)


@dataclass(frozen=True)
class Plan:
    """
    What to try.

    :param world: folder of the history.
    :param name: what the history is called.
    :param model: folder of a bundle; None: a model is trained for each week.
    :param policy: rows of `decision_policies`; None: the model's own thresholds.
    :param policy_name: where the policy comes from.
    :param costs: of decisions; None: those of the bundle.
    :param changed_costs: other values than those, by name.
    :param rules: file of rules and lists, as `RuleSet.text` writes it; None: there are none.
    :param since_ms: measure from then on, UTC epoch milliseconds; None: from where it makes sense.
    :param until_ms: and before that.
    :param label_delay_days: for labels without a time; None: as training waits.
    :param is_in_file_order: payments arrived in the order of the file.
    :param rows: file for each payment with features, score and decision.
    """

    world: WorldFiles
    name: str
    model: Path | None
    policy: Policy | None = None
    policy_name: str = "the model's own thresholds"
    changed_costs: Mapping[str, float] = field(default_factory=dict)
    rules: Path | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    label_delay_days: float | None = None
    is_in_file_order: bool = False
    rows: Path | None = None
    seed: int = 7


@dataclass(frozen=True)
class Backtest:
    """
    What came of it.

    :param model: its version, or what was trained.
    :param policies: the policy of each channel; None if each week has its own thresholds.
    :param week_models: the models that were trained on the way.
    :param notes: what somebody should know before believing the figures, a line each.
    """

    name: str
    payments: PaymentFacts
    cards: int
    copies: int
    labels: LabelFacts
    model: str
    policy_name: str
    policies: Policy | None
    costs: DecisionCosts
    span: Span
    rules: tuple[Rule, ...]
    figures: AllFigures
    week_models: tuple[WeekModel, ...]
    notes: tuple[str, ...]


def backtest(plan: Plan, progress: Progress | None = None) -> Backtest:
    """
    Compute, score, decide and measure.

    :raises TrainingError: the history or its labels cannot be used.
    :raises BundleError: the stream would refuse the model.
    """
    progress = progress or Progress()
    # Before minutes of work: whether the model can be used at all.
    scorer = OnnxScorer.load(plan.model, FEATURES) if plan.model else None
    costs = costs_of(scorer, plan.changed_costs)
    rules = Rules(plan.rules) if plan.rules else None
    with tempfile.TemporaryDirectory(prefix="backtest-") as scratch:
        folder = Path(scratch)
        with progress.step("payments by card"):
            is_as_arrived = plan.world.description.get("order") == "arrival"
            history = History(plan.world, folder, plan.is_in_file_order or is_as_arrived)
        with progress.step("labels"):
            delay_days = plan.label_delay_days
            labels = history.read_labels(LABEL_DELAY_DAYS if delay_days is None else delay_days)
        _check_labels(labels, history.facts, plan)
        span = _span(plan, history, labels, scorer)
        parts = _card_histories(history, progress)
        policy = plan.policy
        models: tuple[WeekModel, ...] = ()
        if scorer is not None:
            policy = plan.policy or policy_of(thresholds_of(scorer))
            _decide_all(history, scorer, policy, costs, rules, plan, progress)
        else:
            models = _walk(history, span, costs, rules, plan, progress)
            first_ms = models[0].week_ms
            span = Span(max(span.from_ms, first_ms), span.to_ms, span.notes)
        with progress.step("figures and intervals"):
            figures = all_figures(
                folder / "decided",
                folder,
                (span.from_ms, span.to_ms),
                costs,
                plan.seed,
                has_frauds=labels.fraud_count > 0,
            )
        if plan.rows is not None:
            with progress.step(f"writing {plan.rows}"):
                _write_rows(folder, plan.rows)
        facts = history.facts
    return Backtest(
        name=plan.name,
        payments=facts,
        cards=parts.cards,
        copies=parts.copies,
        labels=labels,
        model=scorer.version if scorer else f"a model for each of {len(models)} weeks",
        policy_name=plan.policy_name,
        policies=policy,
        costs=costs,
        span=span,
        rules=rules.rules if rules else (),
        figures=figures,
        week_models=models,
        notes=_notes(plan, facts, parts, labels, span),
    )


def thresholds_of(scorer: OnnxScorer) -> Thresholds:
    """Those that were chosen when the model was trained."""
    found = scorer.bundle.thresholds
    return Thresholds(review=found["review"], block=found["block"])


def costs_of(scorer: OnnxScorer | None, changed: Mapping[str, float]) -> DecisionCosts:
    """
    What decisions cost.

    :param scorer: whose bundle says what its thresholds were chosen for.
    :param changed: other values, by name.
    :raises TrainingError: a number is not a cost or share.
    """
    stated: Mapping[str, Any] = {}
    if scorer is not None:
        stated = scorer.bundle.manifest.get("costs", {})
    costs = DecisionCosts(**{**stated, **changed})
    costs.check()
    return costs


def _check_labels(labels: LabelFacts, facts: PaymentFacts, plan: Plan) -> None:
    if labels.count and not labels.matched_count:
        raise TooFewLabelsError(
            f"none of the {labels.count:,} labels is of a payment in {plan.name}",
            "take labels and payments of the same origin: their transaction_id must agree",
        )
    if labels.fraud_count > MOST_FRAUD * facts.rows:
        raise TooFewLabelsError(
            f"{labels.fraud_count:,} labels say fraud, of {facts.rows:,} payments in {plan.name}",
            "check that is_fraud is not the wrong way round, and that genuine payments are there",
        )
    if plan.model is None and not labels.fraud_count:
        what = "all labels say genuine" if labels.count else "there are no labels"
        raise TooFewLabelsError(
            f"--train learns from labels, and {what}", "name a file of labels with --labels"
        )


def _span(plan: Plan, history: History, labels: LabelFacts, scorer: OnnxScorer | None) -> Span:
    labels_until_ms = None
    if labels.fraud_count:
        end_ms = history.end_ms
        labels_until_ms = end_ms - history.label_delay_days(end_ms) * DAY_MS
    facts = history.facts
    return choose_span(
        facts.first_ms,
        facts.last_ms,
        labels_until_ms,
        scorer.bundle.manifest if scorer else None,
        plan.since_ms,
        plan.until_ms,
    )


def _card_histories(history: History, progress: Progress) -> PartFacts:
    total = PartFacts(0, 0, 0)
    parts = history.facts.parts
    with progress.counted("histories of cards") as on_step:
        for number in range(parts):
            found = history.compute_card_part(number)
            total = PartFacts(
                *(getattr(total, name) + value for name, value in vars(found).items())
            )
            on_step(number + 1, parts, f"{total.cards:,} cards")
    return total


def _kept(plan: Plan) -> list[str]:
    columns = [*KEYS, *columns_looked_at()]
    if plan.rows is not None:
        columns += FEATURES
    known = {*KEYS, *FEATURES}
    return [name for name in dict.fromkeys(columns) if name in known]


def _columns(names: list[str], rules: Rules | None) -> str:
    """What to ask of the payments, each column once."""
    return ", ".join(dict.fromkeys([*names, *(rules.columns if rules else ())]))


def _decide_all(
    history: History,
    scorer: OnnxScorer,
    policy: Policy,
    costs: DecisionCosts,
    rules: Rules | None,
    plan: Plan,
    progress: Progress,
) -> None:
    kept, out = _kept(plan), history.folder / "decided"
    out.mkdir()
    total = history.facts.rows
    with progress.counted("features, scores, decisions") as on_step:
        before = 0

        def on_rows(done: int) -> None:
            on_step(before + done, total, f"{before + done:,} payments")

        for number in history.merchant_parts():
            with history.merchant_part(number) as connection:
                wanted = _columns([*kept, *FEATURES], rules)
                payments = connection.view("payments_to_score").project(wanted)
                found = scored(payments, scorer, kept, rules, on_rows)
            pq.write_table(decided(found, policy, costs), out / f"{number}.parquet")
            before += len(found)


def _walk(
    history: History,
    span: Span,
    costs: DecisionCosts,
    rules: Rules | None,
    plan: Plan,
    progress: Progress,
) -> tuple[WeekModel, ...]:
    (history.folder / "features").mkdir()
    wanted = _columns([*KEYS, *_kept(plan), *FEATURES], rules)
    with progress.counted("features") as on_step:
        parts = history.merchant_parts()
        for done, number in enumerate(parts, start=1):
            with history.merchant_part(number) as connection:
                payments = connection.view("payments_to_score").project(wanted)
                payments.to_parquet(str(history.folder / "features" / f"{number}.parquet"))
            on_step(done, len(parts), "")
    kept, out = _kept(plan), history.folder / "decided"
    out.mkdir()
    models = []
    with progress.counted("weeks") as on_step:

        def on_week(name: str) -> Any:
            return lambda done, total, note: on_step(done, total, f"week of {name}: {note}")

        for model in walk(history, FEATURES, (span.from_ms, span.to_ms), costs, plan.seed, on_week):
            models.append(model)
            policy = plan.policy or policy_of(model.thresholds)
            with opened(history.folder) as connection:
                payments = files(connection, history.folder / "features").filter(
                    f"event_ms >= {model.week_ms} AND event_ms < {model.to_ms}"
                )
                found = scored(payments, model.scorer, kept, rules)
            if len(found):
                pq.write_table(decided(found, policy, costs), out / f"{model.week_ms}.parquet")
    return tuple(models)


def _write_rows(folder: Path, path: Path) -> None:
    with opened(folder) as connection:
        rows = files(connection, folder / "decided")
        rows.order("event_ms, transaction_id, card_id").to_parquet(str(path))


def _notes(
    plan: Plan, facts: PaymentFacts, parts: PartFacts, labels: LabelFacts, span: Span
) -> tuple[str, ...]:
    notes = list(span.notes)
    if parts.copies:
        notes.append(
            f"{parts.copies:,} rows repeat a transaction_id of their card: the first counts"
        )
    if parts.too_old:
        notes.append(
            f"{parts.too_old:,} payments came more than {PAYMENTS.kept.kept_ms // DAY_MS} days "
            "behind a newer one of their card, and are left out: the stream rejects them"
        )
    if len(facts.currencies) > 1:
        notes.append(
            f"amounts in {', '.join(facts.currencies)} are added up as if they were one currency"
        )
    if not labels.count:
        notes.append(
            "there are no labels: precision, recall and money are unknown (--labels names them)"
        )
    elif not labels.fraud_count:
        notes.append("all labels say genuine: precision, recall and money are unknown")
    if labels.untimed_count:
        days = LABEL_DELAY_DAYS if plan.label_delay_days is None else plan.label_delay_days
        notes.append(
            f"{labels.untimed_count:,} labels do not say when they became known: {days:g} days "
            "after the payment is assumed (--label-delay)"
        )
    if labels.later_count:
        notes.append(f"{labels.later_count:,} labels from after the end of the history are ignored")
    return (*notes, *labels.account.warnings())
