"""Payments in the shape of public data sets, through a mapping and a training run."""
