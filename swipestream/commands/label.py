"""`swipestream label`: say what turned out about a payment."""

import click

from swipestream.settings import Settings


@click.command()
@click.argument("transaction_id", metavar="ID")
@click.argument("verdict", type=click.Choice(("fraud", "genuine")))
@click.option("--why", required=True, metavar="TEXT", help="The reason, for the record.")
def label(transaction_id: str, verdict: str, why: str) -> None:
    """Say that a stored payment was fraud or genuine.

    Sends a label to the topic, like a verdict at the desk. A TEXT that is a code, such as
    chargeback, becomes the label's reason; anything else is kept in the audit of the desk. An open
    case of the payment is closed by it.

    \b
    Examples:
      swipestream label p-7-1a22ca719e9-004730 fraud --why chargeback
      swipestream label p-7-1a22ca719e9-004731 genuine --why "the customer was on holiday"
    """
    from swipestream.cases.outbox import label_payment, send_labels
    from swipestream.database.connection import open_database
    from swipestream.models.bundles import current_user
    from swipestream.sending.sender import Sender

    settings = Settings.load()
    topic = settings.labels_topic
    with open_database(settings) as connection, Sender(settings, (topic,)) as sender:
        label_payment(connection, transaction_id, verdict, why, current_user())
        send_labels(connection, sender, topic)
    click.echo(f"{transaction_id} is labeled {verdict}", err=True)
