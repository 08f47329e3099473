"""Programs that run in separate environments: Superset and MLflow."""
