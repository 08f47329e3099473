"""A second scoring job, on a separate topic and database."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

from flink_jobs.score_payments import JOB
from swipestream.jobs import client, cluster_jobs, ending, submission
from swipestream.settings import Settings
from swipestream.stack import kafka
from swipestream.stack.flink import rest
from tests.eventually import eventually
from tests.udfs.tiny_bundle import publish_tiny_bundle
from tests.verify.reconcile.own_topic import own_topic


@dataclasses.dataclass(frozen=True)
class OwnJob:
    """
    A running job.

    :param settings: name its topics and its database.
    """

    settings: Settings
    job_id: str

    def restarts(self) -> int:
        """How often it has restarted."""
        address = f"/jobs/{self.job_id}/metrics?get=numRestarts"
        # The first answers about a new job are empty.
        return int(eventually(lambda: rest(self.settings, address), bool)[0]["value"])


@contextmanager
def own_job(stack: Settings, name: str) -> Iterator[OwnJob]:
    """
    Run the job until the end of the block.

    :param name: of the topic and the database.
    """
    publish_tiny_bundle(
        stack.models_dir, JOB.model_features, categorical=("channel", "merchant_category")
    )
    with own_topic(stack, name) as own:
        settings = dataclasses.replace(own, alerts_topic=f"{own.payments_topic}_alerts")
        kafka.create_topics(settings)
        script = submission.JOBS_DIR / f"{JOB.name}.py"
        job_id = client.run_client(settings, script, {}, bounded=False, restore_from="")
        try:
            cluster_jobs.wait_until_running(settings, job_id, JOB.name)
            yield OwnJob(settings, job_id)
        finally:
            ending.cancel(settings, job_id)
