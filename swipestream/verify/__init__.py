"""Proof that what is stored is right: computed again from the topic, and every message counted."""
