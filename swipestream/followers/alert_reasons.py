"""Alert reasons: soon after an alert is stored, why it is one, in the table `alert_reasons`.

The stream has no time for it: a reason costs thirty times a score. Two payments in a hundred are
alerts, and only these are explained. Without this process alerts are stored as before, and their
reasons follow when it is back.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import TupleRow, dict_row

from flink_jobs.feature_registry import FeatureEntry, feature_registry
from swipestream.database.queries import query
from swipestream.followers.pulse import Pulse
from swipestream.models.bundles import job_in_force
from swipestream.reasons import codes
from swipestream.reasons.explainer import Explainer
from swipestream.reasons.explanation import Reason, reasons_of, rule_of, with_rule
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
# Any number will do as long as it is always the same: two of these processes take turns.
LOCK_KEY = 5_911_074

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


@dataclass
class Models:
    """
    The models that explain alerts, as they are needed.

    :param folder: of the bundles.
    """

    folder: Path
    _loaded: dict[str, Explainer] = field(default_factory=dict)
    _refused: dict[str, float] = field(default_factory=dict)

    def refused(self) -> list[str]:
        """Versions that nothing explains; each is tried again after a while."""
        now = time.monotonic()
        self._refused = {v: at for v, at in self._refused.items() if now - at < RETRY_SECONDS}
        return list(self._refused)

    def explainer(self, version: str) -> Explainer | None:
        """The one of a version; None if there is none, which is logged."""
        if version in self._loaded:
            return self._loaded[version]
        try:
            found = Explainer.load(self.folder / version)
        except BundleError as error:
            self.refuse(version, error.fact)
            return None
        if len(self._loaded) >= MODELS_KEPT:
            self._loaded.pop(next(iter(self._loaded)))
        self._loaded[version] = found
        return found

    def refuse(self, version: str, fact: str) -> None:
        """Leave a version's alerts without reasons for a while."""
        LOG.warning("alerts are not explained model=%s reason=%s", version, fact)
        self._refused[version] = time.monotonic()


def explain_new(
    postgres: psycopg.Connection[TupleRow],
    models: Models,
    registry: Mapping[str, FeatureEntry],
    seconds: float | None = RECENT_SECONDS,
) -> int:
    """
    Explain alerts that have no reasons, at most `BATCH_ROWS`, in one transaction.

    :param postgres: in autocommit mode.
    :param registry: of the features.
    :param seconds: only alerts scored within these; None: all.
    :return: how many alerts were looked at.
    """
    with postgres.transaction(), postgres.cursor(row_factory=dict_row) as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_KEY,))
        parameters = {"models": models.refused(), "most": BATCH_ROWS, "seconds": seconds}
        alerts = cursor.execute(query("alerts_to_explain"), parameters).fetchall()
        if not alerts:
            return 0
        policies = {
            row["channel"]: row for row in cursor.execute("SELECT * FROM decision_policies")
        }
        found = explained(alerts, models, policies, registry)
        store(cursor, found)
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
        for alert, reasons in zip(group, _by_model(version, group, models, registry), strict=True):
            rule = None
            if alert["is_degraded"]:
                rule = rule_of(alert, policies.get(alert["channel"]))
            if whole := with_rule(rule, reasons):
                found.append((alert, whole))
    return found


def _by_model(
    version: str | None,
    alerts: Sequence[Alert],
    models: Models,
    registry: Mapping[str, FeatureEntry],
) -> list[list[Reason]]:
    explainer = models.explainer(version) if version else None
    if explainer is None:
        return [[] for _ in alerts]
    missing = [name for name in explainer.feature_names if name not in alerts[0]]
    if missing:
        models.refuse(explainer.version, f"its feature {missing[0]} is not stored")
        return [[] for _ in alerts]
    contributions = explainer.contributions(explainer.encode(alerts))
    return [
        reasons_of(alert, explainer.feature_names, row.tolist(), registry)
        for alert, row in zip(alerts, contributions, strict=True)
    ]


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


def run(settings: ChampionSettings, pulse: Pulse) -> None:
    """
    Run until the process is to end; a database that is away is waited for.

    :raises StoppedError: then.
    """
    registry = feature_registry(job_in_force(settings))
    models, all_at = Models(settings.models_dir), float("-inf")
    while True:
        try:
            with psycopg.connect(settings.stream_url, autocommit=True) as postgres:
                while True:
                    begin = time.monotonic()
                    is_all = begin - all_at > ALL_AGAIN_SECONDS
                    looked_at = explain_new(
                        postgres, models, registry, None if is_all else RECENT_SECONDS
                    )
                    if looked_at:
                        LOG.debug("explained alerts=%d", looked_at)
                    pulse.beat()
                    if looked_at < BATCH_ROWS:
                        all_at = begin if is_all else all_at
                        pulse.wait(POLL_SECONDS)
        except psycopg.OperationalError as error:
            LOG.warning("database away reason=%s", str(error).splitlines()[0])
            pulse.wait(POLL_SECONDS)
