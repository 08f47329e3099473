"""Does the stream say what its SQL says? Stored features and scores against a recomputation."""
