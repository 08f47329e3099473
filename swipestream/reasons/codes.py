"""The codes of reasons: what each one stands for, and what a customer may hear of it.

A code keeps its meaning. One whose meaning changes gets a new number, and `VERSION` goes up.
"""

from dataclasses import dataclass

VERSION = 1


@dataclass(frozen=True)
class Code:
    """
    :param code: as it is stored.
    :param about: what the reason speaks of.
    :param for_customers: what a customer may hear; empty: nothing, because it would help a thief
        or expose somebody else.
    """

    code: str
    about: str
    for_customers: str


# By reason group of the feature registry.
OF_GROUPS = {
    "amount": Code("R01", "the amount", "an unusual amount"),
    "burst": Code("R02", "payments within minutes", "several payments within minutes"),
    "day": Code("R03", "the card's last day", "more payments than usual in a day"),
    "week": Code("R04", "the card's last week", "more payments than usual in a week"),
    "month": Code("R05", "the card's last month", "another way of paying than usual"),
    "travel": Code("R06", "the way from the previous payment", "two places too far apart"),
    "place": Code("R07", "where it was paid", "an unusual place"),
    "device": Code("R08", "the device", "an unknown device"),
    "time": Code("R09", "the hour and the day", "an unusual time"),
    "merchant": Code("R10", "what is known of the merchant", ""),
    "kind": Code("R11", "the kind of merchant and the channel", "an unusual kind of payment"),
    "account": Code("R12", "the age of the account", ""),
    "novelty": Code("R13", "what the card does for the first time", "something new for the card"),
    "order": Code("R14", "how the payment arrived", ""),
}
# A feature that the SQL of today does not have: the model is an older one.
OTHER = Code("R99", "a feature that is not computed any more", "")
# Of payments that were decided without a score or without a policy.
NO_POLICY = Code("P01", "the channel has no policy", "")
SPEED = Code("P02", "the rule on speed", "two places too far apart")
COUNT = Code("P03", "the rule on payments within 5 minutes", "several payments within minutes")
AMOUNT = Code("P04", "the rule on the amount", "an unusual amount")
EARLIER_POLICY = Code("P05", "a rule of a policy that has changed since", "")
# Of payments that a rule of the team decided.
TEAM_RULE = Code("P06", "a rule of the fraud team", "")
RULES = (NO_POLICY, SPEED, COUNT, AMOUNT, EARLIER_POLICY, TEAM_RULE)
CODES = (*OF_GROUPS.values(), OTHER, *RULES)
