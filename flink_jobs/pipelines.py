"""The pipelines: what parity, training, models and the API have to know of each. Knows no Flink."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from flink_jobs import score_payments
from flink_jobs.history import History
from flink_jobs.job import Job


@dataclass(frozen=True)
class Pipeline:
    """
    One kind of message, from its topic to its score.

    :param name: what is scored, such as ``payments``.
    :param job: the Flink job that scores it.
    :param entity: the column whose rows have a history, which is the key of the topic.
    :param history_files: what computes that history, in order, as the job lists it.
    :param features_file: the view with everything that the model may know.
    :param scored_file: the table with a row for each scored message.
    """

    name: str
    job: Job
    entity: str
    history_files: tuple[str, ...]
    features_file: str
    scored_file: str

    @property
    def version(self) -> str:
        """What identifies the SQL: a hash of every file of the job."""
        return self.job.version

    @property
    def model_features(self) -> tuple[str, ...]:
        """The model's feature list, in order."""
        return self.job.model_features

    @property
    def kept(self) -> History:
        """How long, and how many rows of, the entity's history is kept."""
        return self.job.histories[self.history_files[0]]

    @property
    def feature_files(self) -> tuple[str, ...]:
        """From checked messages to features, without what is looked up between the two."""
        return (*self.history_files, self.features_file)

    def below(self, sql_root: Path) -> "Pipeline":
        """
        The same pipeline with its SQL in another folder.

        :param sql_root: stands for ``sql/``.
        """
        return dataclasses.replace(self, job=dataclasses.replace(self.job, root=sql_root))


PAYMENTS = Pipeline(
    name="payments",
    job=score_payments.JOB,
    entity="card_id",
    history_files=score_payments.HISTORY,
    features_file="features/payment_features",
    scored_file="store/tables/scored_payments",
)
PIPELINES = {pipeline.name: pipeline for pipeline in (PAYMENTS,)}
