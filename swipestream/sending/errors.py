"""What can be wrong with a file to send, its mapping or its key."""

from swipestream.errors import SwipestreamError


class InputFileError(SwipestreamError):
    """The file cannot be read."""


class MappingError(SwipestreamError):
    """The mapping cannot be used, or does not fit the file."""


class CardKeyError(SwipestreamError):
    """The key of the card hash is none."""


class UnmappableError(Exception):
    """A row cannot be made a payment; the text is the reason and never holds a card number."""
