"""What runs inside Superset's own environment: its settings, a base map, and setting it up.

Only .venv-dashboards has what this needs; swipestream/dashboards/ starts it.
"""
