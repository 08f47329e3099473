"""Why a payment is an alert: what the model's trees made of it, in words."""
