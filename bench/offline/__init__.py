"""The offline benchmark: a training set from simulated payments, and pandas beside the SQL."""
