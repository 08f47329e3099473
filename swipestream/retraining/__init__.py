"""Training again: why, when, one at a time, and what becomes of the candidate."""
