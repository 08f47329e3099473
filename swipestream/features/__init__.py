"""The features of the model: what they are, where they come from, and what they are now."""
