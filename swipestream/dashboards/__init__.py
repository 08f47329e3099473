"""The dashboards: Superset under the supervisor, and the files it shows."""
