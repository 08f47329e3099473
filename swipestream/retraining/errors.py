"""What keeps a retraining from taking place."""

from swipestream.errors import SwipestreamError


class RetrainingError(SwipestreamError):
    """A retraining failed; the champion and the challenger are as before."""


class LaterError(SwipestreamError):
    """A retraining has to wait; trying again later may work."""
