"""Who takes turns with whom: the keys of PostgreSQL's advisory locks, which all programs share."""

import enum


@enum.unique
class Lock(enum.IntEnum):
    """
    One key for each kind of work that one process at a time does.

    Any numbers will do as long as they stay the same and no two are equal: a retraining holds its
    lock for as long as it trains.
    """

    SCHEMA = 5_911_072
    MERCHANT_RISK = 5_911_073
    ALERT_REASONS = 5_911_074
    RULES = 5_911_075
    MODELS = 5_911_076
    CASES = 5_911_077
    RETRAINING = 5_911_078
    LEADS = 5_911_079
