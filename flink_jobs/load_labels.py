"""load_labels: what turned out to be fraud, from the topic of labels into Postgres."""

from flink_jobs.job import Job

SOURCES = (
    "sources/label_lines",
    "sources/label_fields",
    "sources/labels_checked",
    "sources/labels_valid",
)
SINKS = (
    "sinks/labels",
    "sinks/rejected_labels",
)
INSERTS = (
    "inserts/labels",
    "inserts/rejected_labels",
)

JOB = Job(
    name="load_labels",
    folder="labels",
    tables_and_views=SOURCES + SINKS,
    inserts=INSERTS,
    java_functions={"holds_card_number": "swipestream.cards.HoldsCardNumber"},
    topic="LABELS_TOPIC",
    # Labels are few and may take seconds: one slot and as little work as possible.
    fixed={"PARALLELISM": "1"},
)

if __name__ == "__main__":
    from flink_jobs.runner import run

    run(JOB)
