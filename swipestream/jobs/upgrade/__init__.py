"""Put a changed job into service without losing or doubling a payment."""
