"""The marks of a document between which results are written."""

from pathlib import Path


class MarksError(Exception):
    """The document has no marks for the results."""

    def __init__(self, fact: str, hint: str) -> None:
        super().__init__(fact)
        self.fact, self.hint = fact, hint


def check_has_marks(document: Path, begin: str, end: str) -> None:
    """:raises MarksError: there is no such document, or nothing in it says where results go."""
    text = document.read_text("utf-8") if document.is_file() else ""
    if begin not in text or end not in text:
        raise MarksError(
            f"{document} has no marks for the tables", f"add the lines {begin} and {end}"
        )


def put_between_marks(document: Path, begin: str, end: str, text: str) -> None:
    """
    Replace what stands between the marks.

    :param text: ends with a line break.
    :raises MarksError: there are no marks.
    """
    check_has_marks(document, begin, end)
    head, _, rest = document.read_text("utf-8").partition(begin)
    document.write_text(f"{head}{begin}\n{text}{end}{rest.partition(end)[2]}", "utf-8")
