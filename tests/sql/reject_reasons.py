"""Why the jobs reject a message: the texts as their files give them."""

import re

from flink_jobs.job import SQL_ROOT
from swipestream.settings import REPO_ROOT

READER = REPO_ROOT / "functions/src/swipestream/json/MessageReader.java"
_GIVEN = re.compile(r"(?:THEN|ELSE|COALESCE\(reason,)\s+'([^']+)'")


def of_file(file: str) -> set[str]:
    """
    The reasons that an SQL file gives.

    :param file: below ``sql/``, without ``.sql``.
    """
    text = (SQL_ROOT / f"{file}.sql").read_text("utf-8")
    return set(_GIVEN.findall(re.sub(r"--[^\n]*", "", text)))


def of_the_reader() -> set[str]:
    """The reasons of read_json; where it names a field, that is ``<field>``."""
    text = READER.read_text("utf-8")
    ends = re.findall(r'(?:STRUCTURED|NO_NUMBER) = "([^"]+)"', text)
    return set(re.findall(r'"(the message [^"]+)"', text)) | {f"<field>{end}" for end in ends}


# Of what a message says.
PAYMENT_REASONS = of_file("payments/intake/payments_checked")
# Of the messages before it.
HISTORY_REASONS = of_file("payments/store/inserts/rejected_payments")
LABEL_REASONS = of_file("labels/sources/labels_checked")
# Of a message that is not a JSON object.
LABEL_FORM_REASONS = of_file("labels/sources/label_fields")
