"""What can be wrong with what the simulator is given."""

from swipestream.errors import SwipestreamError


class ScenarioError(SwipestreamError):
    """A scenario file cannot be used."""


class WorldError(SwipestreamError):
    """A world cannot be made, written or read."""
