"""Measures: of a ranking, how sure they are, and folds in order of time to take them on."""
