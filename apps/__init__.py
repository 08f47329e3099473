"""Programs with an environment of their own: Superset and MLflow."""
