"""The demo: one simulated world, from its history to live payments, scored by the real stack."""
