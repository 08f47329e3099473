"""The Fraud Detection Handbook's benchmark, made again from its published description."""
