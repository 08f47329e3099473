"""What can be wrong with a case, a verdict or an analyst."""

from swipestream.errors import SwipestreamError


class DeskError(SwipestreamError):
    """The analyst's desk is not installed, or does not answer."""


class AnalystError(SwipestreamError):
    """There is no such analyst, there is one already, or a password cannot be used."""


class UnknownCaseError(SwipestreamError):
    """There is no such case."""


class UnknownPaymentError(SwipestreamError):
    """No stored payment has that number, or it is not in the case."""


class CaseChangedError(SwipestreamError):
    """Somebody or something has changed the case since it was looked at."""


class CaseTakenError(SwipestreamError):
    """Somebody else works on the case."""


class VerdictError(SwipestreamError):
    """A verdict without a known reason, or on no payment."""


class NoteError(SwipestreamError):
    """A note that is empty or too long."""
