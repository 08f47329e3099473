"""What is noticed of drift in simulated worlds, and what is noticed although there is none."""
