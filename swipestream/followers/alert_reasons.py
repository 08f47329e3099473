"""Alert reasons: soon after an alert is stored, why it is one, in the table `alert_reasons`.

The stream has no time for it: a reason costs thirty times a score. Two payments in a hundred are
alerts, and only these are explained. Without this process alerts are stored as before, and their
reasons follow when it is back. An alert that cannot be explained is logged once and passed over.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import TupleRow, dict_row

from flink_jobs.feature_registry import FeatureEntry, feature_registry
from swipestream.database.connection import connect
from swipestream.database.locks import Lock
from swipestream.database.queries import query
from swipestream.errors import first_line
from swipestream.followers.pulse import Pulse
from swipestream.models.bundles import job_in_force
from swipestream.reasons import codes
from swipestream.reasons.explainer import Explainer
from swipestream.reasons.explanation import Reason, reasons_of, rule_of, team_rule_of, with_rule
from swipestream.reasons.trees import TreesError
from swipestream.settings import ChampionSettings
from udfs.bundle_errors import BundleError

LOG = logging.getLogger("swipestream.followers.alert_reasons")

POLL_SECONDS = 0.5
# Scored, and stored up to this much later: a sink may have to wait for the database.
RECENT_SECONDS = 120.0
# What else has no reasons: alerts of a time when this process or the database was away.
ALL_AGAIN_SECONDS = 600.0
RETRY_SECONDS = 60.0
BATCH_ROWS = 200
MODELS_KEPT = 4
# Alerts that cannot be explained are not many; should they be, the first ones are tried again.
MOST_PASSED_OVER = 10_000

INSERT = """
INSERT INTO alert_reasons (
    transaction_id, card_id, rank, kind, code, text, contribution, score, model_version,
    codes_version
)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (transaction_id, card_id, rank) DO UPDATE SET
    kind = EXCLUDED.kind,
    code = EXCLUDED.code,
    text = EXCLUDED.text,
    contribution = EXCLUDED.contribution,
    score = EXCLUDED.score,
    model_version = EXCLUDED.model_version,
    codes_version = EXCLUDED.codes_version,
    explained_at = CLOCK_TIMESTAMP()
"""
# Nobody may delete: what an earlier explanation had more becomes a part of the rest that is 0.
EMPTY_SURPLUS = """
UPDATE alert_reasons AS r
SET kind = 'rest', code = '', text = '', contribution = 0
FROM UNNEST(%s::text [], %s::text [], %s::int []) AS told (transaction_id, card_id, reason_count)
WHERE
    r.transaction_id = told.transaction_id
    AND r.card_id = told.card_id
    AND r.rank > told.reason_count
"""

Alert = Mapping[str, Any]
Key = tuple[str, str, str]  # transaction, card, model version


@dataclass
class Models:
    """
    The models that explain alerts, as they are needed, and what they cannot explain.

    :param folder: of the bundles.
    """

    folder: Path
    _loaded: dict[str, Explainer] = field(default_factory=dict)
    _refused: dict[str, float] = field(default_factory=dict)
    _told: dict[str, str] = field(default_factory=dict)
    _passed_over: dict[Key, None] = field(default_factory=dict)

    def refused(self) -> list[str]:
        """Versions that nothing explains; each is tried again after a while."""
        now = time.monotonic()
        self._refused = {v: at for v, at in self._refused.items() if now - at < RETRY_SECONDS}
        return list(self._refused)

    def explainer(self, version: str) -> Explainer | None:
        """The one of a version; None if there is none, which is logged."""
        if version in self._refused:
            return None
        if version in self._loaded:
            return self._loaded[version]
        try:
            found = Explainer.load(self.folder / version)
        except BundleError as error:
            self.refuse(version, error.fact)
            return None
        except Exception as error:
            self.refuse(version, f"{type(error).__name__}: {first_line(error)}")
            return None
        if len(self._loaded) >= MODELS_KEPT:
            self._loaded.pop(next(iter(self._loaded)))
        self._loaded[version] = found
        return found

    def refuse(self, version: str, fact: str) -> None:
        """Leave a version's alerts without reasons for a while; the same fact is logged once."""
        if self._told.get(version) != fact:
            LOG.warning("alerts are not explained model=%s reason=%s", version, fact)
        self._told[version] = fact
        self._loaded.pop(version, None)
        self._refused[version] = time.monotonic()

    def pass_over(self, alert: Alert, error: Exception) -> None:
        """Leave one alert without reasons until it is scored by another model, and log it."""
        LOG.warning(
            "an alert is not explained transaction=%s model=%s reason=%s: %s",
            alert["transaction_id"], alert["model_version"], type(error).__name__,
            first_line(error),
        )  # fmt: skip
        key = (alert["transaction_id"], alert["card_id"], alert["model_version"] or "")
        self._passed_over[key] = None
        if len(self._passed_over) > MOST_PASSED_OVER:
            self._passed_over.pop(next(iter(self._passed_over)))

    def passed_over(self) -> list[Key]:
        """The alerts that are left without reasons."""
        return list(self._passed_over)


@dataclass
class Walk:
    """
    How far a walk through all alerts has come, from the newest to the oldest.

    :param at: when the last one seen was scored, UTC without a zone; None: none was seen.
    """

    at: datetime | None = None
    transaction_id: str | None = None
    card_id: str | None = None


def explain_new(
    postgres: psycopg.Connection[TupleRow],
    models: Models,
    registry: Mapping[str, FeatureEntry],
    seconds: float | None = RECENT_SECONDS,
    walk: Walk | None = None,
) -> int:
    """
    Explain alerts that have no reasons, at most `BATCH_ROWS`, in one transaction.

    :param postgres: in autocommit mode.
    :param registry: of the features.
    :param seconds: only alerts scored within these; None: all.
    :param walk: only alerts behind its place, which is moved.
    :return: how many alerts were looked at.
    """
    place = walk or Walk()
    with postgres.transaction(), postgres.cursor(row_factory=dict_row) as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (Lock.ALERT_REASONS,))
        passed_over = models.passed_over()
        parameters = vars(place) | {
            "models": models.refused(),
            "most": BATCH_ROWS,
            "seconds": seconds,
            "transaction_ids": [key[0] for key in passed_over],
            "card_ids": [key[1] for key in passed_over],
            "versions": [key[2] for key in passed_over],
        }
        # A prepared plan does not know which bounds there are, and may read the whole table.
        wanted = query("alerts_to_explain")
        alerts = cursor.execute(wanted, parameters, prepare=False).fetchall()
        if not alerts:
            return 0
        policies = {
            row["channel"]: row for row in cursor.execute("SELECT * FROM decision_policies")
        }
        store_each(postgres, explained(alerts, models, policies, registry), models)
    last = alerts[-1]
    place.at, place.transaction_id = last["scored_at"], last["transaction_id"]
    place.card_id = last["card_id"]
    return len(alerts)


def explained(
    alerts: Sequence[Alert],
    models: Models,
    policies: Mapping[str, Mapping[str, Any]],
    registry: Mapping[str, FeatureEntry],
) -> list[tuple[Alert, list[Reason]]]:
    """
    The reasons of alerts; those that nothing explains are left out.

    :param policies: by channel.
    """
    found = []
    by_model: dict[str | None, list[Alert]] = {}
    for alert in alerts:
        version = None if alert["score"] is None else alert["model_version"]
        by_model.setdefault(version, []).append(alert)
    for version, group in by_model.items():
        explainer = models.explainer(version) if version else None
        missing = (
            [name for name in explainer.feature_names if name not in group[0]] if explainer else []
        )
        if explainer and missing:
            models.refuse(explainer.version, f"its feature {missing[0]} is not stored")
            explainer = None
        for alert, contributions in _contributions(explainer, group, models):
            try:
                reasons = []
                if explainer and contributions is not None:
                    reasons = reasons_of(alert, explainer.feature_names, contributions, registry)
                rule = team_rule_of(alert)
                if rule is None and alert["is_degraded"]:
                    rule = rule_of(alert, policies.get(alert["channel"]))
            except Exception as error:
                models.pass_over(alert, error)
                continue
            if whole := with_rule(rule, reasons):
                found.append((alert, whole))
            elif version is None:
                models.pass_over(alert, ValueError("it has neither a score nor a rule"))
    return found


def _contributions(
    explainer: Explainer | None, alerts: Sequence[Alert], models: Models
) -> list[tuple[Alert, list[float] | None]]:
    """Of each alert that does not fail, what each feature adds; None without a model for it."""
    if explainer is None:
        return [(alert, None) for alert in alerts]
    try:
        rows = explainer.contributions(explainer.encode(alerts)).tolist()
    except TreesError as error:
        models.refuse(explainer.version, first_line(error))
        return [(alert, None) for alert in alerts]
    except Exception as error:
        if len(alerts) == 1:
            models.pass_over(alerts[0], error)
            return []
        # One of them has a value that cannot be used: each by itself.
        return [pair for alert in alerts for pair in _contributions(explainer, [alert], models)]
    return list(zip(alerts, rows, strict=True))


def store_each(
    postgres: psycopg.Connection[TupleRow],
    found: Sequence[tuple[Alert, Sequence[Reason]]],
    models: Models,
) -> None:
    """Store reasons; an alert whose reasons the database refuses is passed over."""
    try:
        with postgres.transaction(), postgres.cursor() as cursor:
            store(cursor, found)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        if len(found) == 1:
            models.pass_over(found[0][0], error)
            return
        for one in found:
            store_each(postgres, [one], models)


def store(cursor: "psycopg.Cursor[Any]", found: Sequence[tuple[Alert, Sequence[Reason]]]) -> None:
    """Put reasons in the place of those that the alerts have."""
    cursor.executemany(
        INSERT,
        [
            (
                alert["transaction_id"],
                alert["card_id"],
                reason.rank,
                reason.kind,
                reason.code,
                reason.text,
                reason.contribution,
                alert["score"],
                alert["model_version"],
                codes.VERSION,
            )
            for alert, reasons in found
            for reason in reasons
        ],
    )
    cursor.execute(
        EMPTY_SURPLUS,
        (
            [alert["transaction_id"] for alert, _ in found],
            [alert["card_id"] for alert, _ in found],
            [len(reasons) for _, reasons in found],
        ),
    )


@dataclass
class Rounds:
    """
    The work, round after round: first what is new, then a part of a walk through all.

    :param registry: of the features.
    """

    models: Models
    registry: Mapping[str, FeatureEntry]
    _walk: Walk | None = None
    _walked_at: float = float("-inf")

    def step(self, postgres: psycopg.Connection[TupleRow]) -> bool:
        """
        One round.

        :param postgres: in autocommit mode.
        :return: whether there is more to do at once.
        """
        looked_at = explain_new(postgres, self.models, self.registry)
        begin = time.monotonic()
        if self._walk is None and begin - self._walked_at > ALL_AGAIN_SECONDS:
            self._walk, self._walked_at = Walk(), begin
        walked = 0
        if self._walk is not None:
            walked = explain_new(postgres, self.models, self.registry, None, self._walk)
            if walked < BATCH_ROWS:
                self._walk = None
        if looked_at or walked:
            LOG.debug("explained alerts=%d", looked_at + walked)
        return max(looked_at, walked) >= BATCH_ROWS


def run(settings: ChampionSettings, pulse: Pulse) -> None:
    """
    Run until the process is to end; a database that is away is waited for.

    :raises StoppedError: then.
    """
    rounds = Rounds(Models(settings.models_dir), feature_registry(job_in_force(settings)))
    while True:
        try:
            with connect(settings.stream_url, autocommit=True) as postgres:
                while True:
                    is_more = rounds.step(postgres)
                    pulse.beat()
                    # Without a pause it is still asked whether the process is to end.
                    pulse.wait(0.0 if is_more else POLL_SECONDS)
        except psycopg.OperationalError as error:
            LOG.warning("database away reason=%s", first_line(error))
            pulse.wait(POLL_SECONDS)
