"""Benchmarks: measured by a command, never asserted in a test."""
