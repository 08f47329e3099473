"""What can be wrong with dashboards."""

from swipestream.errors import SwipestreamError


class DashboardError(SwipestreamError):
    """Superset, or a file it shows, is not as it must be."""
