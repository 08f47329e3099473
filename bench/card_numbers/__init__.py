"""How often the check for card numbers is wrong, and what it costs."""
