"""What a key of the decision API may allow; the table api_keys has the same list."""

# decide: POST /v1/decisions; read: stored payments and answers; label: POST /v1/outcomes.
SCOPES = ("decide", "read", "label")
