"""What a developer runs: installing, locking, checking style, auditing."""
