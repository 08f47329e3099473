"""Cases: what analysts look at, what they say of it, and who they are."""
