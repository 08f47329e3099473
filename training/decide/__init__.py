"""From a score to a decision: probabilities, costs, thresholds."""
