"""What can be wrong with a change of models."""

from swipestream.errors import SwipestreamError


class UnknownModelError(SwipestreamError):
    """There is no bundle of that version."""


class UnusableModelError(SwipestreamError):
    """A bundle is broken, or is not for the SQL of today."""


class GateError(SwipestreamError):
    """The gate has not let a model pass, so only force makes it the champion."""


class ChangeError(SwipestreamError):
    """A change of models cannot be made, or was not completed."""


class RecordError(SwipestreamError):
    """MLflow could not record; nothing else depends on it."""
