"""The same work without Flink: what every peer shares, and one module for each of them.

Runs in .venv-peers. Peers share what does not distinguish them: the arithmetic of the features, the
model and the rows for Postgres. Each peer reads messages, keeps a card's history, survives a crash
and decides when to write rows in its own way.
"""
