"""What can be wrong with the decision API and its keys."""

from swipestream.errors import SwipestreamError


class ApiError(SwipestreamError):
    """The decision API is not installed, or does not answer."""


class ApiKeyError(SwipestreamError):
    """There is no such key, or there is one already."""
