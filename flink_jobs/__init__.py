"""Flink jobs: each is an ordered list of SQL files, run by one small runner."""
