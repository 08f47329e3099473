"""Whether payments, scores and outcomes are still what the champion was made for."""
