"""The marks of a document between which results are written."""

from pathlib import Path

from training.errors import TrainingError

BEGIN = "<!-- handbook: begin, written by swipestream benchmark handbook -->"
END = "<!-- handbook: end -->"


def check_has_marks(document: Path) -> None:
    """:raises TrainingError: there is no such document, or nothing in it says where tables go."""
    text = document.read_text("utf-8") if document.is_file() else ""
    if BEGIN not in text or END not in text:
        raise TrainingError(
            f"{document} has no marks for the tables", f"add the lines {BEGIN} and {END}"
        )


def put_between_marks(document: Path, text: str) -> None:
    """
    Replace what stands between the marks.

    :param text: ends with a line break.
    :raises TrainingError: there are no marks.
    """
    check_has_marks(document)
    head, _, rest = document.read_text("utf-8").partition(BEGIN)
    document.write_text(f"{head}{BEGIN}\n{text}{END}{rest.partition(END)[2]}", "utf-8")
