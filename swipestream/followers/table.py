"""The table of followers: what each one follows, and when it runs.

To add one, write a module with a function `run(settings, pulse)` that never returns, and add a line
below and to docs/architecture.md.
"""

from dataclasses import dataclass

from swipestream.cases import program as desk
from swipestream.dashboards import superset
from swipestream.settings import Settings
from swipestream.stack import flink


@dataclass(frozen=True)
class Follower:
    """
    A program beside the Flink job.

    :param name: as `status` and `logs` know it.
    :param module: with its function `run`; imported only by the process that runs it.
    :param follows: what it follows, for `status`.
    :param with_dashboards_only: for those who look at dashboards.
    :param with_desk_only: for those who work at the desk.
    :param embedded_flink_only: a cluster of the user's own has other means against lost jobs.
    :param as_owner: needs the rights of the tables' owner; the others have the stream's.
    :param with_schedule_only: for those who let it retrain by itself.
    """

    name: str
    module: str
    follows: str
    with_dashboards_only: bool = False
    with_desk_only: bool = False
    embedded_flink_only: bool = False
    as_owner: bool = False
    with_schedule_only: bool = False


FOLLOWERS = (
    Follower("reject-payloads", "swipestream.followers.reject_payloads", "rejects"),
    Follower("merchant-risk", "swipestream.followers.merchant_risk", "full hours"),
    Follower("alert-reasons", "swipestream.followers.alert_reasons", "alerts"),
    Follower(
        "alert-cases", "swipestream.followers.alert_cases", "alerts, verdicts", with_desk_only=True
    ),
    Follower("model-watch", "swipestream.followers.model_watch", "drift, attacks", as_owner=True),
    Follower(
        "retraining",
        "swipestream.followers.retraining",
        "the schedule",
        as_owner=True,
        with_schedule_only=True,
    ),
    Follower("job-keeper", "swipestream.followers.job_keeper", "jobs", embedded_flink_only=True),
    Follower(
        "pipeline-record",
        "swipestream.followers.pipeline_record",
        "jobs, rows",
        with_dashboards_only=True,
        as_owner=True,
    ),
)
BY_NAME = {follower.name: follower for follower in FOLLOWERS}


def wanted(settings: Settings) -> list[Follower]:
    """Those that run with these settings."""
    return [
        follower
        for follower in FOLLOWERS
        if (flink.embedded(settings) or not follower.embedded_flink_only)
        and (superset.is_wanted(settings) or not follower.with_dashboards_only)
        and (is_scheduled(settings) or not follower.with_schedule_only)
        and (desk.is_wanted(settings) or not follower.with_desk_only)
    ]


def is_scheduled(settings: Settings) -> bool:
    """Whether models are trained or promoted without a person."""
    return bool(settings.retrain_schedule or settings.auto_promote_after_hours)
