"""The same work without Flink: what every peer shares, and one module for each of them.

Runs in .venv-peers. Shared is what says nothing about a peer: the arithmetic of the features, the
model and the rows for Postgres. How messages are read, where a card's history lives, how it
survives a crash and when rows are written is the peer's own.
"""
