"""What became of every message of the payments topic, and sending one again."""
