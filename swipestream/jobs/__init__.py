"""Flink jobs: submitted, kept, brought back, upgraded, ended."""
