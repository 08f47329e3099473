"""Models in MLflow: a run and a version for each bundle, aliases for champion and challenger."""
