"""What rules may look at: the model's features, and fields of the payment."""

from flink_jobs.job import Job
from udfs.rule_set import RuleColumns


def rule_columns(job: Job) -> RuleColumns:
    """
    The columns of a pipeline that rules may look at.

    :param job: its SQL hands them to `score(...)`.
    """
    return RuleColumns(job.rule_numbers, job.rule_texts)
