"""Compares the locks with what is known of vulnerable versions: `make audit`."""
