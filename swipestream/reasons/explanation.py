"""From contributions to reasons: summed by group, the strongest first, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flink_jobs.feature_registry import FeatureEntry
from swipestream.reasons import codes
from swipestream.reasons.wording import words_for

MOST_FOR = 3
RULE, FOR, AGAINST, REST, BASE = "rule", "for", "against", "rest", "base"

Registry = Mapping[str, FeatureEntry]


@dataclass(frozen=True)
class Reason:
    """
    One line of why a payment is an alert.

    :param rank: from 1 on; the most important first.
    :param kind: `RULE`, `FOR` fraud, `AGAINST` it, `REST` (all other groups together) or `BASE`
        (what all payments begin with).
    :param code: of `codes.CODES`; empty for `REST` and `BASE`.
    :param text: in words; empty for these two.
    :param contribution: to the log odds before calibration; those of a payment add up to them. None
        for a rule.
    """

    rank: int
    kind: str
    code: str
    text: str
    contribution: float | None


def reasons_of(
    values: Mapping[str, Any],
    features: Sequence[str],
    contributions: Sequence[float],
    registry: Registry,
) -> list[Reason]:
    """
    The three groups that speak most for fraud, the one that speaks most against it, and the rest.

    :param values: the payment's features and fields.
    :param features: names, in the order of the model's input.
    :param contributions: one for each feature, then what all payments begin with.
    :param registry: the features of the SQL in force.
    """
    groups: dict[str, dict[str, float]] = {}
    for name, contribution in zip(features, contributions[:-1], strict=True):
        group = registry[name].reason_group if name in registry else ""
        groups.setdefault(group, {})[name] = contribution
    sums = {group: sum(parts.values()) for group, parts in groups.items()}
    ranked = sorted(sums, key=lambda group: (-sums[group], group))
    chosen = [(group, FOR) for group in ranked if sums[group] > 0][:MOST_FOR]
    if ranked and sums[ranked[-1]] < 0:
        chosen.append((ranked[-1], AGAINST))
    found = [
        Reason(
            rank,
            kind,
            _code_of(group).code,
            _words(values, groups[group], kind, registry),
            sums[group],
        )
        for rank, (group, kind) in enumerate(chosen, start=1)
    ]
    named = {group for group, _ in chosen}
    rest = sum(value for group, value in sums.items() if group not in named)
    found.append(Reason(len(found) + 1, REST, "", "", rest))
    found.append(Reason(len(found) + 1, BASE, "", "", float(contributions[-1])))
    return found


def with_rule(rule: "Reason | None", others: Sequence[Reason]) -> list[Reason]:
    """A rule that decided comes before what the model says."""
    both = [*([rule] if rule else []), *others]
    return [
        Reason(rank, item.kind, item.code, item.text, item.contribution)
        for rank, item in enumerate(both, start=1)
    ]


def team_rule_of(values: Mapping[str, Any]) -> Reason | None:
    """
    The rules of the team that decided a payment; None if none did.

    :param values: the payment as it is stored; one of an earlier version has no `rule_action`.
    """
    action = values.get("rule_action")
    if action is None or action != values["decision"]:
        return None
    names = values["rules_fired"].split(",")
    return _rule(codes.TEAM_RULE, f"{'rules' if names[1:] else 'rule'} {', '.join(names)}")


def rule_of(values: Mapping[str, Any], policy: Mapping[str, Any] | None) -> Reason:
    """
    The rule that decided a payment without a score or without a policy; they apply in the order of
    sql/payments/decide/payments_decided.sql.

    :param policy: of its channel, as it is now; None if there is none.
    """
    if values["policy_version"] is None:
        return _rule(codes.NO_POLICY, f"no policy for the channel {values['channel']}")
    if policy is None or policy["version"] != values["policy_version"]:
        text = f"no score; a rule of policy {values['policy_version']}, changed since"
        return _rule(codes.EARLIER_POLICY, text)
    kmh, km = values.get("kmh_from_previous"), values.get("km_from_previous")
    if kmh is not None and kmh >= policy["rule_block_kmh"] and km >= policy["rule_block_km"]:
        return _rule(codes.SPEED, f"no score; {words_for('kmh_from_previous', values, None)}")
    count, amount = values.get("card_txn_count_5m"), values["amount_cents"]
    if count is not None and count >= policy["rule_review_txn_count_5m"]:
        return _rule(codes.COUNT, f"no score; {words_for('card_txn_count_5m', values, None)}")
    if amount >= policy["rule_review_amount_cents"]:
        return _rule(codes.AMOUNT, f"no score; {words_for('amount_cents', values, None)}")
    text = f"no score; a rule of policy {values['policy_version']}, changed since"
    return _rule(codes.EARLIER_POLICY, text)


def _rule(code: codes.Code, text: str) -> Reason:
    return Reason(1, RULE, code.code, text, None)


def _code_of(group: str) -> codes.Code:
    return codes.OF_GROUPS.get(group, codes.OTHER)


def _words(
    values: Mapping[str, Any], parts: Mapping[str, float], kind: str, registry: Registry
) -> str:
    """Of the feature that says most of what its group says."""
    sign = 1 if kind == FOR else -1
    leading = max(parts, key=lambda name: (sign * parts[name], name))
    return words_for(leading, values, registry.get(leading))
