"""The labels of a world that have come by the end of its history, and the job that stores them."""

from simulator import World
from simulator.labels import Label
from simulator.messages import label_line
from swipestream.jobs import cluster_jobs, submission
from swipestream.sending.sender import BULK_LINGER_MS, Sender
from swipestream.settings import JobSettings, KafkaSettings

JOB_NAME = "load_labels"


def send_known_labels(settings: KafkaSettings, world: World) -> int:
    """
    Send the labels that are known when the world's history ends.

    :return: number of labels.
    :raises ServiceError: the broker did not take them all.
    """
    labels, topic = world.labels, settings.labels_topic
    ids = world.ids_of(labels.payment)
    times = world.payments.event_ms[labels.payment].tolist()
    with Sender(settings, (topic,), linger_ms=BULK_LINGER_MS) as sender:
        for number, labelled_ms in enumerate(labels.labelled_ms.tolist()):
            # In order of time: the others are of the future.
            if labelled_ms > world.arguments.end_ms:
                break
            label = Label(
                is_fraud=bool(labels.is_fraud[number]),
                reason=labels.reason[number],
                scenario=labels.scenario[number],
                labelled_ms=labelled_ms,
            )
            line = label_line(ids[number], label, times[number], labelled_ms)
            sender.send(topic, ids[number], line)
        sender.flush()
        return sender.delivered


def ensure_labels_job(settings: JobSettings) -> None:
    """
    Submit the job of labels unless it runs.

    :raises JobError: it does not start.
    """
    if not cluster_jobs.running(settings, JOB_NAME):
        submission.submit(settings, JOB_NAME)
