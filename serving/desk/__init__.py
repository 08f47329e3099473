"""The analyst's desk: pages on which alerts become verdicts."""
