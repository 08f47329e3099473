"""Compares the locks with known vulnerable versions: `make audit`."""
