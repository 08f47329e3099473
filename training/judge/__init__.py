"""How good a model is, and whether it may take the place of another."""
