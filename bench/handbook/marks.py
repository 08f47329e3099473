"""The marks in a document between which this benchmark writes."""

from pathlib import Path

from bench import marks
from bench.marks import MarksError
from training.errors import TrainingError

BEGIN = "<!-- handbook: begin, written by python -m bench handbook -->"
END = "<!-- handbook: end -->"


def check_has_marks(document: Path) -> None:
    """:raises TrainingError: there is no such document, or nothing in it says where tables go."""
    try:
        marks.check_has_marks(document, BEGIN, END)
    except MarksError as error:
        raise TrainingError(error.fact, error.hint) from None


def put_between_marks(document: Path, text: str) -> None:
    """
    Replace what stands between the marks.

    :param text: ends with a line break.
    :raises TrainingError: there are no marks.
    """
    check_has_marks(document)
    marks.put_between_marks(document, BEGIN, END, text)
