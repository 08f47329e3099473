"""Putting payments on the topic: from the simulator, from a history, from your own files."""
