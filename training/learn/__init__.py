"""Fitting a model, searching for its parameters, exporting it."""
